// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.RefusalSum;
import io.authorizedoutbounds.policy.Refusals;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts refusals in memory and writes the counts to the store at a bounded rate, so that an attack becomes no write load.
 * A crash loses what was counted in the last seconds. Thread-safe.
 */
public class RefusalRecorder implements Refusals {
    private static final Logger LOGGER = LoggerFactory.getLogger(RefusalRecorder.class);

    /** Between two calls of {@link #write}. */
    public static final Duration WRITE_INTERVAL = Duration.ofSeconds(2);

    /** Counts in one call of {@link #write}: 150 a second. */
    private static final int MAX_WRITES = 300;

    /** Sums of domains in one call of {@link #write}: 50 a second. */
    private static final int MAX_SUM_WRITES = 100;

    /** Addresses whose domains are looked up in one call of {@link #write}. */
    private static final int MAX_LISTINGS = 100;

    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(10);

    private final RefusalStore store;
    private final OutboundLists lists;
    private final RefusalCounter counter;
    private final UnattributedAttempts unattributed = new UnattributedAttempts();

    /** So that an outage is one line of the log. */
    private volatile boolean failing;

    /** @param lists says which domains list the client of an external sender */
    public RefusalRecorder(RefusalStore store, OutboundLists lists, Clock clock) {
        this.store = store;
        this.lists = lists;
        this.counter = new RefusalCounter(clock);
    }

    @Override
    public void record(
            Domain domain, Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain) {
        counter.count(domain, enforcement, client, sender, recipientDomain);
    }

    @Override
    public void recordAtMail(Domain domain, Enforcement enforcement, OutboundAddress client, String sender) {
        counter.countAtMail(domain, enforcement, client, sender);
    }

    @Override
    public void recordExternalSender(
            Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain) {
        add(client, ExternalAttempts.refusal(enforcement, sender, recipientDomain));
    }

    @Override
    public void recordQuarantined(OutboundAddress client, String sender, Domain recipientDomain) {
        add(client, ExternalAttempts.quarantined(sender, recipientDomain));
    }

    private void add(OutboundAddress client, ExternalAttempts attempts) {
        if (!unattributed.add(client, attempts)) {
            counter.countUncounted();
        }
    }

    /** Counts what external senders tried for the domains that list the address, as soon as the store has answered. */
    private void countExternalSenders() {
        unattributed.drain(MAX_LISTINGS).forEach((client, attempts) -> {
            var unused = listings(client).whenComplete((listings, failure) -> {
                if (failure == null) {
                    listings.stream()
                            .filter(entry -> entry.orphanedAt().isEmpty())
                            .forEach(entry -> counter.count(entry.domain(), client, attempts));
                } else {
                    add(client, attempts);
                }
            });
        });
    }

    private CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress client) {
        try {
            return lists.listings(client);
        } catch (RuntimeException | Error e) {
            // What was drained would be lost.
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Writes some counts; to be called once a {@link #WRITE_INTERVAL}. Throws nothing: what fails is written again. */
    public void write() {
        countExternalSenders();
        ImmutableMap<RefusalTally, RefusalCount> counts = counter.drain(MAX_WRITES);
        ImmutableMap<RefusalTally, RefusalSum> sums = counter.drainSums(MAX_SUM_WRITES);
        try {
            CompletableFuture.allOf(Stream.concat(
                                    counts.values().stream().map(store::save),
                                    sums.values().stream().map(store::saveSum))
                            .map(CompletionStage::toCompletableFuture)
                            .toArray(CompletableFuture<?>[]::new))
                    .get(WRITE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            failing = failing && counts.isEmpty() && sums.isEmpty();
        } catch (InterruptedException e) {
            // James stops.
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            retry(counts, sums, e.getCause());
        } catch (TimeoutException | RuntimeException | Error e) {
            // An Error too: the executor would never write again, and log nothing.
            retry(counts, sums, e);
        }
    }

    /** Writing a count twice does no harm: it replaces the one of the same id. */
    private void retry(
            ImmutableMap<RefusalTally, RefusalCount> counts,
            ImmutableMap<RefusalTally, RefusalSum> sums,
            Throwable reason) {
        if (!failing) {
            LOGGER.warn("Cannot write the counts of refusals, trying again: {}", String.valueOf(reason));
        }
        failing = true;
        counter.requeue(counts.keySet());
        counter.requeueSums(sums.keySet());
    }
}
