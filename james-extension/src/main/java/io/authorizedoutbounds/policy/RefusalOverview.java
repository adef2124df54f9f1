// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.stream.Stream;
import org.apache.james.core.Domain;

/** Adds the sums of all hours and nodes up, by domain. Not thread-safe. */
public final class RefusalOverview {
    /** The attempts of one domain. */
    public static final class OfDomain {
        private final Domain domain;
        private long attempts;
        private long refused;
        private long quarantined;
        private int addresses;
        private Instant lastSeen = Instant.MIN;

        private OfDomain(Domain domain) {
            this.domain = domain;
        }

        private void add(RefusalSum sum) {
            attempts += sum.attempts();
            refused += sum.refused();
            quarantined += sum.quarantined();
            addresses = Math.max(addresses, sum.addresses());
            lastSeen = lastSeen.isBefore(sum.lastSeen()) ? sum.lastSeen() : lastSeen;
        }

        public Domain domain() {
            return domain;
        }

        public long attempts() {
            return attempts;
        }

        /** Of the attempts those that were refused; the others would have been, if the domain did not report. */
        public long refused() {
            return refused;
        }

        /** Mails of external senders, with recipients that rule 2 has quarantined. They are not among the attempts. */
        public long quarantined() {
            return quarantined;
        }

        /** The most addresses that one node has counted within one hour: there may have been more in all. */
        public int addresses() {
            return addresses;
        }

        public Instant lastSeen() {
            return lastSeen;
        }
    }

    private static final Comparator<OfDomain> BY_ATTEMPTS_DESCENDING = Comparator.comparingLong(OfDomain::attempts)
            .reversed()
            .thenComparing(of -> of.domain().asString());

    private final Map<Domain, OfDomain> domains = new HashMap<>();

    public void add(RefusalSum sum) {
        domains.computeIfAbsent(sum.domain(), OfDomain::new).add(sum);
    }

    /** All domains, those with the most attempts first. Of many domains, the first hundred take little time. */
    public Stream<OfDomain> domains() {
        // A heap: to sort a hundred thousand domains takes longer than to read them.
        Queue<OfDomain> mostFirst = new PriorityQueue<>(BY_ATTEMPTS_DESCENDING);
        mostFirst.addAll(domains.values());
        return Stream.generate(mostFirst::poll).limit(domains.size());
    }
}
