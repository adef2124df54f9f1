// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.orphans;

import com.github.benmanes.caffeine.cache.Ticker;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import io.authorizedoutbounds.policy.Locality;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the domains that have left James without WebAdmin's knowledge (James 3.8 has no event for that), and has their
 * lists orphaned: goes through all lists, a bounded number of entries a second, again and again.
 *
 * <p>A domain has left when two sweeps in a row do not find it, so that it may be missing for a moment.
 */
public class OrphanSweep {
    private static final Logger LOGGER = LoggerFactory.getLogger(OrphanSweep.class);
    private static final Duration BETWEEN_SWEEPS = Duration.ofMinutes(10);
    /** Between two steps. */
    public static final Duration STEP_INTERVAL = Duration.ofSeconds(1);

    private static final Duration PATIENCE = Duration.ofSeconds(45);

    /** What James's own store is asked for meanwhile is at most as much. */
    private static final int ENTRIES_A_STEP = 500;

    private static final int MOST_REMEMBERED = 100_000;

    private final AuthorizedOutboundStore store;
    private final InternalDomains domains;
    private final Orphaning orphaning;
    private final Ticker ticker;

    private Optional<Page> page = Optional.empty();
    private Iterator<AuthorizedOutbound> entries;
    private long sweptAt;
    private Set<Domain> missedBefore = new HashSet<>();
    private Set<Domain> missed = new HashSet<>();

    /** The last one that was found in James: the entries of a domain follow one another. */
    private Optional<Domain> present = Optional.empty();

    public OrphanSweep(AuthorizedOutboundStore store, InternalDomains domains, Orphaning orphaning, Ticker ticker) {
        this.store = store;
        this.domains = domains;
        this.orphaning = orphaning;
        this.ticker = ticker;
        this.sweptAt = ticker.read();
    }

    /** Some entries further; to be called once a {@link #STEP_INTERVAL}. Throws nothing: after a failure the sweep begins again. */
    public void step() {
        try {
            if (page.isEmpty()) {
                if (ticker.read() - sweptAt < BETWEEN_SWEEPS.toNanos()) {
                    return;
                }
                turnTo(store.everything());
            }
            for (int i = 0; i < ENTRIES_A_STEP && entries.hasNext(); i++) {
                look(entries.next());
            }
            if (!entries.hasNext()) {
                Optional<CompletionStage<Page>> next = page.get().next();
                if (next.isPresent()) {
                    turnTo(next.get());
                } else {
                    finish();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException | Error e) {
            // An Error too: the executor would never sweep again, and say nothing.
            LOGGER.debug("Cannot look for domains that were removed from James", e);
            pause();
        }
    }

    private void turnTo(CompletionStage<Page> next) throws InterruptedException, ExecutionException, TimeoutException {
        page = Optional.of(await(next));
        entries = page.get().entries().iterator();
    }

    private void finish() {
        missedBefore = missed;
        pause();
    }

    private void pause() {
        page = Optional.empty();
        missed = new HashSet<>();
        present = Optional.empty();
        sweptAt = ticker.read();
    }

    private void look(AuthorizedOutbound entry) throws InterruptedException {
        Domain domain = entry.domain();
        if (entry.orphanedAt().isPresent() || missed.contains(domain) || present.equals(Optional.of(domain))) {
            return;
        }
        if (domains.freshLocalityOf(domain) != Locality.EXTERNAL) {
            present = Optional.of(domain);
            return;
        }
        if (missedBefore.contains(domain)) {
            orphan(domain);
        }
        if (missed.size() < MOST_REMEMBERED) {
            missed.add(domain);
        }
    }

    /** One that cannot be orphaned now does not keep the others waiting. */
    private void orphan(Domain domain) throws InterruptedException {
        try {
            await(orphaning.orphan(domain, Author.unknown()));
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.debug("Cannot orphan the entries of a domain that was removed from James", e);
        }
    }

    private static <T> T await(CompletionStage<T> answer)
            throws InterruptedException, ExecutionException, TimeoutException {
        return answer.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }
}
