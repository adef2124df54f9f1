// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableSet;
import dev.failsafe.CircuitBreaker;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLookup;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the store for each decision and waits for the answer no longer than the timeout.
 *
 * <p>James 3.8 runs hooks on the threads that serve all connections of a listener: when the store has failed some times
 * in a row, it is left alone for a moment and nobody waits.
 */
public class StoreLookup implements OutboundLookup {
    private static final Logger LOGGER = LoggerFactory.getLogger(StoreLookup.class);
    private static final int FAILURES_IN_A_ROW = 3;
    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final AuthorizedOutboundStore store;
    private final InternalDomains domains;
    private final Duration timeout;
    private final CircuitBreaker<Object> breaker = CircuitBreaker.builder()
            .withFailureThreshold(FAILURES_IN_A_ROW)
            .withDelay(MOMENT)
            .onOpen(event -> LOGGER.warn(
                    "The lists of authorized outbounds have failed {} times in a row:"
                            + " they are tried again every {}, mail that depends on them is put off",
                    FAILURES_IN_A_ROW,
                    MOMENT))
            .onClose(event -> LOGGER.info("The lists of authorized outbounds answer again"))
            .build();

    public StoreLookup(AuthorizedOutboundStore store, InternalDomains domains, Duration timeout) {
        this.store = store;
        this.domains = domains;
        this.timeout = timeout;
    }

    @Override
    public Listing listedFor(Domain domain, OutboundAddress client) {
        return await(() -> store.find(domain, client), entry -> entry.isPresent() ? Listing.LISTED : Listing.UNLISTED);
    }

    @Override
    public Listing listedForAny(OutboundAddress client) {
        return await(() -> store.domainsListing(client), this::anyInternal);
    }

    /** A domain that has left James keeps its entries, but they count no more. */
    private Listing anyInternal(ImmutableSet<Domain> listing) {
        boolean undecided = false;
        for (Domain domain : listing) {
            switch (domains.localityOf(domain)) {
                case INTERNAL:
                    return Listing.LISTED;
                case UNKNOWN:
                    undecided = true;
                    break;
                case EXTERNAL:
                    break;
            }
        }
        return undecided ? Listing.UNKNOWN : Listing.UNLISTED;
    }

    private <T> Listing await(Supplier<CompletionStage<T>> question, Function<T, Listing> reading) {
        if (!breaker.tryAcquirePermit()) {
            return Listing.UNKNOWN;
        }
        try {
            T answer = question.get().toCompletableFuture().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            breaker.recordSuccess();
            return reading.apply(answer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unreadable(e);
        } catch (TimeoutException e) {
            return unreadable(e);
        } catch (ExecutionException e) {
            return unreadable(e.getCause());
        } catch (RuntimeException e) {
            // A cancelled answer, or a store that throws instead of failing: the caller is promised no exception.
            return unreadable(e);
        }
    }

    private Listing unreadable(Throwable reason) {
        breaker.recordFailure();
        LOGGER.warn("Cannot read the lists of authorized outbounds, mail is put off: {}", reason.toString());
        return Listing.UNKNOWN;
    }
}
