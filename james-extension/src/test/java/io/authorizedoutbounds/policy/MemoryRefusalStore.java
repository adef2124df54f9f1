// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.james.core.Domain;

/** Refusals in memory, for tests; can be unreachable. */
public final class MemoryRefusalStore implements RefusalStore {
    private final Map<UUID, RefusalCount> counts = new ConcurrentHashMap<>();
    private boolean up = true;
    private int writes;

    @Override
    public CompletionStage<Void> save(RefusalCount count) {
        writes++;
        if (!up) {
            return CompletableFuture.failedFuture(new IllegalStateException("out of reach"));
        }
        counts.put(count.id(), count);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> forEach(Domain domain, Consumer<RefusalCount> consumer) {
        counts.values().stream().filter(count -> count.domain().equals(domain)).forEach(consumer);
        return CompletableFuture.completedFuture(null);
    }

    /** Whether it takes what is saved. */
    public void setUp(boolean reachable) {
        up = reachable;
    }

    /** How often something was saved, or failed to be. */
    public int writes() {
        return writes;
    }
}
