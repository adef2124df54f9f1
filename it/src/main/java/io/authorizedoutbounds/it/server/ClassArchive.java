// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.it.build.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The classes of a server, loaded and verified once for all tests: class data sharing of the JVM. With it, James starts in
 * half the processor time. Without it, or when it is not of their class path, servers start as usual.
 */
public final class ClassArchive {
    /** Of the memory app; its jars come first in the class path of the other apps. */
    static final ClassArchive JAMES = new ClassArchive("james-server");

    static final ClassArchive CASSANDRA = new ClassArchive("cassandra-server");

    private final Path file;
    private final Path classPath;

    private ClassArchive(String server) {
        this.file = Build.target().resolve(server + ".jsa");
        this.classPath = Build.classPathFileOf(server);
    }

    /** Writes the archives that are missing or out of date; Maven runs it before the integration tests. */
    public static void main(String[] arguments) {
        CompletableFuture<Void> cassandra =
                CompletableFuture.runAsync(() -> CASSANDRA.write(CassandraServer::archiveClasses));
        JAMES.write(draft -> JamesServer.builder().archiveClasses(draft));
        cassandra.join();
    }

    private void write(Consumer<Path> server) {
        try {
            if (Files.exists(file) && isNewer(file, classPath)) {
                return;
            }
            // A server that starts meanwhile must not find half of it.
            Path draft = file.resolveSibling(file.getFileName() + ".draft");
            server.accept(draft);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isNewer(Path file, Path other) throws IOException {
        return Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(other)) > 0;
    }

    /** These options of {@code java}, and those that use the archive if it is there. */
    ImmutableList<String> usedWith(ImmutableList<String> options) {
        return Files.exists(file) ? append(options, "-XX:SharedArchiveFile=" + file) : options;
    }

    /** These options of {@code java}, and those that write an archive when the process ends. */
    static ImmutableList<String> writtenWith(ImmutableList<String> options, Path file) {
        // Thousands of classes cannot be archived, and each is a warning.
        return append(options, "-XX:ArchiveClassesAtExit=" + file, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
    }

    private static ImmutableList<String> append(ImmutableList<String> options, String... more) {
        return ImmutableList.<String>builder().addAll(options).add(more).build();
    }
}
