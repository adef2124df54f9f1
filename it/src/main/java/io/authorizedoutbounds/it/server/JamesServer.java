// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.it.build.Build;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A real James 3.8 (the memory app, or made of it) with the drop-in as it is shipped, on ports of its own of 127.0.0.1.
 */
public final class JamesServer implements AutoCloseable {
    /** James's logback writes {@code io.authorizedoutbounds.james.Name} as {@code i.a.j.Name}. */
    private static final Pattern WARNING =
            Pattern.compile("(?m)^\\S+ \\[(?:WARN |ERROR)\\] i\\.a\\.\\w+\\.\\S+ - (.*)$");

    private static final Pattern HEAP_USED = Pattern.compile("generation +total \\d+K, used (\\d+)K");
    private static final Pattern THREAD = Pattern.compile("(?m)^\"");

    private final Path folder;
    private final ImmutableList<String> command;
    private final ImmutableMap<String, String> environment;
    private final int smtpPort;
    private final int submissionPort;
    private final int tlsSubmissionPort;
    private final int webAdminPort;
    private ServerProcess process;

    JamesServer(
            Path folder,
            ImmutableList<String> command,
            ImmutableMap<String, String> environment,
            int smtpPort,
            int submissionPort,
            int tlsSubmissionPort,
            int webAdminPort) {
        this.folder = folder;
        this.command = command;
        this.environment = environment;
        this.process = ServerProcess.start("james", folder, command, environment);
        this.smtpPort = smtpPort;
        this.submissionPort = submissionPort;
        this.tlsSubmissionPort = tlsSubmissionPort;
        this.webAdminPort = webAdminPort;
    }

    public static JamesServerBuilder builder() {
        return new JamesServerBuilder();
    }

    /** Looks at the log from a place on, since it is the same file after a restart. */
    JamesServer awaitStarted(int from) {
        process.awaitReady(() -> log().indexOf("JAMES server started", from) >= 0);
        return this;
    }

    /** Waits until the process ends by itself, and returns its status. */
    int awaitEnd() {
        return process.awaitEnd();
    }

    /** Ends it as an operator would. */
    void end() {
        process.end();
    }

    /** Changes a file of {@code conf/} before it is started again. */
    public void restart(String file, UnaryOperator<String> edit) {
        Path path = folder.resolve("conf").resolve(file);
        Build.write(path, edit.apply(Build.read(path)));
        restart();
    }

    /** Ends it as a crash would, and starts it again with what it has on disk. */
    public void restart() {
        process.kill();
        int logged = log().length();
        process = ServerProcess.start("james", folder, command, environment);
        awaitStarted(logged);
    }

    /** The folder of James, with {@code conf/} and {@code extensions-jars/}. */
    public Path folder() {
        return folder;
    }

    /** The port for other servers, as shipped 25. */
    public int smtpPort() {
        return smtpPort;
    }

    /** The port for users, STARTTLS and AUTH, as shipped 587. */
    public int submissionPort() {
        return submissionPort;
    }

    /** The port for users, TLS from the start and AUTH, as shipped 465. */
    public int tlsSubmissionPort() {
        return tlsSubmissionPort;
    }

    public int webAdminPort() {
        return webAdminPort;
    }

    /** All that it has logged until now. */
    public String log() {
        return process.log();
    }

    /**
     * What each of its threads does now: its name, its state, its stack and the locks that it holds, as the JDK's
     * {@code jcmd Thread.print} writes them. It answers while Cassandra is frozen.
     */
    public String threadDump() {
        return process.threadDump();
    }

    /**
     * What a server holds.
     *
     * @param heap    used bytes of the heap
     * @param threads of Java and of the JVM
     * @param sockets open, those that listen included
     */
    public record Footprint(long heap, long threads, long sockets) {}

    /** What it holds now, after a full collection. Needs Linux, and the serial collector ({@link JamesServerBuilder#heap}). */
    public Footprint footprint() {
        process.jcmd("GC.run");
        return new Footprint(
                HEAP_USED
                        .matcher(process.jcmd("GC.heap_info"))
                        .results()
                        .mapToLong(space -> Long.parseLong(space.group(1)) * 1024)
                        .sum(),
                THREAD.matcher(threadDump()).results().count(),
                process.sockets());
    }

    /** The messages that the extension has logged as WARN or ERROR until now. */
    public List<String> warnings() {
        return WARNING.matcher(log()).results().map(line -> line.group(1)).collect(Collectors.toList());
    }

    /** At once: the memory app has nothing to save, and its own stop takes two seconds a listener. */
    @Override
    public void close() {
        process.kill();
    }
}
