// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.orphans;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.collect.Sets;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import io.authorizedoutbounds.policy.Locality;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the domains that were removed from James bypassing WebAdmin (James 3.8 has no event for that), and orphans their
 * entries. Sweeps over all lists, a bounded number of entries a second, again and again.
 *
 * <p>A domain counts as removed when two sweeps in a row do not find it, so that it may be missing for a moment. A sweep that
 * would orphan the lists of many domains at once ({@link #MAX_DOMAINS} and {@link #MAX_PERCENT} of those with entries)
 * orphans none until an operator {@linkplain #confirm confirms} it: James's domain list may be empty, or that of another
 * James, by accident. Thread-safe.
 */
public class OrphanSweep {
    private static final Logger LOGGER = LoggerFactory.getLogger(OrphanSweep.class);

    /** Between two calls of {@link #step}. */
    public static final Duration STEP_INTERVAL = Duration.ofSeconds(1);

    private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(10);
    private static final Duration STORE_TIMEOUT = Duration.ofSeconds(45);

    /** James's domain list is read at most as often in a step. */
    private static final int MAX_ENTRIES_OF_STEP = 500;

    /** What is more is found by a later sweep. */
    private static final int MAX_MISSING_DOMAINS = 100_000;

    /** A sweep orphans the lists of so many domains without confirmation, whatever their share. */
    static final int MAX_DOMAINS = 10;

    /** And of more, up to this share of the domains with entries. */
    static final int MAX_PERCENT = 5;

    private static final int ORPHANING_CONCURRENCY = 16;

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

    /** The domains of this sweep that have entries which are not orphaned. */
    private long domainsWithEntries;

    /** The domain that was looked up last, if any. The entries of a domain follow one another: it is looked up once. */
    private ImmutableSet<Domain> lastChecked = ImmutableSet.of();

    /** The domains whose lists the last sweep would have orphaned, had they not been too many. */
    private volatile ImmutableSet<Domain> held = ImmutableSet.of();

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
    public synchronized void step() {
        if (!orphaning.isEnabled()) {
            return;
        }
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
                    finish();
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

    private void finish() throws InterruptedException {
        ImmutableSet<Domain> removed = Sets.intersection(missing, missingBefore).immutableCopy();
        boolean tooMany = removed.size() > MAX_DOMAINS && 100L * removed.size() > MAX_PERCENT * domainsWithEntries;
        if (tooMany && removed.size() != held.size()) {
            LOGGER.error(
                    "{} of {} domains with authorized outbounds are not in James's domain list: nothing is orphaned. Is it the"
                            + " domain list of another James, or empty? If the domains were removed, confirm it with"
                            + " POST /authorizedOutbounds/sweep?confirm",
                    removed.size(),
                    domainsWithEntries);
        }
        held = tooMany ? removed : ImmutableSet.of();
        missingBefore = missing;
        pause();
        if (!tooMany) {
            orphan(removed);
        }
    }

    private void pause() {
        sweeping = false;
        entries = Collections.emptyIterator();
        nextPage = Optional::empty;
        missing = new HashSet<>();
        domainsWithEntries = 0;
        lastChecked = ImmutableSet.of();
        sweptAt = ticker.read();
    }

    private void check(AuthorizedOutbound entry) {
        Domain domain = entry.domain();
        if (entry.orphanedAt().isPresent() || lastChecked.contains(domain)) {
            return;
        }
        lastChecked = ImmutableSet.of(domain);
        domainsWithEntries++;
        if (missing.size() < MAX_MISSING_DOMAINS && domains.freshLocalityOf(domain) == Locality.EXTERNAL) {
            missing.add(domain);
        }
    }

    /** How many domains wait for a confirmation on this node; 0 if none. */
    public int held() {
        return held.size();
    }

    /**
     * Orphans the lists of the domains that were too many, those that are still not in James. Blocks until it is done.
     *
     * @return the number of domains whose lists are orphaned now
     */
    public synchronized int confirm() throws InterruptedException {
        ImmutableSet<Domain> removed = held.stream()
                .filter(domain -> domains.freshLocalityOf(domain) == Locality.EXTERNAL)
                .collect(ImmutableSet.toImmutableSet());
        int orphaned = orphan(removed);
        if (orphaned == removed.size()) {
            held = ImmutableSet.of();
        }
        return orphaned;
    }

    /** Domains whose entries cannot be orphaned now do not stop the others; the next sweep finds them again. */
    private int orphan(Collection<Domain> removed) throws InterruptedException {
        int orphaned = 0;
        for (List<Domain> some : Iterables.partition(removed, ORPHANING_CONCURRENCY)) {
            List<CompletionStage<Void>> started = some.stream()
                    .map(domain -> orphaning.orphan(domain, Author.unknown()))
                    .collect(Collectors.toList());
            for (CompletionStage<Void> orphan : started) {
                try {
                    await(orphan);
                    orphaned++;
                } catch (ExecutionException | TimeoutException e) {
                    LOGGER.debug("Cannot orphan the entries of a domain that was removed from James", e);
                }
            }
        }
        return orphaned;
    }

    private static <T> T await(CompletionStage<T> answer)
            throws InterruptedException, ExecutionException, TimeoutException {
        return answer.toCompletableFuture().get(STORE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
