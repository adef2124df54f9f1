// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.it.build.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Debian's Postfix with rule 1 in lmdb tables, apart from the one of the machine: configuration, queue, log and port are
 * its own. It starts only as root.
 */
public final class PostfixServer implements AutoCloseable {
    private static final String MASTER = "/usr/lib/postfix/sbin/master";
    private static final String CLASS = "outbounds_";

    private final Path folder = Build.newServerFolder("postfix");
    private final Path conf = folder.resolve("conf");
    private final int port = Build.freePort();
    private ServerProcess process;

    /** A server that is not started yet. Each of the domains lists the address; all other domains are external. */
    public PostfixServer(List<String> domains, String address) {
        ImmutableList.Builder<String> classes = ImmutableList.builder();
        ImmutableList.Builder<String> definitions = ImmutableList.builder();
        ImmutableList.Builder<String> senders = ImmutableList.builder();
        try {
            // Its processes run as a user of their own.
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.createDirectories(conf);
            Files.createDirectories(folder.resolve("queue"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int i = 0; i < domains.size(); i++) {
            Path table = conf.resolve(CLASS + i);
            Build.write(table, address + " OK\n");
            classes.add(CLASS + i);
            definitions.add(CLASS + i + " = check_client_access lmdb:" + table + ", defer");
            senders.add(domains.get(i) + " " + CLASS + i);
        }
        Build.write(conf.resolve("senders"), lines(senders.build()));
        Build.write(
                conf.resolve("main.cf"),
                Build.read(Build.resource("postfix/main.cf"))
                        .replace("@FOLDER@", folder.toString())
                        .replace("@DOMAINS@", String.join(", ", domains))
                        .replace("@CLASSES@", String.join(", ", classes.build()))
                        .replace("@CLASS_DEFINITIONS@", lines(definitions.build())));
        Build.write(
                conf.resolve("master.cf"),
                Build.read(Build.resource("postfix/master.cf")).replace("@PORT@", Integer.toString(port)));
        run(ImmutableList.<String>builder()
                .add("postmap", "-c", conf.toString(), "lmdb:" + conf.resolve("senders"))
                .addAll(classes.build().stream()
                        .map(name -> "lmdb:" + conf.resolve(name))
                        .collect(Collectors.toList()))
                .build());
    }

    private static String lines(List<String> lines) {
        return String.join("\n", lines) + "\n";
    }

    /** Starts it and waits until it takes connections. */
    public PostfixServer start() {
        // Makes the folders of the queue.
        run(List.of("postfix", "-c", conf.toString(), "check"));
        // Not "postfix start-fg", which is a shell around it and does not pass on the signal that ends it.
        process = ServerProcess.startProgram(
                "postfix-master", folder, List.of(MASTER, "-c", conf.toString(), "-s"), ImmutableMap.of());
        process.awaitConnections(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return this;
    }

    private void run(List<String> command) {
        Path output = folder.resolve("commands.log");
        try {
            int status = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IllegalStateException(
                        String.join(" ", command) + " answered " + status + ":\n" + Build.read(output));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Postfix is Debian's packages postfix and postfix-lmdb", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The port of SMTP on 127.0.0.1. */
    public int port() {
        return port;
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
