// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalSum;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts refusals by domain, address and hour, in bounded memory: at most {@value #MAX_ADDRESSES_OF_DOMAIN} addresses of a
 * domain and {@value #MAX_ADDRESSES} in all have a count of their own within an hour. The refusals of further addresses
 * are summed by domain, and so are all refusals, for at most {@value #MAX_DOMAINS} domains. Thread-safe.
 */
final class RefusalCounter {
    private static final Logger LOGGER = LoggerFactory.getLogger(RefusalCounter.class);

    private static final int MAX_ADDRESSES = 10_000;
    private static final int MAX_ADDRESSES_OF_DOMAIN = 1000;

    /** With a sum of all refusals, or of those of addresses that have no count of their own. */
    private static final int MAX_DOMAINS = MAX_ADDRESSES;

    /** While the store is down, counts of past hours wait beside those of this hour. */
    private static final int MAX_UNWRITTEN = 3 * MAX_ADDRESSES;

    private final Clock clock;

    private final Map<Domain, Map<OutboundAddress, RefusalTally>> byAddress = new HashMap<>();
    private final Map<Domain, RefusalTally> ofOtherAddresses = new HashMap<>();
    private final Queue<RefusalTally> unwritten = new ArrayDeque<>();
    private final Map<Domain, RefusalTally> sums = new HashMap<>();
    private final Set<RefusalTally> unwrittenSums = new LinkedHashSet<>();
    private int addresses;
    private Instant hour = Instant.MIN;
    private long uncounted;

    RefusalCounter(Clock clock) {
        this.clock = clock;
    }

    /** Counts a refusal at RCPT. */
    synchronized void count(
            Domain domain, Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain) {
        Instant now = clock.instant();
        tally(domain, client, now).ifPresent(tally -> tally.increment(now, enforcement, sender, recipientDomain));
        sum(domain, now).ifPresent(sum -> sum.incrementAtMail(now, enforcement, sender));
    }

    /** Counts a refusal at MAIL. */
    synchronized void countAtMail(Domain domain, Enforcement enforcement, OutboundAddress client, String sender) {
        Instant now = clock.instant();
        tally(domain, client, now).ifPresent(tally -> tally.incrementAtMail(now, enforcement, sender));
        sum(domain, now).ifPresent(sum -> sum.incrementAtMail(now, enforcement, sender));
    }

    /** Counts what external senders tried from an address that the domain lists. */
    synchronized void count(Domain domain, OutboundAddress client, ExternalAttempts external) {
        Instant now = clock.instant();
        tally(domain, client, now).ifPresent(tally -> tally.add(now, external));
        sum(domain, now).ifPresent(sum -> sum.add(now, external));
    }

    /** Counts an attempt that there is no room for. */
    synchronized void countUncounted() {
        uncounted++;
    }

    /** The one that counts all refusals of a domain, to be written; none when there is no room for it. */
    private Optional<RefusalTally> sum(Domain domain, Instant now) {
        RefusalTally current = sums.get(domain);
        if (current == null || !current.covers(now)) {
            boolean full = current == null && sums.size() >= MAX_DOMAINS;
            if (full || unwrittenSums.size() >= MAX_UNWRITTEN) {
                return Optional.empty();
            }
            current = RefusalTally.ofAddresses(domain, now);
            sums.put(domain, current);
        }
        current.setAddresses(byAddress.getOrDefault(domain, Map.of()).size());
        unwrittenSums.add(current);
        return Optional.of(current);
    }

    /** The one that counts a refusal, queued to be written; none when there is no room for it. */
    private Optional<RefusalTally> tally(Domain domain, OutboundAddress client, Instant now) {
        Optional<RefusalTally> found =
                hasRoom(domain, client) ? addressTally(domain, client, now) : otherAddressesTally(domain, now);
        if (found.isPresent()) {
            enqueue(found.get());
        } else {
            uncounted++;
        }
        return found;
    }

    private boolean hasRoom(Domain domain, OutboundAddress client) {
        Map<OutboundAddress, RefusalTally> ofDomain = byAddress.getOrDefault(domain, Map.of());
        return ofDomain.containsKey(client) || (ofDomain.size() < MAX_ADDRESSES_OF_DOMAIN && addresses < MAX_ADDRESSES);
    }

    private Optional<RefusalTally> addressTally(Domain domain, OutboundAddress client, Instant now) {
        Map<OutboundAddress, RefusalTally> ofDomain = byAddress.getOrDefault(domain, Map.of());
        RefusalTally current = ofDomain.get(client);
        if (current != null && current.covers(now)) {
            return Optional.of(current);
        }
        if (unwritten.size() >= MAX_UNWRITTEN) {
            return Optional.empty();
        }
        RefusalTally created = RefusalTally.ofAddress(domain, client, now);
        byAddress.computeIfAbsent(domain, absent -> new HashMap<>()).put(client, created);
        addresses += current == null ? 1 : 0;
        return Optional.of(created);
    }

    private Optional<RefusalTally> otherAddressesTally(Domain domain, Instant now) {
        RefusalTally current = ofOtherAddresses.get(domain);
        if (current != null && current.covers(now)) {
            return Optional.of(current);
        }
        boolean full = current == null && ofOtherAddresses.size() >= MAX_DOMAINS;
        if (full || unwritten.size() >= MAX_UNWRITTEN) {
            return Optional.empty();
        }
        RefusalTally created = RefusalTally.ofAddresses(domain, now);
        ofOtherAddresses.put(domain, created);
        return Optional.of(created);
    }

    private void enqueue(RefusalTally tally) {
        if (!tally.isUnwritten()) {
            tally.setUnwritten(true);
            unwritten.add(tally);
        }
    }

    /** Removes at most {@code limit} tallies from the queue, with their counts as they are now. */
    synchronized ImmutableMap<RefusalTally, RefusalCount> drain(int limit) {
        ImmutableMap.Builder<RefusalTally, RefusalCount> drained = ImmutableMap.builder();
        for (int i = 0; i < limit && !unwritten.isEmpty(); i++) {
            RefusalTally tally = unwritten.remove();
            tally.setUnwritten(false);
            drained.put(tally, tally.count());
        }
        removePastHours();
        return drained.build();
    }

    /** Removes at most {@code limit} sums of domains from those that are to be written, with their counts as they are now. */
    synchronized ImmutableMap<RefusalTally, RefusalSum> drainSums(int limit) {
        ImmutableMap<RefusalTally, RefusalSum> drained =
                unwrittenSums.stream().limit(limit).collect(ImmutableMap.toImmutableMap(sum -> sum, RefusalTally::sum));
        unwrittenSums.removeAll(drained.keySet());
        return drained;
    }

    /** Has sums written again that could not be written. */
    synchronized void requeueSums(Collection<RefusalTally> tallies) {
        unwrittenSums.addAll(tallies);
    }

    /** Queues tallies again that could not be written. */
    synchronized void requeue(Collection<RefusalTally> tallies) {
        tallies.forEach(this::enqueue);
    }

    /** Makes room in a new hour. What is not written yet is in the queue. */
    private void removePastHours() {
        Instant now = clock.instant();
        if (RefusalTally.hourOf(now).equals(hour)) {
            return;
        }
        hour = RefusalTally.hourOf(now);
        byAddress.values().forEach(ofDomain -> ofDomain.values().removeIf(tally -> !tally.covers(now)));
        byAddress.values().removeIf(Map::isEmpty);
        addresses = byAddress.values().stream().mapToInt(Map::size).sum();
        ofOtherAddresses.values().removeIf(tally -> !tally.covers(now));
        sums.values().removeIf(sum -> !sum.covers(now));
        if (uncounted > 0) {
            LOGGER.warn(
                    "{} refusals were not counted: too many addresses and domains were refused within an hour",
                    uncounted);
        }
        uncounted = 0;
    }
}
