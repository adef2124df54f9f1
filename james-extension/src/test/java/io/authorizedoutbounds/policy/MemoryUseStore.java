// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Maps;
import com.google.common.collect.Ordering;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.james.core.Domain;

/** Last uses in memory, for tests; can be out of reach. Thread-safe. */
public final class MemoryUseStore implements UseStore {
    private final Map<EntryId, Instant> hours = new ConcurrentHashMap<>();
    private volatile Predicate<EntryId> reachable = entry -> true;
    private final AtomicInteger writes = new AtomicInteger();

    @Override
    public CompletionStage<Void> save(EntryId entry, Instant hour) {
        writes.incrementAndGet();
        return answer(reachable.test(entry), () -> {
            hours.merge(entry, hour, Ordering.natural()::max);
            return null;
        });
    }

    @Override
    public CompletionStage<LastUses> find(EntryId entry) {
        return read(entry::equals);
    }

    @Override
    public CompletionStage<LastUses> list(Domain domain) {
        return read(entry -> entry.domain().equals(domain));
    }

    @Override
    public CompletionStage<LastUses> listAll(ImmutableList<AuthorizedOutbound> entries) {
        return read(entry -> entries.stream().anyMatch(page -> page.id().equals(entry)));
    }

    private CompletionStage<LastUses> read(Predicate<EntryId> filter) {
        Map<EntryId, Instant> found = Maps.filterKeys(hours, filter::test);
        return answer(found.keySet().stream().allMatch(reachable), () -> LastUses.copyOf(found));
    }

    private static <T> CompletionStage<T> answer(boolean reachable, Supplier<T> answer) {
        return reachable
                ? CompletableFuture.completedFuture(answer.get())
                : CompletableFuture.failedFuture(new IllegalStateException("out of reach"));
    }

    /** Of which entries uses can be read and written; at first of all. */
    public void setReachable(Predicate<EntryId> entries) {
        reachable = entries;
    }

    /** Has each call throw, instead of returning a stage that fails. */
    public void setThrowing(Error thrown) {
        reachable = entry -> {
            throw thrown;
        };
    }

    /** How many writes were tried. */
    public int writes() {
        return writes.get();
    }
}
