// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.servererrors.QueryValidationException;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Writes changes in logged batches, several batches at once. */
final class BatchWriter {
    private static final int BATCH_CONCURRENCY = 8;

    /**
     * A logged batch fails while one of the members that are to store the batch log is lost and the others have not noticed
     * it: for some 15 s, longer on a busy machine. A retried batch has the same time, so a batch that was written although
     * it failed is written once.
     */
    private static final RetryPolicy<Object> UNTIL_A_LOST_MEMBER_IS_NOTICED = RetryPolicy.builder()
            .withMaxRetries(-1)
            .withMaxDuration(Duration.ofSeconds(30))
            .withDelay(Duration.ofMillis(200))
            // A permission or a table that is missing.
            .abortOn(QueryValidationException.class)
            .build();

    /** One change, which is written whole. */
    interface Change {
        /**
         * The statements of the change, made right before its batch is written.
         *
         * @param loggedAt the time of the change in the change log
         */
        ImmutableList<BatchableStatement<?>> statements(ChangeTime loggedAt);

        /** Several changes as one. */
        static Change ofAll(List<Change> changes) {
            return loggedAt -> changes.stream()
                    .flatMap(change -> change.statements(loggedAt).stream())
                    .collect(ImmutableList.toImmutableList());
        }
    }

    private final Function<BatchStatement, CompletionStage<?>> session;
    private final Clock clock;

    /** @param session executes a batch */
    BatchWriter(Function<BatchStatement, CompletionStage<?>> session, Clock clock) {
        this.session = session;
        this.clock = clock;
    }

    /**
     * Writes all changes. Changes of one batch, {@value AuthorizedOutboundStore#MAX_ATOMIC_CHANGES}, are written all or none;
     * batches are written in no order.
     *
     * @param time decides, for each row, which of two changes is the later one
     */
    CompletionStage<Void> write(List<Change> changes, ChangeTime time) {
        List<CompletionStage<Void>> queues =
                new ArrayList<>(Collections.nCopies(BATCH_CONCURRENCY, CompletableFuture.completedFuture(null)));
        int batches = 0;
        for (List<Change> batch : Lists.partition(changes, AuthorizedOutboundStore.MAX_ATOMIC_CHANGES)) {
            int queue = batches++ % BATCH_CONCURRENCY;
            queues.set(queue, queues.get(queue).thenCompose(done -> writeBatch(batch, time)));
        }
        return CompletableFuture.allOf(
                queues.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture<?>[]::new));
    }

    private CompletionStage<Void> writeBatch(List<Change> changes, ChangeTime time) {
        // Writing many batches may take minutes, and the change log poller of another node looks for new changes only.
        ChangeTime loggedAt = ChangeTime.after(ImmutableList.of(time), clock.instant());
        BatchStatement batch = BatchStatement.newInstance(
                        DefaultBatchType.LOGGED, Change.ofAll(changes).statements(loggedAt))
                .setQueryTimestamp(time.asMicroseconds());
        return Failsafe.with(UNTIL_A_LOST_MEMBER_IS_NOTICED)
                .getStageAsync(() -> session.apply(batch))
                .thenAccept(result -> {});
    }
}
