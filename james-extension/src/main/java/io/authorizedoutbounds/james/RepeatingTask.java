// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** What is done again and again, on a thread of its own. */
final class RepeatingTask {
    private RepeatingTask() {}

    /**
     * Starts it, until the JVM ends.
     *
     * @param thread  its name
     * @param between from the end of one run to the next, and before the first
     * @param task    throws nothing: not even after an Error would it run again, and nobody would be told
     */
    static void start(String thread, Duration between, Runnable task) {
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
                new ThreadFactoryBuilder().setDaemon(true).setNameFormat(thread).build());
        var unused =
                executor.scheduleWithFixedDelay(task, between.toMillis(), between.toMillis(), TimeUnit.MILLISECONDS);
    }
}
