// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.server.PostfixServer;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.Arrays;
import java.util.Locale;

/** Servers that are held against each other: a James with the extension, the same without it, and perhaps Postfix. */
enum SmtpSetup {
    MEMORY("James's memory app", ImmutableList.copyOf(SmtpSubject.values())),
    MEMORY_JUDGING_TRUSTED_NETWORKS(
            "James's memory app, trusted.networks=judge", ImmutableList.of(SmtpSubject.EXTENSION, SmtpSubject.JAMES)),
    CASSANDRA("James with domains and users in Cassandra", ImmutableList.of(SmtpSubject.EXTENSION, SmtpSubject.JAMES)),
    CASSANDRA_WITH_DOMAIN_CACHE(
            "James with domains and users in Cassandra, its own cache of domains on",
            ImmutableList.of(SmtpSubject.EXTENSION, SmtpSubject.JAMES));

    /** Measures servers that listen on these ports. */
    interface Rounds<T> {
        T measure(ImmutableMap<SmtpSubject, Integer> ports) throws Exception;
    }

    private final String title;
    private final ImmutableList<SmtpSubject> subjects;

    SmtpSetup(String title, ImmutableList<SmtpSubject> subjects) {
        this.title = title;
        this.subjects = subjects;
    }

    String title() {
        return title;
    }

    ImmutableList<SmtpSubject> subjects() {
        return subjects;
    }

    /** The traffic with which a server of this setup is held against the extension. */
    ImmutableList<SmtpTraffic> traffic() {
        return Arrays.stream(SmtpTraffic.values())
                .filter(traffic -> subjects.stream()
                        .anyMatch(subject -> subject != SmtpSubject.EXTENSION && traffic.isMeasuredWith(subject)))
                .collect(ImmutableList.toImmutableList());
    }

    boolean measures(SmtpSubject subject, SmtpTraffic traffic) {
        return subjects.contains(subject) && traffic.isMeasuredWith(subject);
    }

    /**
     * Starts the servers, each James on a keyspace of its own, measures them and ends them.
     *
     * @param start another one each time
     */
    <T> T run(CassandraServer cassandra, int start, Rounds<T> rounds) throws Exception {
        try (JamesServer extension = extension(cassandra, "with_" + start).start();
                JamesServer james = james(cassandra, "without_" + start)
                        .withoutDropIn()
                        .trusting(SmtpTraffic.LISTED)
                        .start();
                // Not started yet.
                PostfixServer postfix = new PostfixServer(SmtpTraffic.DOMAINS, SmtpTraffic.LISTED)) {
            list(WebAdmin.of(extension).awaitLists());
            addUsers(WebAdmin.of(extension));
            addUsers(WebAdmin.of(james));
            ImmutableMap.Builder<SmtpSubject, Integer> ports = ImmutableMap.<SmtpSubject, Integer>builder()
                    .put(SmtpSubject.EXTENSION, extension.smtpPort())
                    .put(SmtpSubject.JAMES, james.smtpPort());
            if (subjects.contains(SmtpSubject.POSTFIX)) {
                ports.put(SmtpSubject.POSTFIX, postfix.start().port());
            }
            return rounds.measure(ports.build());
        }
    }

    /** With judge, passes are those of a roll-out: a client of the trusted network that is listed too. */
    private JamesServerBuilder extension(CassandraServer cassandra, String keyspace) {
        JamesServerBuilder builder = james(cassandra, keyspace).setting("allow.private.addresses", "true");
        return this == MEMORY_JUDGING_TRUSTED_NETWORKS
                ? builder.setting("trusted.networks", "judge").trusting(SmtpTraffic.LISTED)
                : builder;
    }

    private JamesServerBuilder app() {
        return switch (this) {
            case MEMORY, MEMORY_JUDGING_TRUSTED_NETWORKS -> JamesServer.builder();
            case CASSANDRA -> JamesServer.builder().withDomainsInCassandra();
            case CASSANDRA_WITH_DOMAIN_CACHE -> JamesServer.builder()
                    .withDomainsInCassandra()
                    .withJamesDomainCache();
        };
    }

    private JamesServerBuilder james(CassandraServer cassandra, String keyspace) {
        JamesServerBuilder builder =
                app().asInProduction().cassandra(cassandra, "smtp_" + name().toLowerCase(Locale.ROOT) + "_" + keyspace);
        SmtpTraffic.DOMAINS.forEach(builder::domain);
        return builder;
    }

    private static void list(WebAdmin lists) {
        for (String domain : SmtpTraffic.DOMAINS) {
            if (lists.put(domain, SmtpTraffic.LISTED).statusCode() != 204) {
                throw new IllegalStateException("WebAdmin does not list " + SmtpTraffic.LISTED + " for " + domain);
            }
        }
    }

    private static void addUsers(WebAdmin webAdmin) {
        SmtpTraffic.USERS.forEach(user -> webAdmin.addUser(user, "secret"));
    }
}
