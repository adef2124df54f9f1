// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.build;

import com.google.common.base.Splitter;
import com.google.common.collect.Iterables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/** Where Maven has put what the servers are started from. */
public final class Build {
    private static final Path IT = moduleFolder();
    private static final int MIN_PORT = 10_000;
    private static final int MAX_PORT = 32_000;
    private static final Set<Integer> GIVEN_PORTS = ConcurrentHashMap.newKeySet();

    private Build() {}

    private static Path moduleFolder() {
        try {
            return Path.of(Build.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .getParent()
                    .getParent();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The jars that Maven has resolved for a server. */
    public static List<String> classPathOf(String server) {
        return Splitter.on(':').splitToList(read(classPathFileOf(server)).trim());
    }

    /** Where Maven has written these jars; it changes with them. */
    public static Path classPathFileOf(String server) {
        return targetOf(server).resolve("classpath.txt");
    }

    /** The classes that this project has made for a server. */
    public static Path classesOf(String server) {
        return targetOf(server).resolve("classes");
    }

    /** Libraries of James 3.9.0, which as a whole cannot be resolved. */
    public static List<Path> librariesOfJames390() {
        try (Stream<Path> jars = Files.list(target().resolve("james-3.9.0"))) {
            return jars.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("Run 'mvn package' first", e);
        }
    }

    private static Path targetOf(String server) {
        return IT.resolve(server).resolve("target");
    }

    /** The drop-in, as a deployer unpacks it. */
    public static Path dropIn() {
        return IT.resolveSibling("james-config").resolve("target").resolve("authorized-outbounds");
    }

    /** The jar of the drop-in, the only one in its folder. */
    public static Path dropInJar() {
        return onlyFile(dropIn().resolve("extensions-jars"), "authorized-outbounds-*.jar");
    }

    /** The zip of the drop-in. */
    public static Path dropInZip() {
        return onlyFile(dropIn().getParent(), "authorized-outbounds-*.zip");
    }

    private static Path onlyFile(Path folder, String glob) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
            return Iterables.getOnlyElement(files);
        } catch (IOException e) {
            throw new UncheckedIOException("Run 'mvn package' first", e);
        }
    }

    /** The folder for what tests make. */
    public static Path target() {
        return IT.resolve("target");
    }

    /** The root of this repository. */
    public static Path repository() {
        return IT.getParent();
    }

    /** A new folder for one server to live in. */
    public static Path newServerFolder(String name) {
        try {
            Path servers = Files.createDirectories(target().resolve("servers"));
            return Files.createTempDirectory(servers, name + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Path resource(String name) {
        return IT.resolve("src").resolve("main").resolve("resources").resolve(name);
    }

    /** A file as text. */
    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("Run 'mvn package' first", e);
        }
    }

    /** Replaces a file. */
    public static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Copies a folder over another; what both have is replaced. */
    public static void copyFolder(Path from, Path to) {
        try {
            Files.walkFileTree(from, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
                        throws IOException {
                    Files.createDirectories(to.resolve(from.relativize(folder)));
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A shared library of a Debian package. */
    public static Path library(String name) {
        try (Stream<Path> architectures = Files.list(Path.of("/usr/lib"))) {
            return architectures
                    .map(architecture -> architecture.resolve(name))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("There is no " + name + ": ./verify installs it"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A TCP port of 127.0.0.1 that nobody listens on; not one of those that the system gives to outgoing connections,
     * which could take it before the server does.
     */
    public static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(MIN_PORT, MAX_PORT);
            if (!GIVEN_PORTS.add(port)) {
                // A server of this run may be about to take it.
                continue;
            }
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Taken: the next one.
            }
        }
    }
}
