// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.annotations.VisibleForTesting;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.Refusals;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what is refused, and writes the counts now and then: an attack becomes neither a write load nor a full memory.
 * Thread-safe.
 *
 * <p>Up to {@value #MOST_OF_A_DOMAIN} addresses of a domain and {@value #MOST} in all are kept apart within an hour; the
 * attempts of further ones are summed, for as many domains again. A crash loses what was counted in the last seconds.
 */
public class RefusalRecorder implements Refusals {
    private static final Logger LOGGER = LoggerFactory.getLogger(RefusalRecorder.class);

    @VisibleForTesting
    static final int MOST = 10_000;

    @VisibleForTesting
    static final int MOST_OF_A_DOMAIN = 1000;

    /** Counts written in one turn: 150 a second. */
    @VisibleForTesting
    static final int WRITTEN_AT_ONCE = 300;

    /** Between two writes. */
    public static final Duration WRITE_INTERVAL = Duration.ofSeconds(2);

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int SENDER_LENGTH = 512;

    /** One count as it grows. Guarded by the recorder. */
    private static final class Tally {
        private final UUID id = UUID.randomUUID();
        private final Domain domain;
        private final Instant hour;
        private final Instant nextHour;
        private final Optional<OutboundAddress> client;
        private final Instant firstSeen;
        private long attempts;
        private Instant lastSeen;
        private String lastSender = "";
        private Optional<Domain> lastRecipientDomain = Optional.empty();
        private boolean waiting;

        private Tally(Domain domain, Optional<OutboundAddress> client, Instant now) {
            this.domain = domain;
            this.hour = hourOf(now);
            this.nextHour = hour.plus(1, ChronoUnit.HOURS);
            this.client = client;
            this.firstSeen = now;
            this.lastSeen = now;
        }

        private boolean isOfHourOf(Instant now) {
            return !now.isBefore(hour) && now.isBefore(nextHour);
        }

        private RefusalCount count() {
            RefusalCount.Builder count = RefusalCount.builder()
                    .id(id)
                    .domain(domain)
                    .hour(hour)
                    .attempts(attempts)
                    .firstSeen(firstSeen)
                    .lastSeen(lastSeen)
                    .lastSender(lastSender);
            client.ifPresent(count::client);
            lastRecipientDomain.map(Domain::asString).ifPresent(count::lastRecipientDomain);
            return count.build();
        }
    }

    private final RefusalStore store;
    private final Clock clock;

    private final Map<Domain, Map<Optional<OutboundAddress>, Tally>> tallies = new HashMap<>();
    private final Queue<Tally> toWrite = new ArrayDeque<>();
    private int size;
    private Instant hour = Instant.MIN;
    private boolean failing;

    /** What was refused when there was no more room at all. */
    private long lost;

    public RefusalRecorder(RefusalStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    @Override
    public synchronized void refused(Domain domain, OutboundAddress client, String sender, Domain recipientDomain) {
        count(domain, client, sender).ifPresent(tally -> tally.lastRecipientDomain = Optional.of(recipientDomain));
    }

    @Override
    public synchronized void refusedAtMail(Domain domain, OutboundAddress client, String sender) {
        count(domain, client, sender).ifPresent(tally -> tally.lastRecipientDomain = Optional.empty());
    }

    private Optional<Tally> count(Domain domain, OutboundAddress client, String sender) {
        Instant now = clock.instant();
        Optional<Tally> found = tally(domain, client, now);
        if (found.isEmpty()) {
            lost++;
            return found;
        }
        Tally tally = found.get();
        tally.attempts++;
        tally.lastSeen = now;
        tally.lastSender = sender.length() <= SENDER_LENGTH ? sender : sender.substring(0, SENDER_LENGTH);
        queue(tally);
        return found;
    }

    private void queue(Tally tally) {
        if (!tally.waiting) {
            tally.waiting = true;
            toWrite.add(tally);
        }
    }

    /** The one of the address, or the one of all addresses of the domain that are not kept; none when there is no room. */
    private Optional<Tally> tally(Domain domain, OutboundAddress client, Instant now) {
        Map<Optional<OutboundAddress>, Tally> ofDomain = tallies.getOrDefault(domain, Map.of());
        Optional<OutboundAddress> address = Optional.of(client);
        boolean kept = ofDomain.containsKey(address) || (ofDomain.size() < MOST_OF_A_DOMAIN && size < MOST);
        Optional<OutboundAddress> key = kept ? address : Optional.empty();
        Tally tally = ofDomain.get(key);
        if (tally != null && tally.isOfHourOf(now)) {
            return Optional.of(tally);
        }
        if (size >= 2 * MOST || toWrite.size() >= 3 * MOST) {
            return Optional.empty();
        }
        Tally fresh = new Tally(domain, key, now);
        boolean more = tallies.computeIfAbsent(domain, none -> new HashMap<>()).put(key, fresh) == null;
        size += more ? 1 : 0;
        return Optional.of(fresh);
    }

    private static Instant hourOf(Instant instant) {
        return instant.truncatedTo(ChronoUnit.HOURS);
    }

    /** Writes some counts; to be called once a {@link #WRITE_INTERVAL}. Throws nothing: what fails is written again. */
    public void write() {
        Map<Tally, RefusalCount> turn = turn();
        try {
            CompletableFuture.allOf(turn.values().stream()
                            .map(count -> store.save(count).toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new))
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            failing = failing && turn.isEmpty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            failed(turn.keySet(), e.getCause());
        } catch (TimeoutException | RuntimeException | Error e) {
            // An Error too: the executor would never write again, and say nothing.
            failed(turn.keySet(), e);
        }
    }

    /** What is written now, as it is now. */
    private synchronized Map<Tally, RefusalCount> turn() {
        Map<Tally, RefusalCount> turn = new HashMap<>();
        while (turn.size() < WRITTEN_AT_ONCE && !toWrite.isEmpty()) {
            Tally tally = toWrite.remove();
            tally.waiting = false;
            turn.put(tally, tally.count());
        }
        Instant now = hourOf(clock.instant());
        if (!now.equals(hour)) {
            hour = now;
            forgetPastHours();
        }
        return turn;
    }

    /** What of them is not written is in the queue. */
    private void forgetPastHours() {
        tallies.values().forEach(ofDomain -> ofDomain.values().removeIf(tally -> !tally.hour.equals(hour)));
        tallies.values().removeIf(Map::isEmpty);
        size = tallies.values().stream().mapToInt(Map::size).sum();
        if (lost > 0) {
            LOGGER.warn("{} refusals were not counted: there were too many addresses and domains", lost);
        }
        lost = 0;
    }

    /** Tries them again. To write a count twice does no harm. */
    private synchronized void failed(Collection<Tally> turn, Throwable reason) {
        if (!failing) {
            LOGGER.warn("Cannot write what was refused; trying again: {}", String.valueOf(reason));
        }
        failing = true;
        turn.forEach(this::queue);
    }
}
