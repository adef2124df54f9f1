// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The clock of a soak, and its end. Thread-safe. */
final class SoakRun {
    private final long startedAt = System.nanoTime();
    private final CountDownLatch end = new CountDownLatch(1);

    /** Nanoseconds since the start. */
    long now() {
        return System.nanoTime() - startedAt;
    }

    /** Has all threads of the soak end. */
    void stop() {
        end.countDown();
    }

    boolean isStopped() {
        return end.getCount() == 0;
    }

    /** Waits for a time, or for the end of the soak. */
    void pauseUntil(long time) {
        try {
            // The outcome does not matter: whoever pauses looks at the clock, or at the end.
            boolean unused = end.await(time - now(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
        }
    }

    /** Waits for so many nanoseconds, or for the end of the soak. */
    void pause(long nanos) {
        pauseUntil(now() + nanos);
    }
}
