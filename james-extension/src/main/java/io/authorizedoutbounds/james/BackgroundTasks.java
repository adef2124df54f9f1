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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and stops what runs in the background: each task repeats on a thread of its own, from {@link #start} until
 * {@link #stop}, at the latest until the JVM shuts down. Thread-safe.
 */
final class BackgroundTasks {
    private static final Logger LOGGER = LoggerFactory.getLogger(BackgroundTasks.class);

    private static final class Task implements Runnable {
        private final String thread;
        private final Duration interval;
        private final Runnable run;

        /** Used by the thread of the task only. */
        private boolean failing;

        private Task(String thread, Duration interval, Runnable run) {
            this.thread = thread;
            this.interval = interval;
            this.run = run;
        }

        /** Throws nothing: an executor never repeats a task that threw. */
        @Override
        public void run() {
            try {
                run.run();
                failing = false;
            } catch (RuntimeException | Error e) {
                if (!failing) {
                    LOGGER.error(
                            "Background task {} failed, it is tried again every {} ms", thread, interval.toMillis(), e);
                }
                failing = true;
            }
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
         * @param run      what throws is logged and repeated
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
    private boolean startedOrStopped;

    private BackgroundTasks(ImmutableList<Task> tasks) {
        this.tasks = tasks;
    }

    static Builder builder() {
        return new Builder();
    }

    /** Starts all tasks; does nothing when they were started or stopped before. */
    synchronized void start() {
        if (startedOrStopped) {
            return;
        }
        startedOrStopped = true;
        try {
            // James closes its Cassandra session when it stops: a poll after that would log a failure.
            Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "authorized-outbounds-stop"));
        } catch (IllegalStateException e) {
            // The JVM shuts down while James starts.
            return;
        }
        for (Task task : tasks) {
            ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(new ThreadFactoryBuilder()
                    .setDaemon(true)
                    .setNameFormat(task.thread)
                    .build());
            long millis = task.interval.toMillis();
            var unused = executor.scheduleWithFixedDelay(task, millis, millis, TimeUnit.MILLISECONDS);
            executors.add(executor);
        }
    }

    /** Interrupts what runs, without waiting for it. Nothing is started after that. */
    synchronized void stop() {
        startedOrStopped = true;
        executors.forEach(ScheduledExecutorService::shutdownNow);
        executors.clear();
    }
}
