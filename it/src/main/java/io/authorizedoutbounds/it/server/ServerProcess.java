// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A program as a process of its own, whose output goes to a file. Ends with this JVM at the latest. */
final class ServerProcess implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(3);

    private final String name;
    private final Process process;
    private final Path log;
    private final Thread reaper;

    private ServerProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.reaper = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(reaper);
    }

    /** Starts {@code java} with the arguments in the folder. */
    static ServerProcess start(String name, Path folder, List<String> arguments) {
        return start(name, folder, arguments, ImmutableMap.of());
    }

    /** The same with more variables of the environment. */
    static ServerProcess start(
            String name, Path folder, List<String> arguments, ImmutableMap<String, String> environment) {
        return startProgram(
                name,
                folder,
                ImmutableList.<String>builder()
                        .add(Path.of(System.getProperty("java.home"), "bin", "java")
                                .toString())
                        .addAll(arguments)
                        .build(),
                environment);
    }

    /** Starts another program than {@code java} in the folder. */
    static ServerProcess startProgram(
            String name, Path folder, List<String> command, ImmutableMap<String, String> environment) {
        Path log = folder.resolve(name + ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(environment);
            return new ServerProcess(name, builder.start(), log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the server is ready; fails with its log when it ends before. */
    void awaitReady(BooleanSupplier ready) {
        Awaitility.await(name + " to be ready, see " + log)
                .atMost(START)
                .pollInterval(Duration.ofMillis(200))
                .failFast(name + " ended before it was ready", () -> {
                    if (!process.isAlive()) {
                        throw new IllegalStateException(log());
                    }
                })
                .until(ready::getAsBoolean);
    }

    /** Waits until the server takes connections. */
    void awaitConnections(InetSocketAddress address) {
        awaitReady(() -> {
            try (Socket socket = new Socket()) {
                socket.connect(address, 1000);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }

    /** Waits until the process has ended by itself and returns its status. */
    int awaitEnd() {
        Awaitility.await(name + " to end, see " + log).atMost(START).until(() -> !process.isAlive());
        return process.exitValue();
    }

    String log() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the threads of a Java program do now; it must not be frozen. */
    String threadDump() {
        return jcmd("Thread.print", "-l");
    }

    /** What the JDK's {@code jcmd} says of a Java program, which must not be frozen. */
    String jcmd(String... command) {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        try {
            Process started = new ProcessBuilder(ImmutableList.<String>builder()
                            .add(jcmd, Long.toString(process.pid()))
                            .add(command)
                            .build())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = started.waitFor();
            if (status != 0) {
                throw new IllegalStateException("jcmd answered " + status + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** How many sockets it has open; of Linux. */
    long sockets() {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return files.filter(ServerProcess::isSocket).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isSocket(Path file) {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (IOException e) {
            // Closed meanwhile.
            return false;
        }
    }

    /** Stops the process where it stands (SIGSTOP): its sockets stay open and answer nothing. */
    void freeze() {
        signal("STOP");
    }

    /** Lets a frozen process go on. */
    void thaw() {
        signal("CONT");
    }

    private void signal(String signal) {
        try {
            int status = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IllegalStateException("kill -" + signal + " answered " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Ends the process at once. */
    void kill() {
        process.destroyForcibly();
        awaitEnd();
        removeShutdownHook();
    }

    /** Asks the process to end, and waits until it has. */
    void end() {
        process.destroy();
        awaitEnd();
        removeShutdownHook();
    }

    /** Asks the process to end, and ends it after ten seconds. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(10, TimeUnit.SECONDS)) {
                removeShutdownHook();
            } else {
                kill();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            kill();
        }
    }

    private void removeShutdownHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException e) {
            // The JVM is on its way down: the hook has run.
        }
    }
}
