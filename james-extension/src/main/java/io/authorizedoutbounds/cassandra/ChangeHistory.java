// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import io.authorizedoutbounds.policy.OutboundChange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads the change log from the newest hour back, several hours at once, until there are enough changes. */
final class ChangeHistory {
    private static final int HOUR_CONCURRENCY = 24;

    /** Reads changes of one hour, the newest first. */
    interface HourReader {
        /** Reads all changes, or the newest: {@code enough} of them, perhaps more. */
        CompletionStage<List<OutboundChange>> read(Instant hour, int enough);
    }

    private final HourReader reader;

    ChangeHistory(HourReader reader) {
        this.reader = reader;
    }

    /**
     * Returns the newest changes first.
     *
     * @param hours the oldest first
     */
    CompletionStage<ImmutableList<OutboundChange>> read(List<Instant> hours, int limit) {
        return read(Lists.partition(Lists.reverse(hours), HOUR_CONCURRENCY), 0, limit)
                .thenApply(changes -> changes.stream().limit(limit).collect(ImmutableList.toImmutableList()));
    }

    private CompletionStage<List<OutboundChange>> read(List<List<Instant>> groups, int group, int enough) {
        if (group == groups.size()) {
            return CompletableFuture.completedFuture(new ArrayList<>());
        }
        return readAtOnce(groups.get(group), enough)
                .thenCompose(changes -> changes.size() >= enough
                        ? CompletableFuture.completedFuture(changes)
                        : read(groups, group + 1, enough - changes.size()).thenApply(older -> concat(changes, older)));
    }

    private CompletionStage<List<OutboundChange>> readAtOnce(List<Instant> hours, int enough) {
        CompletionStage<List<OutboundChange>> changes = CompletableFuture.completedFuture(new ArrayList<>());
        for (Instant hour : hours) {
            changes = changes.thenCombine(reader.read(hour, enough), ChangeHistory::concat);
        }
        return changes;
    }

    private static List<OutboundChange> concat(List<OutboundChange> newer, List<OutboundChange> older) {
        newer.addAll(older);
        return newer;
    }
}
