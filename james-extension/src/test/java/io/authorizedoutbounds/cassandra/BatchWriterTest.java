// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.servererrors.InvalidQueryException;
import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.cassandra.BatchWriter.Change;
import io.authorizedoutbounds.policy.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class BatchWriterTest {
    private static final Instant NOW = Instant.parse("2024-05-01T10:00:00.123456Z");
    private static final ChangeTime TIME = ChangeTime.after(List.of(), NOW);
    private static final Duration TEST_TIMEOUT = Duration.ofSeconds(10);

    private final SettableClock clock = new SettableClock(NOW);

    /** Batches that were executed, and their results, which tests complete. */
    private final List<BatchStatement> batches = new CopyOnWriteArrayList<>();

    /** By the first statement of the batch: batches come in no order. */
    private final Map<String, CompletableFuture<Object>> results = new ConcurrentHashMap<>();

    private final BatchWriter writer = new BatchWriter(this::execute, clock);

    private CompletionStage<?> execute(BatchStatement batch) {
        CompletableFuture<Object> result = new CompletableFuture<>();
        results.put(statements(batch).stream().findFirst().orElse("nothing"), result);
        batches.add(batch);
        return result;
    }

    private static List<Change> changes(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> (Change) loggedAt -> ImmutableList.of(
                        SimpleStatement.newInstance(number + "a"), SimpleStatement.newInstance(number + "b")))
                .collect(Collectors.toList());
    }

    private static List<String> statements(BatchStatement batch) {
        return StreamSupport.stream(batch.spliterator(), false)
                .map(statement -> ((SimpleStatement) statement).getQuery())
                .collect(Collectors.toList());
    }

    private void awaitBatches(int count) {
        await().atMost(TEST_TIMEOUT).until(() -> batches.size() >= count);
        assertThat(batches).hasSize(count);
    }

    @Test
    void upToFourChangesShouldBeOneLoggedBatch() {
        CompletionStage<Void> written = writer.write(changes(4), TIME);

        awaitBatches(1);
        assertThat(batches.get(0).getBatchType()).isEqualTo(DefaultBatchType.LOGGED);
        assertThat(statements(batches.get(0))).containsExactly("0a", "0b", "1a", "1b", "2a", "2b", "3a", "3b");
        assertThat(written.toCompletableFuture()).isNotDone();
        results.get("0a").complete("written");
        assertThat(written.toCompletableFuture()).succeedsWithin(TEST_TIMEOUT);
    }

    @Test
    void batchShouldHaveTheTimeOfTheChange() {
        clock.advance(Duration.ofMinutes(3));

        writer.write(changes(1), TIME);

        awaitBatches(1);
        assertThat(batches.get(0).getQueryTimestamp()).isEqualTo(1_714_557_600_123_456L);
    }

    @Test
    void fifthChangeShouldBeInABatchOfItsOwn() {
        writer.write(changes(5), TIME);

        awaitBatches(2);
        assertThat(batches)
                .extracting(BatchWriterTest::statements)
                .containsExactlyInAnyOrder(
                        List.of("0a", "0b", "1a", "1b", "2a", "2b", "3a", "3b"), List.of("4a", "4b"));
    }

    @Test
    void noMoreThanEightBatchesShouldBeUnderWay() {
        CompletionStage<Void> written = writer.write(changes(40), TIME);

        awaitBatches(8);
        results.get("0a").complete("written");
        awaitBatches(9);
        results.get("4a").complete("written");
        awaitBatches(10);
        results.values().forEach(result -> result.complete("written"));
        assertThat(written.toCompletableFuture()).succeedsWithin(TEST_TIMEOUT);
        assertThat(batches.stream().flatMap(batch -> statements(batch).stream()))
                .hasSize(80)
                .doesNotHaveDuplicates();
    }

    @Test
    void nothingShouldBeWrittenWithoutChanges() {
        assertThat(writer.write(changes(0), TIME).toCompletableFuture()).succeedsWithin(Duration.ZERO);
        assertThat(batches).isEmpty();
    }

    @Test
    void changeShouldBeLoggedAtTheTimeAtWhichItsBatchIsWritten() {
        List<Instant> logged = new ArrayList<>();
        Change change = loggedAt -> {
            logged.add(loggedAt.asInstant());
            clock.advance(Duration.ofMinutes(1));
            return ImmutableList.of(SimpleStatement.newInstance("statement"));
        };

        writer.write(ImmutableList.of(change, change, change, change, change), TIME);

        Instant first = NOW.plusNanos(1000);
        Instant second = NOW.plus(Duration.ofMinutes(4));
        assertThat(logged).containsExactly(first, first, first, first, second);
    }

    @Test
    void changeShouldBeLoggedAfterItsTimeWhenTheClockIsBehind() {
        List<Instant> logged = new ArrayList<>();
        clock.advance(Duration.ofSeconds(-20));

        writer.write(
                ImmutableList.of(loggedAt -> {
                    logged.add(loggedAt.asInstant());
                    return ImmutableList.of();
                }),
                TIME);

        assertThat(logged).containsExactly(NOW.plusNanos(1000));
    }

    @Test
    void batchThatFailedShouldBeWrittenAgainAsItWas() {
        CompletionStage<Void> written = writer.write(changes(1), TIME);
        awaitBatches(1);
        clock.advance(Duration.ofSeconds(15));

        results.get("0a").completeExceptionally(new IllegalStateException("no batch log"));

        awaitBatches(2);
        assertThat(batches.get(1)).isSameAs(batches.get(0));
        assertThat(written.toCompletableFuture()).isNotDone();
        results.get("0a").complete("written");
        assertThat(written.toCompletableFuture()).succeedsWithin(TEST_TIMEOUT);
    }

    @Test
    void batchThatCassandraDoesNotUnderstandShouldFailAtOnce() {
        InvalidQueryException missing = new InvalidQueryException(null, "unconfigured table");
        CompletionStage<Void> written = writer.write(changes(1), TIME);
        awaitBatches(1);

        results.get("0a").completeExceptionally(missing);

        assertThat(written.toCompletableFuture())
                .failsWithin(TEST_TIMEOUT)
                .withThrowableOfType(ExecutionException.class)
                .withCause(missing);
        assertThat(batches).hasSize(1);
    }

    @Test
    void changesShouldFailWhenOneBatchFails() {
        CompletionStage<Void> written = writer.write(changes(6), TIME);
        awaitBatches(2);

        results.get("0a").completeExceptionally(new InvalidQueryException(null, "unconfigured table"));
        results.get("4a").complete("written");

        assertThat(written.toCompletableFuture())
                .failsWithin(TEST_TIMEOUT)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(InvalidQueryException.class);
    }

    @Test
    void changesShouldFailWhenTheStatementsOfOneCannotBeMade() {
        IllegalStateException failure = new IllegalStateException("no statement");
        CompletionStage<Void> written = writer.write(
                ImmutableList.of(loggedAt -> {
                    throw failure;
                }),
                TIME);

        assertThat(written.toCompletableFuture())
                .failsWithin(TEST_TIMEOUT)
                .withThrowableOfType(ExecutionException.class)
                .withCause(failure);
        assertThat(batches).isEmpty();
    }
}
