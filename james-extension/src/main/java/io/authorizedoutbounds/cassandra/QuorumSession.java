// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.ConsistencyLevel;
import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.Statement;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A session and the keyspace with the tables. Every statement is executed at LOCAL_QUORUM and is idempotent: the driver may
 * execute it twice. Thread-safe.
 */
final class QuorumSession {
    private final CqlSession session;
    private final String keyspace;

    QuorumSession(CqlSession session, CqlIdentifier keyspace) {
        this.session = session;
        this.keyspace = keyspace.asCql(true);
    }

    /**
     * Prepares the statements of a DAO, all at once: with a member that does not answer, each takes as long as the request
     * timeout.
     *
     * @param statements with {@code %s} in place of the keyspace
     * @return by the statement that was given
     */
    CompletionStage<ImmutableMap<String, PreparedStatement>> prepare(String... statements) {
        CompletionStage<ImmutableMap.Builder<String, PreparedStatement>> prepared =
                CompletableFuture.completedFuture(ImmutableMap.builder());
        for (String statement : statements) {
            prepared = prepared.thenCombine(
                    session.prepareAsync(String.format(statement, keyspace)),
                    (builder, result) -> builder.put(statement, result));
        }
        return prepared.thenApply(ImmutableMap.Builder::build);
    }

    /** Returns the first page of the result. */
    CompletionStage<AsyncResultSet> execute(Statement<?> statement) {
        return session.executeAsync(
                statement.setConsistencyLevel(ConsistencyLevel.LOCAL_QUORUM).setIdempotent(true));
    }

    /** Reads all pages. Rows for which the mapper returns nothing are left out. */
    <T> CompletionStage<List<T>> list(Statement<?> query, Function<Row, Optional<T>> mapper) {
        return list(query, mapper, Integer.MAX_VALUE);
    }

    /** @param enough no further page is read when there are so many results */
    <T> CompletionStage<List<T>> list(Statement<?> query, Function<Row, Optional<T>> mapper, int enough) {
        List<T> results = new ArrayList<>();
        return forEachWhile(query, row -> mapper.apply(row).ifPresent(results::add), () -> results.size() < enough)
                .thenApply(done -> results);
    }

    private CompletionStage<Void> forEachWhile(
            Statement<?> query, Consumer<Row> consumer, BooleanSupplier wantsNextPage) {
        return execute(query).thenCompose(page -> forEachWhile(page, consumer, wantsNextPage));
    }

    private static CompletionStage<Void> forEachWhile(
            AsyncResultSet page, Consumer<Row> consumer, BooleanSupplier wantsNextPage) {
        page.currentPage().forEach(consumer);
        return page.hasMorePages() && wantsNextPage.getAsBoolean()
                ? page.fetchNextPage().thenCompose(next -> forEachWhile(next, consumer, wantsNextPage))
                : CompletableFuture.completedFuture(null);
    }
}
