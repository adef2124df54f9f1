// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableSet;
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

/** Asks the store for each decision and waits for the answer no longer than the timeout. */
public class StoreLookup implements OutboundLookup {
    private static final Logger LOGGER = LoggerFactory.getLogger(StoreLookup.class);

    private final AuthorizedOutboundStore store;
    private final InternalDomains domains;
    private final Duration timeout;

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
        try {
            return reading.apply(question.get().toCompletableFuture().get(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Listing.UNKNOWN;
        } catch (TimeoutException e) {
            LOGGER.warn("No answer from the lists of authorized outbounds within {}: mail is put off", timeout);
            return Listing.UNKNOWN;
        } catch (ExecutionException e) {
            return unreadable(e.getCause());
        } catch (RuntimeException e) {
            // A cancelled answer, or a store that throws instead of failing: the caller is promised no exception.
            return unreadable(e);
        }
    }

    private static Listing unreadable(Throwable reason) {
        LOGGER.warn("Cannot read the lists of authorized outbounds, mail is put off: {}", reason.toString());
        return Listing.UNKNOWN;
    }
}
