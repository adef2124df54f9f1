// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.orphans;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.ImmutableSet;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import io.authorizedoutbounds.policy.Locality;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the domains that were removed from James bypassing WebAdmin (James 3.8 has no event for that), and orphans their
 * entries. Sweeps over all lists, a bounded number of entries a second, again and again.
 *
 * <p>A domain counts as removed when two sweeps in a row do not find it, so that it may be missing for a moment. Not
 * thread-safe: {@link #step} is called by one thread.
 */
public class OrphanSweep {
    private static final Logger LOGGER = LoggerFactory.getLogger(OrphanSweep.class);

    /** Between two calls of {@link #step}. */
    public static final Duration STEP_INTERVAL = Duration.ofSeconds(1);

    private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(10);
    private static final Duration STORE_TIMEOUT = Duration.ofSeconds(45);

    /** James's domain list is read at most as often in a step. */
    private static final int MAX_ENTRIES_OF_STEP = 500;

    private static final int MAX_MISSING_DOMAINS = 100_000;

    private final AuthorizedOutboundStore store;
    private final InternalDomains domains;
    private final Orphaning orphaning;
    private final Ticker ticker;

    private boolean sweeping;
    private long sweptAt;

    /** What the sweep has not looked at yet: the rest of its page, and the next page. */
    private Iterator<AuthorizedOutbound> entries = Collections.emptyIterator();

    private Supplier<Optional<CompletionStage<Page>>> nextPage = Optional::empty;

    private Set<Domain> missingBefore = new HashSet<>();
    private Set<Domain> missing = new HashSet<>();

    /** The domain that was found last, if any. The entries of a domain follow one another: it is looked up once. */
    private ImmutableSet<Domain> lastFound = ImmutableSet.of();

    public OrphanSweep(AuthorizedOutboundStore store, InternalDomains domains, Orphaning orphaning, Ticker ticker) {
        this.store = store;
        this.domains = domains;
        this.orphaning = orphaning;
        this.ticker = ticker;
        this.sweptAt = ticker.read();
    }

    /**
     * Looks at some more entries; to be called once a {@link #STEP_INTERVAL}. Throws nothing: after a failure the sweep
     * starts again.
     */
    public void step() {
        try {
            if (!sweeping) {
                if (ticker.read() - sweptAt < SWEEP_INTERVAL.toNanos()) {
                    return;
                }
                read(store.everything());
                sweeping = true;
            }
            for (int i = 0; i < MAX_ENTRIES_OF_STEP && entries.hasNext(); i++) {
                check(entries.next());
            }
            if (!entries.hasNext()) {
                Optional<CompletionStage<Page>> next = nextPage.get();
                if (next.isPresent()) {
                    read(next.get());
                } else {
                    missingBefore = missing;
                    pause();
                }
            }
        } catch (InterruptedException e) {
            // James stops.
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException | Error e) {
            // An Error too: the executor would never sweep again, and log nothing.
            LOGGER.debug("Cannot look for domains that were removed from James", e);
            pause();
        }
    }

    private void read(CompletionStage<Page> next) throws InterruptedException, ExecutionException, TimeoutException {
        Page page = await(next);
        entries = page.entries().iterator();
        nextPage = page::next;
    }

    private void pause() {
        sweeping = false;
        entries = Collections.emptyIterator();
        nextPage = Optional::empty;
        missing = new HashSet<>();
        lastFound = ImmutableSet.of();
        sweptAt = ticker.read();
    }

    private void check(AuthorizedOutbound entry) throws InterruptedException {
        Domain domain = entry.domain();
        if (entry.orphanedAt().isPresent() || missing.contains(domain) || lastFound.contains(domain)) {
            return;
        }
        if (domains.freshLocalityOf(domain) != Locality.EXTERNAL) {
            lastFound = ImmutableSet.of(domain);
            return;
        }
        if (missingBefore.contains(domain)) {
            orphan(domain);
        }
        if (missing.size() < MAX_MISSING_DOMAINS) {
            missing.add(domain);
        }
    }

    /** A domain whose entries cannot be orphaned now does not stop the sweep. */
    private void orphan(Domain domain) throws InterruptedException {
        try {
            await(orphaning.orphan(domain, Author.unknown()));
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.debug("Cannot orphan the entries of {}, which was removed from James", domain.asString(), e);
        }
    }

    private static <T> T await(CompletionStage<T> answer)
            throws InterruptedException, ExecutionException, TimeoutException {
        return answer.toCompletableFuture().get(STORE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
