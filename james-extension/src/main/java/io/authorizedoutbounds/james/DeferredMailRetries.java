// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.github.benmanes.caffeine.cache.Ticker;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.InternalDomains;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Has deferred mail judged again, when the lists and James's domain list can be read: as soon as they can be read again, and
 * then every {@link #RETRY_INTERVAL}. Registering is thread-safe.
 */
public class DeferredMailRetries {
    /** How often mail that still cannot be judged is tried again, while other mail can. */
    public static final Duration RETRY_INTERVAL = Duration.ofSeconds(60);

    static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

    private final BooleanSupplier canJudge;
    private final Ticker ticker;
    private final List<Consumer<BooleanSupplier>> retries = new CopyOnWriteArrayList<>();

    // Used by the background thread only. Mail that was deferred before the start is tried at once.
    private boolean due = true;
    private long lastRetry;

    DeferredMailRetries(CachedLookup lookup, InternalDomains domains, Ticker ticker) {
        this(() -> lookup.isFollowingChanges() && !lookup.isBreakerOpen() && !domains.isBreakerOpen(), ticker);
    }

    /** @param canJudge whether nothing is known to prevent that mail is judged */
    public DeferredMailRetries(BooleanSupplier canJudge, Ticker ticker) {
        this.canJudge = canJudge;
        this.ticker = ticker;
    }

    /**
     * Registers what tries deferred mail again.
     *
     * @param retry called from one background thread; its argument is false as soon as it should stop
     */
    public void register(Consumer<BooleanSupplier> retry) {
        retries.add(retry);
    }

    /** Tries deferred mail again, if that is due; to be called every {@link #CHECK_INTERVAL} from one thread. */
    public void check() {
        if (!canJudge.getAsBoolean()) {
            due = true;
            return;
        }
        long now = ticker.read();
        if (due || now - lastRetry >= RETRY_INTERVAL.toNanos()) {
            due = false;
            lastRetry = now;
            retries.forEach(retry -> retry.accept(canJudge));
        }
    }
}
