// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackgroundTasksTest {
    private final AtomicInteger runs = new AtomicInteger();
    private final AtomicReference<Thread> thread = new AtomicReference<>();
    private final BackgroundTasks tasks = BackgroundTasks.builder()
            .repeat("a-task", Duration.ofMillis(1), () -> {
                thread.set(Thread.currentThread());
                runs.incrementAndGet();
            })
            .build();

    @AfterEach
    void stop() {
        tasks.stop();
    }

    private void awaitRuns(int count) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> runs.get() >= count);
    }

    @Test
    void taskShouldRepeatOnADaemonThreadOfItsName() {
        tasks.start();

        awaitRuns(3);

        assertThat(thread.get().getName()).isEqualTo("a-task");
        assertThat(thread.get().isDaemon()).isTrue();
    }

    @Test
    void secondStartShouldStartNothing() {
        tasks.start();
        awaitRuns(1);
        Thread first = thread.get();

        tasks.start();
        awaitRuns(runs.get() + 3);

        assertThat(thread.get()).isSameAs(first);
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(each -> each.getName().equals("a-task"))
                .containsExactly(first);
    }

    @Test
    void threadShouldEndWhenTasksStop() throws InterruptedException {
        tasks.start();
        awaitRuns(1);

        tasks.stop();

        thread.get().join(Duration.ofSeconds(30).toMillis());
        assertThat(thread.get().isAlive()).isFalse();
    }
}
