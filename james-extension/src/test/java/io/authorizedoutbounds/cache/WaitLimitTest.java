// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class WaitLimitTest {
    private static final long LONG = Duration.ofMinutes(1).toNanos();
    private static final Duration BOUND = Duration.ofSeconds(10);

    private final WaitLimit limit = new WaitLimit(1);

    /** A thread that waits with the only permit, until its query is answered. */
    private Thread holder(CompletableFuture<String> query) {
        Thread holder = new Thread(() -> {
            try {
                limit.await(query, LONG);
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
        });
        holder.start();
        return holder;
    }

    private void awaitThatNoPermitIsLeft() {
        assertTimeoutPreemptively(BOUND, () -> {
            while (limit.hasPermit()) {
                Thread.onSpinWait();
            }
        });
    }

    @Test
    void answerThatIsThereShouldNeedNoPermit() throws Exception {
        CompletableFuture<String> slow = new CompletableFuture<>();
        Thread holder = holder(slow);
        awaitThatNoPermitIsLeft();

        assertThat(limit.await(CompletableFuture.completedFuture("answer"), LONG))
                .isEqualTo("answer");

        slow.complete("late");
        holder.join();
    }

    @Test
    void threadBeyondTheLimitShouldNotWaitLong() throws Exception {
        CompletableFuture<String> slow = new CompletableFuture<>();
        Thread holder = holder(slow);
        awaitThatNoPermitIsLeft();

        assertTimeoutPreemptively(BOUND, () -> assertThatThrownBy(() -> limit.await(new CompletableFuture<>(), LONG))
                .isInstanceOf(TimeoutException.class)
                .hasMessage("too many threads wait for the lists of authorized outbounds"));

        slow.complete("late");
        holder.join();
    }

    @Test
    void shortWaitShouldNeedNoPermit() throws Exception {
        CompletableFuture<String> slow = new CompletableFuture<>();
        Thread holder = holder(slow);
        awaitThatNoPermitIsLeft();
        long nanos = WaitLimit.SHORT_WAIT.toNanos();

        assertThat(limit.await(CompletableFuture.completedFuture("answer"), nanos))
                .isEqualTo("answer");
        assertThatThrownBy(() -> limit.await(new CompletableFuture<>(), nanos))
                .isInstanceOf(TimeoutException.class)
                .hasMessage(null);

        slow.complete("late");
        holder.join();
    }

    @Test
    void answerAfterAShortWaitShouldBeReturned() throws Exception {
        CompletableFuture<String> slow = new CompletableFuture<>();
        Thread answerer = new Thread(() -> {
            awaitThatNoPermitIsLeft();
            slow.complete("late");
        });
        answerer.start();

        assertThat(limit.await(slow, LONG)).isEqualTo("late");

        answerer.join();
    }

    @Test
    void permitShouldBeGivenBackAfterAnAnswer() throws Exception {
        CompletableFuture<String> slow = new CompletableFuture<>();
        Thread holder = holder(slow);
        awaitThatNoPermitIsLeft();

        slow.complete("late");
        holder.join();

        assertThat(limit.hasPermit()).isTrue();
    }

    @Test
    void permitShouldBeGivenBackAfterAFailure() throws Exception {
        CompletableFuture<String> failing = new CompletableFuture<>();
        Thread failer = new Thread(() -> {
            awaitThatNoPermitIsLeft();
            failing.completeExceptionally(new IOException("down"));
        });
        failer.start();

        assertThatThrownBy(() -> limit.await(failing, LONG)).isInstanceOf(ExecutionException.class);

        failer.join();
        assertThat(limit.hasPermit()).isTrue();
    }

    /** A query that is never answered, and records how long it is waited for. */
    private static final class WaitedFor extends CompletableFuture<String> {
        private final List<Long> waits = new ArrayList<>();

        @Override
        public String get(long timeout, TimeUnit unit) throws TimeoutException {
            waits.add(unit.toNanos(timeout));
            throw new TimeoutException();
        }
    }

    @Test
    void waitsShouldAddUpToTheLongestWait() {
        WaitedFor query = new WaitedFor();

        assertThatThrownBy(() -> limit.await(query, LONG)).isInstanceOf(TimeoutException.class);

        long shortWait = WaitLimit.SHORT_WAIT.toNanos();
        assertThat(query.waits).containsExactly(shortWait, LONG - shortWait);
    }

    @Test
    void permitShouldBeGivenBackAfterATimeout() {
        long nanos = WaitLimit.SHORT_WAIT.multipliedBy(2).toNanos();

        assertThatThrownBy(() -> limit.await(new CompletableFuture<>(), nanos)).isInstanceOf(TimeoutException.class);

        assertThat(limit.hasPermit()).isTrue();
    }
}
