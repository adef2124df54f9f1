// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The life cycle of what runs in the background: each task repeats on a thread of its own, from {@link #start} until
 * {@link #stop}, at the latest until the JVM ends. Thread-safe.
 */
final class BackgroundTasks {
    private static final class Task {
        private final String thread;
        private final Duration interval;
        private final Runnable run;

        private Task(String thread, Duration interval, Runnable run) {
            this.thread = thread;
            this.interval = interval;
            this.run = run;
        }
    }

    /** Collects tasks; starts none. */
    static final class Builder {
        private final ImmutableList.Builder<Task> tasks = ImmutableList.builder();

        private Builder() {}

        /**
         * Adds a task.
         *
         * @param thread   the name of its thread
         * @param interval from the end of one run to the next, and before the first
         * @param run      throws nothing: an executor never repeats a task that threw
         */
        Builder repeat(String thread, Duration interval, Runnable run) {
            tasks.add(new Task(thread, interval, run));
            return this;
        }

        BackgroundTasks build() {
            return new BackgroundTasks(tasks.build());
        }
    }

    private final ImmutableList<Task> tasks;
    private final List<ScheduledExecutorService> executors = new ArrayList<>();
    private boolean started;

    private BackgroundTasks(ImmutableList<Task> tasks) {
        this.tasks = tasks;
    }

    static Builder builder() {
        return new Builder();
    }

    /** Starts all tasks; does nothing when that was done before. */
    synchronized void start() {
        if (started) {
            return;
        }
        started = true;
        // James closes its Cassandra session when it stops: what still polled then would log a failure.
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "authorized-outbounds-stop"));
        for (Task task : tasks) {
            ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(new ThreadFactoryBuilder()
                    .setDaemon(true)
                    .setNameFormat(task.thread)
                    .build());
            long millis = task.interval.toMillis();
            var unused = executor.scheduleWithFixedDelay(task.run, millis, millis, TimeUnit.MILLISECONDS);
            executors.add(executor);
        }
    }

    /** Interrupts what runs, and starts nothing again. */
    synchronized void stop() {
        executors.forEach(ScheduledExecutorService::shutdownNow);
        executors.clear();
    }
}
