// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.CqlSessionBuilder;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.config.ProgrammaticDriverConfigLoaderBuilder;
import com.google.common.collect.ImmutableList;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.it.build.Build;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A real Cassandra, alone on 127.0.0.1 or one of three members. Its data outlive {@link #stop()} and {@link #kill()}. */
public final class CassandraServer implements AutoCloseable {
    private static final ImmutableList<String> EXPORTS = ImmutableList.of(
            "java.base/jdk.internal.misc",
            "java.base/jdk.internal.ref",
            "java.base/jdk.internal.util",
            "java.base/sun.nio.ch",
            "java.base/java.lang.ref",
            "java.management.rmi/com.sun.jmx.remote.internal.rmi",
            "java.rmi/sun.rmi.registry",
            "java.rmi/sun.rmi.server",
            "java.rmi/sun.rmi.transport.tcp",
            "java.sql/java.sql");
    private static final ImmutableList<String> OPENS = ImmutableList.of(
            "java.base/java.lang",
            "java.base/java.lang.module",
            "java.base/java.lang.reflect",
            "java.base/java.io",
            "java.base/java.math",
            "java.base/java.net",
            "java.base/java.nio",
            "java.base/java.util",
            "java.base/java.util.concurrent",
            "java.base/java.util.concurrent.atomic",
            "java.base/jdk.internal.loader",
            "java.base/jdk.internal.math",
            "java.base/jdk.internal.module",
            "java.base/jdk.internal.ref",
            "java.base/jdk.internal.reflect",
            "java.base/jdk.internal.util.jar",
            "java.base/sun.nio.ch",
            "jdk.management/com.sun.management.internal");

    /** A member that comes back gives up when no other one answers within twice this. */
    private static final int RING_DELAY_MILLIS = 10_000;

    /** Of a test's own requests: on a busy machine a change of the schema may take longer than the driver's two seconds. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);

    private static final ImmutableList<String> SMALL = ImmutableList.of("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC");

    /** With the quick compiler only, it starts in two thirds of the processor time. */
    private static final ImmutableList<String> QUICK_TO_START = ImmutableList.<String>builder()
            .addAll(SMALL)
            .add("-XX:TieredStopAtLevel=1")
            // Its agent would keep it from a class archive.
            .add("-XX:+UnlockDiagnosticVMOptions", "-XX:+AllowArchivingWithJavaAgent")
            .build();

    private final Path folder = Build.newServerFolder("cassandra");
    private final String address;
    private final int port;
    private final long token;
    private final int ringDelayMillis;
    private final Set<String> tombstonesAllowed = ConcurrentHashMap.newKeySet();
    private ImmutableList<String> jvm = ClassArchive.CASSANDRA.usedWith(QUICK_TO_START);
    private ServerProcess process;

    /** A server that is not started yet, on a port of its own. */
    public CassandraServer() {
        this("127.0.0.1", Build.freePort(), Build.freePort(), 0, 0);
    }

    private CassandraServer(String address, int port, int storagePort, long token, int ringDelayMillis) {
        this.address = address;
        this.port = port;
        this.token = token;
        this.ringDelayMillis = ringDelayMillis;
        String yaml = Build.read(Build.resource("cassandra/cassandra.yaml"))
                .replace("@ADDRESS@", address)
                .replace("@NATIVE_PORT@", Integer.toString(port))
                .replace("@STORAGE_PORT@", Integer.toString(storagePort));
        Build.write(folder.resolve("cassandra.yaml"), yaml);
    }

    /**
     * Three members of one cluster that are not started yet, on 127.0.0.1, .2 and .3, each with a third of the ring. They
     * start one after another, the first one, which is the seed, first.
     */
    public static ImmutableList<CassandraServer> clusterOfThree() {
        int port = Build.freePort();
        int storagePort = Build.freePort();
        return ImmutableList.of(
                new CassandraServer("127.0.0.1", port, storagePort, Long.MIN_VALUE + 1, RING_DELAY_MILLIS),
                new CassandraServer("127.0.0.2", port, storagePort, Long.MIN_VALUE / 3, RING_DELAY_MILLIS),
                new CassandraServer("127.0.0.3", port, storagePort, Long.MAX_VALUE / 3, RING_DELAY_MILLIS));
    }

    /** A server that is to run for long: it starts slower and runs quicker than one of a test. */
    public static CassandraServer asInProduction() {
        return withJvm(SMALL.toArray(new String[0]));
    }

    /** A server with these options of {@code java} in place of those that make it small and quick to start. */
    public static CassandraServer withJvm(String... options) {
        CassandraServer server = new CassandraServer();
        server.jvm = ImmutableList.copyOf(options);
        return server;
    }

    /**
     * A server that is not started again: it does not write each change of the schema to disk at once, which is most of what
     * a new keyspace costs.
     */
    public static CassandraServer startedOnce() {
        CassandraServer server = new CassandraServer();
        server.jvm = ImmutableList.<String>builder()
                .addAll(server.jvm)
                .add("-Dcassandra.test.flush_local_schema_changes=false")
                .build();
        return server;
    }

    /** Starts a server and ends it, so that the JVM writes its classes to a file. */
    static void archiveClasses(Path archive) {
        CassandraServer server = new CassandraServer();
        server.jvm = ClassArchive.writtenWith(QUICK_TO_START, archive);
        server.start().process.end();
    }

    /** Starts it and waits until it takes CQL. */
    public CassandraServer start() {
        List<String> classPath = Build.classPathOf("cassandra-server");
        String agent = classPath.stream()
                .filter(jar -> jar.contains("/jamm-"))
                .findFirst()
                .orElseThrow();
        ImmutableList.Builder<String> arguments = ImmutableList.<String>builder()
                .addAll(jvm)
                .add("-Djdk.attach.allowAttachSelf=true", "-Djava.security.manager=allow")
                .add("-javaagent:" + agent)
                .add("-Dcassandra.ring_delay_ms=" + ringDelayMillis, "-Dcassandra.skip_wait_for_gossip_to_settle=0")
                .add("-Dcassandra.initial_token=" + token)
                // Without it, Cassandra closes its standard output once it has started: that is where its log goes.
                .add("-Dcassandra-foreground=yes")
                .add("-Dcassandra.config=file://" + folder.resolve("cassandra.yaml"))
                .add("-Dcassandra.storagedir=" + folder)
                .add("-Dlogback.configurationFile=" + Build.resource("cassandra/logback.xml"));
        EXPORTS.forEach(exported -> arguments.add("--add-exports", exported + "=ALL-UNNAMED"));
        OPENS.forEach(opened -> arguments.add("--add-opens", opened + "=ALL-UNNAMED"));
        arguments.add("-cp", String.join(":", classPath), "org.apache.cassandra.service.CassandraDaemon");
        process = ServerProcess.start("cassandra", folder, arguments.build());
        process.awaitConnections(socketAddress());
        return this;
    }

    /** Where it takes CQL, as {@code cassandra.nodes} names it. */
    public String hostAndPort() {
        return address + ":" + port;
    }

    /** The port of CQL. */
    public int port() {
        return port;
    }

    /** A session of the driver for who needs no keyspace; it knows no table. */
    public CqlSessionBuilder sessionBuilder() {
        return sessionBuilder(options().withBoolean(DefaultDriverOption.METADATA_SCHEMA_ENABLED, false));
    }

    /** A session of the driver in a keyspace; it knows no other one, which spares it the tables of all other tests. */
    public CqlSessionBuilder sessionBuilder(String keyspace) {
        return sessionBuilder(options()
                        .withStringList(DefaultDriverOption.METADATA_SCHEMA_REFRESHED_KEYSPACES, List.of(keyspace)))
                .withKeyspace(keyspace);
    }

    private CqlSessionBuilder sessionBuilder(ProgrammaticDriverConfigLoaderBuilder options) {
        return CqlSession.builder()
                .addContactPoint(socketAddress())
                .withLocalDatacenter("datacenter1")
                .withConfigLoader(options.build());
    }

    /** It is patient, but does not wait a second after each change of the schema, nor two when it is closed. */
    private static ProgrammaticDriverConfigLoaderBuilder options() {
        return DriverConfigLoader.programmaticBuilder()
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, REQUEST_TIMEOUT)
                // Cassandra writes the trace of a query after its answer.
                .withInt(DefaultDriverOption.REQUEST_TRACE_ATTEMPTS, 200)
                .withDuration(DefaultDriverOption.REQUEST_TRACE_INTERVAL, Duration.ofMillis(50))
                .withDuration(DefaultDriverOption.METADATA_SCHEMA_WINDOW, Duration.ofMillis(10))
                .withInt(DefaultDriverOption.NETTY_IO_SHUTDOWN_QUIET_PERIOD, 0)
                .withInt(DefaultDriverOption.NETTY_ADMIN_SHUTDOWN_QUIET_PERIOD, 0);
    }

    /** Where it takes CQL. */
    public InetSocketAddress socketAddress() {
        return new InetSocketAddress(InetAddresses.forString(address), port);
    }

    /** All that it has logged until now. */
    public String log() {
        return process == null ? "" : process.log();
    }

    /** Stops it where it stands: connections stay open and get no answer. */
    public void freeze() {
        process.freeze();
    }

    /** The end of {@link #freeze()}. */
    public void thaw() {
        process.thaw();
    }

    /** Ends the process at once, as a power cut does. */
    public void kill() {
        process.kill();
    }

    /** Ends the process; {@link #start()} brings the same data back. */
    public void stop() {
        if (process != null) {
            process.close();
        }
    }

    /** The lines of its log about reads of the extension's tables in a keyspace that met many tombstones. */
    public ImmutableList<String> tombstoneWarnings(String keyspace) {
        return TombstoneWarnings.in(log(), keyspace::equals);
    }

    /** For who makes many tombstones in a keyspace on purpose, or looks for {@link #tombstoneWarnings} itself. */
    public CassandraServer allowTombstones(String keyspace) {
        tombstonesAllowed.add(keyspace);
        return this;
    }

    /**
     * Ends the process.
     *
     * @throws IllegalStateException if a read of the extension's tables met many tombstones, but for the keyspaces that
     *                               {@linkplain #allowTombstones may} have them
     */
    @Override
    public void close() {
        stop();
        ImmutableList<String> warnings = TombstoneWarnings.in(log(), keyspace -> !tombstonesAllowed.contains(keyspace));
        if (!warnings.isEmpty()) {
            throw new IllegalStateException(warnings.size()
                    + " reads met many tombstones, by the log of Cassandra. The first: " + warnings.get(0));
        }
    }
}
