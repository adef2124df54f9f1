// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;

/** A real Cassandra of one member on 127.0.0.1. Its data outlive {@link #stop()}. */
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

    private final Path folder = Build.newServerFolder("cassandra");
    private final int port = Build.freePort();
    private ServerProcess process;

    /** A server that is not started yet, on a port of its own. */
    public CassandraServer() {
        String yaml = Build.read(Build.resource("cassandra/cassandra.yaml"))
                .replace("@NATIVE_PORT@", Integer.toString(port))
                .replace("@STORAGE_PORT@", Integer.toString(Build.freePort()));
        Build.write(folder.resolve("cassandra.yaml"), yaml);
    }

    /** Starts it and waits until it takes CQL. */
    public CassandraServer start() {
        List<String> classPath = Build.classPathOf("cassandra-server");
        String agent = classPath.stream()
                .filter(jar -> jar.contains("/jamm-"))
                .findFirst()
                .orElseThrow();
        ImmutableList.Builder<String> arguments = ImmutableList.<String>builder()
                .add("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC")
                .add("-Djdk.attach.allowAttachSelf=true", "-Djava.security.manager=allow")
                .add("-javaagent:" + agent)
                .add("-Dcassandra.ring_delay_ms=0", "-Dcassandra.skip_wait_for_gossip_to_settle=0")
                .add("-Dcassandra.initial_token=0")
                .add("-Dcassandra.config=file://" + folder.resolve("cassandra.yaml"))
                .add("-Dcassandra.storagedir=" + folder)
                .add("-Dlogback.configurationFile=" + Build.resource("cassandra/logback.xml"));
        EXPORTS.forEach(exported -> arguments.add("--add-exports", exported + "=ALL-UNNAMED"));
        OPENS.forEach(opened -> arguments.add("--add-opens", opened + "=ALL-UNNAMED"));
        arguments.add("-cp", String.join(":", classPath), "org.apache.cassandra.service.CassandraDaemon");
        process = ServerProcess.start("cassandra", folder, arguments.build());
        process.awaitReady(this::takesConnections);
        return this;
    }

    private boolean takesConnections() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The port of CQL. */
    public int port() {
        return port;
    }

    /** Stops it where it stands: connections stay open and get no answer. */
    public void freeze() {
        process.freeze();
    }

    /** The end of {@link #freeze()}. */
    public void thaw() {
        process.thaw();
    }

    /** Ends the process; {@link #start()} brings the same data back. */
    public void stop() {
        if (process != null) {
            process.close();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
