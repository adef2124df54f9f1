// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.CqlSessionBuilder;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import io.authorizedoutbounds.policy.StoreNotReachedException;
import java.io.File;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to Cassandra: opened in the background and retried until it is open. Thread-safe.
 *
 * <p>Once it is open, the driver itself reconnects after an outage.
 */
public class CassandraConnection {
    private static final Logger LOGGER = LoggerFactory.getLogger(CassandraConnection.class);
    private static final Duration MIN_RETRY_DELAY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY_DELAY = Duration.ofSeconds(5);

    private final CompletableFuture<OutboundDaos> daos;

    private CassandraConnection(CompletableFuture<OutboundDaos> daos) {
        this.daos = daos;
    }

    /** Uses the session of James, in its keyspace. */
    public static CassandraConnection shared(CqlSession session) {
        CqlIdentifier keyspace = session.getKeyspace()
                .orElseThrow(() -> new IllegalArgumentException("The Cassandra session of James has no keyspace"));
        LOGGER.info("Lists of authorized outbounds are in keyspace {}, over the Cassandra session of James", keyspace);
        return open(() -> OutboundDaos.open(session, keyspace));
    }

    /** Opens a session for the extension alone. */
    public static CassandraConnection own(CassandraConfiguration configuration) {
        return own(configuration, "");
    }

    /**
     * Opens a session for the extension alone.
     *
     * @param driverConfiguration the driver's {@code cassandra-driver.conf}
     */
    public static CassandraConnection own(CassandraConfiguration configuration, File driverConfiguration) {
        return own(configuration, "include required(file(\"" + driverConfiguration.getAbsolutePath() + "\"))");
    }

    private static CassandraConnection own(CassandraConfiguration configuration, String driverOptions) {
        LOGGER.info(
                "Lists of authorized outbounds are in keyspace {} of Cassandra at {}, over a session of their own",
                configuration.keyspace(),
                configuration.nodes());
        DriverConfigLoader driverConfig = driverConfig(driverOptions);
        return open(
                // The driver may throw as well as fail: within a stage both end in whenComplete.
                () -> session(configuration, driverConfig)
                        .thenCompose(session -> CompletableFuture.completedFuture(session)
                                .thenCompose(opened -> createKeyspace(opened, configuration))
                                .thenCompose(none -> OutboundDaos.open(session, configuration.keyspace()))
                                .whenComplete((opened, failure) -> {
                                    if (failure != null) {
                                        session.forceCloseAsync();
                                    }
                                })));
    }

    private static CassandraConnection open(Supplier<CompletionStage<OutboundDaos>> attempt) {
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(new ThreadFactoryBuilder()
                .setDaemon(true)
                .setNameFormat("authorized-outbounds-cassandra")
                .build());
        RetryPolicy<OutboundDaos> untilOpen = RetryPolicy.<OutboundDaos>builder()
                .withMaxRetries(-1)
                .withBackoff(MIN_RETRY_DELAY, MAX_RETRY_DELAY)
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

    private static DriverConfigLoader driverConfig(String driverOptions) {
        // The last value of a key wins: these are defaults, and the options of the operator follow them.
        return DriverConfigLoader.fromString(String.join(
                "\n",
                "datastax-java-driver {",
                "  basic.session-name = authorized-outbounds",
                "  advanced.reconnection-policy { base-delay = 1 second, max-delay = 5 seconds }",
                // A connection that a firewall has lost is found in six seconds, not in half a minute.
                "  advanced.heartbeat { interval = 3 seconds, timeout = 3 seconds }",
                "  advanced.netty.daemon = true",
                // When a member does not answer in time, another one is queried.
                "  advanced.speculative-execution-policy {",
                "    class = ConstantSpeculativeExecutionPolicy, max-executions = 3, delay = 100 milliseconds",
                "  }",
                "}",
                driverOptions));
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

    /** The DAOs; fails at once while Cassandra has not been reached yet. */
    CompletionStage<OutboundDaos> daos() {
        return daos.isDone() ? daos : CompletableFuture.failedFuture(new StoreNotReachedException("Cassandra"));
    }
}
