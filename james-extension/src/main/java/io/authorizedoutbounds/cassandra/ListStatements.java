// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.cassandra.BatchWriter.Change;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.DomainEnforcement;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.OutboundChange.Action;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.apache.james.core.Domain;

/**
 * Makes the statements of one call that changes the list of a domain or its enforcement: those of the entries or the
 * enforcement, and of the change log.
 */
final class ListStatements {
    private final OutboundDaos daos;
    private final Domain domain;
    private final Author changedBy;
    private final ChangeTime time;
    private final Duration changesRetention;
    private final Clock clock;

    /** @param time of the call: the timestamp of all rows of entries */
    ListStatements(
            OutboundDaos daos,
            Domain domain,
            Author changedBy,
            ChangeTime time,
            Duration changesRetention,
            Clock clock) {
        this.daos = daos;
        this.domain = domain;
        this.changedBy = changedBy;
        this.time = time;
        this.changesRetention = changesRetention;
        this.clock = clock;
    }

    Domain domain() {
        return domain;
    }

    ChangeTime time() {
        return time;
    }

    /** Replaces the rows of an entry; an orphaned one is logged as such. */
    Change save(AuthorizedOutbound entry) {
        return loggedAt -> {
            Instant now = clock.instant();
            return entry.isActiveAt(now)
                    ? statements(daos.entries().replace(entry, now, time), saved(entry, loggedAt))
                    // An entry that has expired is absent, and the time to live of a row must be positive.
                    : remove(entry.address()).statements(loggedAt);
        };
    }

    Change remove(OutboundAddress address) {
        return loggedAt -> statements(daos.entries().delete(domain, address, time), removed(address, loggedAt));
    }

    /** Removes an entry whose row in the list {@link #deleteOldList()} deletes. */
    Change removeByIp(OutboundAddress address) {
        return loggedAt -> statements(
                ImmutableList.of(daos.entries().deleteByIp(domain, address, time)), removed(address, loggedAt));
    }

    /** Keeps an unchanged entry from being deleted by {@link #deleteOldList()}. It is not in the change log. */
    Change keep(AuthorizedOutbound entry) {
        return loggedAt -> {
            Instant now = clock.instant();
            return entry.isActiveAt(now) ? ImmutableList.of(daos.entries().keep(entry, now, time)) : ImmutableList.of();
        };
    }

    /** Deletes the list as it was before the call. */
    Change deleteOldList() {
        return loggedAt -> ImmutableList.of(daos.entries().deleteList(domain, time));
    }

    /** Gives the domain an enforcement of its own. */
    Change setEnforcement(Enforcement own) {
        return replaceEnforcement(Action.of(own), enforcement().own(own).build());
    }

    /** Takes it away. */
    Change resetEnforcement() {
        return replaceEnforcement(Action.INHERIT, enforcement().build());
    }

    private DomainEnforcement.Builder enforcement() {
        return DomainEnforcement.builder().changedBy(changedBy).changedAt(time.asInstant());
    }

    private Change replaceEnforcement(Action action, DomainEnforcement enforcement) {
        return loggedAt -> statements(
                daos.enforcements().replace(domain, enforcement, time),
                change(action, loggedAt).build());
    }

    private OutboundChange saved(AuthorizedOutbound entry, ChangeTime loggedAt) {
        if (entry.orphanedAt().isPresent()) {
            return change(Action.ORPHAN, entry.address(), loggedAt).build();
        }
        OutboundChange.Builder put = change(Action.PUT, entry.address(), loggedAt);
        entry.comment().ifPresent(put::comment);
        entry.expiresAt().ifPresent(put::expiresAt);
        return put.build();
    }

    private OutboundChange removed(OutboundAddress address, ChangeTime loggedAt) {
        return change(Action.REMOVE, address, loggedAt).build();
    }

    private OutboundChange.Builder change(Action action, OutboundAddress address, ChangeTime loggedAt) {
        return change(action, loggedAt).address(address);
    }

    private OutboundChange.Builder change(Action action, ChangeTime loggedAt) {
        return OutboundChange.builder()
                .id(loggedAt.newId())
                .changedAt(loggedAt.asInstant())
                .action(action)
                .domain(domain)
                .changedBy(changedBy);
    }

    private ImmutableList<BatchableStatement<?>> statements(
            ImmutableList<BatchableStatement<?>> changed, OutboundChange logged) {
        return ImmutableList.<BatchableStatement<?>>builder()
                .addAll(changed)
                .addAll(daos.changeLog().insert(logged, changesRetention))
                .build();
    }
}
