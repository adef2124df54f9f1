// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;

/** Many writes into Cassandra, so many at once. */
final class ConcurrentWrites {
    private static final int MAX_CONCURRENT_WRITES = 256;

    private ConcurrentWrites() {}

    /**
     * Starts the writes with the numbers from 0, and waits for all of them.
     *
     * @throws IllegalStateException when one fails; no further one is started then
     */
    static void writeAll(int number, IntFunction<? extends CompletionStage<?>> write) throws InterruptedException {
        Semaphore underWay = new Semaphore(MAX_CONCURRENT_WRITES);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        for (int i = 0; i < number && failure.get() == null; i++) {
            underWay.acquire();
            write.apply(i).whenComplete((result, reason) -> {
                if (reason != null) {
                    failure.compareAndSet(null, reason);
                }
                underWay.release();
            });
        }
        underWay.acquire(MAX_CONCURRENT_WRITES);
        if (failure.get() != null) {
            throw new IllegalStateException("Cassandra did not take all of it", failure.get());
        }
    }
}
