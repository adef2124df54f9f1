// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads the change log from the newest hour back, several hours at once, until there are enough changes. */
final class NewestByHour<T> {
    private static final int HOUR_CONCURRENCY = 24;

    /** Reads the rows of one hour, the newest first if their order matters. */
    interface HourReader<T> {
        /** Reads all rows, or the newest: {@code enough} of them, perhaps more. */
        CompletionStage<List<T>> read(Instant hour, int enough);
    }

    private final HourReader<T> reader;

    NewestByHour(HourReader<T> reader) {
        this.reader = reader;
    }

    /**
     * Returns the rows of the newest hours first.
     *
     * @param hours the oldest first
     */
    CompletionStage<ImmutableList<T>> read(List<Instant> hours, int limit) {
        return read(Lists.partition(Lists.reverse(hours), HOUR_CONCURRENCY), 0, limit)
                .thenApply(changes -> changes.stream().limit(limit).collect(ImmutableList.toImmutableList()));
    }

    private CompletionStage<List<T>> read(List<List<Instant>> groups, int group, int enough) {
        if (group == groups.size()) {
            return CompletableFuture.completedFuture(new ArrayList<>());
        }
        return readAtOnce(groups.get(group), enough)
                .thenCompose(changes -> changes.size() >= enough
                        ? CompletableFuture.completedFuture(changes)
                        : read(groups, group + 1, enough - changes.size()).thenApply(older -> concat(changes, older)));
    }

    private CompletionStage<List<T>> readAtOnce(List<Instant> hours, int enough) {
        CompletionStage<List<T>> changes = CompletableFuture.completedFuture(new ArrayList<>());
        for (Instant hour : hours) {
            changes = changes.thenCombine(reader.read(hour, enough), NewestByHour::concat);
        }
        return changes;
    }

    private static <T> List<T> concat(List<T> newer, List<T> older) {
        newer.addAll(older);
        return newer;
    }
}
