// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The DAOs of an open session. Thread-safe. */
final class OutboundDaos {
    private final QuorumSession session;
    private final AuthorizedOutboundDao entries;
    private final DomainEnforcementDao enforcements;
    private final ChangeLogDao changeLog;
    private final RefusalDao refusals;
    private final UseDao uses;

    private OutboundDaos(
            QuorumSession session,
            AuthorizedOutboundDao entries,
            DomainEnforcementDao enforcements,
            ChangeLogDao changeLog,
            RefusalDao refusals,
            UseDao uses) {
        this.session = session;
        this.entries = entries;
        this.enforcements = enforcements;
        this.changeLog = changeLog;
        this.refusals = refusals;
        this.uses = uses;
    }

    /** Creates the tables that are missing and prepares the statements; may be called again after a failure. */
    static CompletionStage<OutboundDaos> open(CqlSession session, CqlIdentifier keyspace) {
        return OutboundTables.create(session, keyspace)
                .thenCompose(created -> prepare(new QuorumSession(session, keyspace)));
    }

    private static CompletionStage<OutboundDaos> prepare(QuorumSession session) {
        CompletableFuture<AuthorizedOutboundDao> entries =
                AuthorizedOutboundDao.prepare(session).toCompletableFuture();
        CompletableFuture<DomainEnforcementDao> enforcements =
                DomainEnforcementDao.prepare(session).toCompletableFuture();
        CompletableFuture<ChangeLogDao> changeLog =
                ChangeLogDao.prepare(session).toCompletableFuture();
        CompletableFuture<RefusalDao> refusals = RefusalDao.prepare(session).toCompletableFuture();
        CompletableFuture<UseDao> uses = UseDao.prepare(session).toCompletableFuture();
        return CompletableFuture.allOf(entries, enforcements, changeLog, refusals, uses)
                .thenApply(done -> new OutboundDaos(
                        session, entries.join(), enforcements.join(), changeLog.join(), refusals.join(), uses.join()));
    }

    /** For the batches of statements of several DAOs. */
    QuorumSession session() {
        return session;
    }

    AuthorizedOutboundDao entries() {
        return entries;
    }

    DomainEnforcementDao enforcements() {
        return enforcements;
    }

    ChangeLogDao changeLog() {
        return changeLog;
    }

    RefusalDao refusals() {
        return refusals;
    }

    UseDao uses() {
        return uses;
    }
}
