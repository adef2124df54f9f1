// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.ConsistencyLevel;
import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.CqlSessionBuilder;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.Statement;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import io.authorizedoutbounds.policy.StoreNotReachedException;
import java.io.File;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to Cassandra: opened in the background and tried again until it is there. Thread-safe.
 *
 * <p>Once open, the driver itself finds its way back after an outage.
 */
public class CassandraConnection {
    private static final Logger LOGGER = LoggerFactory.getLogger(CassandraConnection.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LAST_RETRY = Duration.ofSeconds(5);

    private final CompletableFuture<OutboundTables> tables;

    private CassandraConnection(CompletableFuture<OutboundTables> tables) {
        this.tables = tables;
    }

    /** Uses the session of the host James, in its keyspace. */
    public static CassandraConnection shared(CqlSession session) {
        CqlIdentifier keyspace = session.getKeyspace()
                .orElseThrow(() -> new IllegalArgumentException("The Cassandra session of James has no keyspace"));
        LOGGER.info("Lists of authorized outbounds are in keyspace {}, over the Cassandra session of James", keyspace);
        return open(() -> OutboundTables.open(session, keyspace));
    }

    /**
     * Opens a session of its own.
     *
     * @param driverConfiguration the driver's {@code cassandra-driver.conf}, when there is one
     */
    public static CassandraConnection own(CassandraConfiguration configuration, Optional<File> driverConfiguration) {
        LOGGER.info(
                "Lists of authorized outbounds are in keyspace {} of Cassandra at {}, over a session of their own",
                configuration.keyspace(),
                configuration.nodes());
        DriverConfigLoader driverConfig = driverConfig(driverConfiguration);
        return open(
                // The driver may throw as well as fail: within a stage both end in whenComplete.
                () -> session(configuration, driverConfig)
                        .thenCompose(session -> CompletableFuture.completedFuture(session)
                                .thenCompose(opened -> createKeyspace(opened, configuration))
                                .thenCompose(none -> OutboundTables.open(session, configuration.keyspace()))
                                .whenComplete((opened, failure) -> {
                                    if (failure != null) {
                                        session.forceCloseAsync();
                                    }
                                })));
    }

    private static CassandraConnection open(Supplier<CompletionStage<OutboundTables>> attempt) {
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(new ThreadFactoryBuilder()
                .setDaemon(true)
                .setNameFormat("authorized-outbounds-cassandra")
                .build());
        RetryPolicy<OutboundTables> untilOpen = RetryPolicy.<OutboundTables>builder()
                .withMaxRetries(-1)
                .withBackoff(FIRST_RETRY, LAST_RETRY)
                .onFailedAttempt(event -> LOGGER.warn(
                        "Cannot open the lists of authorized outbounds in Cassandra, outbound mail is deferred;"
                                + " trying again: {}",
                        String.valueOf(event.getLastException())))
                .build();
        return new CassandraConnection(Failsafe.with(untilOpen)
                .with(thread)
                .getStageAsync(attempt::get)
                .whenComplete((opened, failure) -> {
                    thread.shutdown();
                    if (failure == null) {
                        LOGGER.info("The lists of authorized outbounds in Cassandra are open");
                    }
                }));
    }

    private static CompletionStage<CqlSession> session(
            CassandraConfiguration configuration, DriverConfigLoader driverConfig) {
        CqlSessionBuilder builder = CqlSession.builder()
                // In extensions-jars the driver is not on the class path of the thread.
                .withClassLoader(CqlSession.class.getClassLoader())
                .withConfigLoader(driverConfig)
                .addContactPoints(configuration.nodes())
                .withLocalDatacenter(configuration.localDatacenter());
        configuration
                .credentials()
                .ifPresent(credentials -> builder.withAuthCredentials(credentials.user, credentials.password));
        return builder.buildAsync();
    }

    private static DriverConfigLoader driverConfig(Optional<File> file) {
        // What comes later wins: ours are defaults to what the operator wrote.
        String operators = file.map(path -> "include required(file(\"" + path.getAbsolutePath() + "\"))")
                .orElse("");
        return DriverConfigLoader.fromString(String.join(
                "\n",
                "datastax-java-driver {",
                "  basic.session-name = authorized-outbounds",
                "  advanced.reconnection-policy { base-delay = 1 second, max-delay = 5 seconds }",
                "  advanced.netty.daemon = true",
                // A member that does not answer is not waited for: another one is asked.
                "  advanced.speculative-execution-policy {",
                "    class = ConstantSpeculativeExecutionPolicy, max-executions = 3, delay = 100 milliseconds",
                "  }",
                "}",
                operators));
    }

    private static CompletionStage<Void> createKeyspace(CqlSession session, CassandraConfiguration configuration) {
        CqlIdentifier keyspace = configuration.keyspace();
        if (!configuration.createKeyspace()
                || session.getMetadata().getKeyspace(keyspace).isPresent()) {
            return CompletableFuture.completedFuture(null);
        }
        return OutboundTables.changeSchema(
                session,
                "CREATE KEYSPACE IF NOT EXISTS " + keyspace.asCql(true)
                        + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': "
                        + configuration.replicationFactor() + "}");
    }

    /** Reads or writes at LOCAL_QUORUM what may be tried twice; for the first page of the answer. */
    CompletionStage<AsyncResultSet> execute(Function<OutboundTables, Statement<?>> statement) {
        return tables().thenCompose(opened -> opened.session()
                .executeAsync(statement
                        .apply(opened)
                        .setConsistencyLevel(ConsistencyLevel.LOCAL_QUORUM)
                        .setIdempotent(true)));
    }

    /**
     * Reads likewise, row after row of each page.
     *
     * @param goOn whether a further page is asked for when there is one
     */
    CompletionStage<Void> read(
            Function<OutboundTables, Statement<?>> query, Consumer<Row> reader, BooleanSupplier goOn) {
        return execute(query).thenCompose(page -> readPages(page, reader, goOn));
    }

    private static CompletionStage<Void> readPages(AsyncResultSet page, Consumer<Row> reader, BooleanSupplier goOn) {
        page.currentPage().forEach(reader);
        return page.hasMorePages() && goOn.getAsBoolean()
                ? page.fetchNextPage().thenCompose(next -> readPages(next, reader, goOn))
                : CompletableFuture.completedFuture(null);
    }

    /** The tables; fails at once while Cassandra has not been reached yet. */
    CompletionStage<OutboundTables> tables() {
        return tables.isDone() ? tables : CompletableFuture.failedFuture(new StoreNotReachedException("Cassandra"));
    }
}
