// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.james.core.Domain;

/** Refusals in memory, for tests; can be unreachable. */
public final class MemoryRefusalStore implements RefusalStore {
    private final Map<UUID, RefusalCount> counts = new ConcurrentHashMap<>();
    private final Map<UUID, RefusalSum> sums = new ConcurrentHashMap<>();
    private Supplier<CompletionStage<Void>> outcome = MemoryRefusalStore::saved;
    private int writes;

    @Override
    public CompletionStage<Void> save(RefusalCount count) {
        writes++;
        return outcome.get().thenRun(() -> counts.put(count.id(), count));
    }

    private static CompletionStage<Void> saved() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> saveSum(RefusalSum sum) {
        return outcome.get().thenRun(() -> sums.put(sum.id(), sum));
    }

    @Override
    public CompletionStage<ImmutableList<RefusalCount>> newest(Domain domain, int limit) {
        return CompletableFuture.completedFuture(counts.values().stream()
                .filter(count -> count.domain().equals(domain))
                .sorted(Comparator.comparing(RefusalCount::hour).reversed())
                .limit(limit)
                .collect(ImmutableList.toImmutableList()));
    }

    @Override
    public CompletionStage<ImmutableList<RefusalSum>> newestSums(Instant since, int limit) {
        return CompletableFuture.completedFuture(sums.values().stream()
                .filter(sum -> sum.hour().plus(1, ChronoUnit.HOURS).isAfter(since))
                .sorted(Comparator.comparing(RefusalSum::hour).reversed())
                .limit(limit)
                .collect(ImmutableList.toImmutableList()));
    }

    @Override
    public CompletionStage<ImmutableSortedMap<Instant, Long>> attemptsByHour(Domain domain) {
        return CompletableFuture.completedFuture(sums.values().stream()
                .filter(sum -> sum.domain().equals(domain))
                .collect(ImmutableSortedMap.toImmutableSortedMap(
                        Comparator.naturalOrder(), RefusalSum::hour, RefusalSum::attempts, Long::sum)));
    }

    /** Whether writes succeed. */
    public void setUp(boolean reachable) {
        outcome = reachable
                ? MemoryRefusalStore::saved
                : () -> CompletableFuture.failedFuture(new IllegalStateException("out of reach"));
    }

    /** Has each write throw, instead of returning a stage that fails. */
    public void setThrowing(Error thrown) {
        outcome = () -> {
            throw thrown;
        };
    }

    /** How many writes of counts were tried. */
    public int writes() {
        return writes;
    }
}
