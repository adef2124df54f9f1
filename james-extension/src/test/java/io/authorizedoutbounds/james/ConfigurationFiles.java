// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.configuration2.Configuration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.server.core.configuration.Configuration.ConfigurationPath;
import org.apache.james.utils.PropertiesProvider;

/** Files of {@code conf/} as James itself reads them. */
public final class ConfigurationFiles {
    private static final String WRITTEN = "written-by-a-test";

    private ConfigurationFiles() {}

    /** The file of the directory, whose name is given without its ending. */
    public static Configuration read(Path directory, String name) {
        try {
            return new PropertiesProvider(new DirectoryFileSystem(directory), new ConfigurationPath(""))
                    .getConfiguration(name);
        } catch (FileNotFoundException | ConfigurationException e) {
            throw new IllegalStateException("Cannot read " + name + ".properties of " + directory, e);
        }
    }

    /**
     * A file with these lines.
     *
     * @param directory where to write it
     */
    public static Configuration write(Path directory, String... lines) {
        try {
            Files.write(directory.resolve(WRITTEN + ".properties"), List.of(lines), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return read(directory, WRITTEN);
    }

    private static final class DirectoryFileSystem implements FileSystem {
        private final Path directory;

        private DirectoryFileSystem(Path directory) {
            this.directory = directory;
        }

        @Override
        public InputStream getResource(String url) throws IOException {
            return Files.newInputStream(getFile(url).toPath());
        }

        @Override
        public File getFile(String url) {
            return directory.resolve(url).toFile();
        }

        @Override
        public File getBasedir() {
            return directory.toFile();
        }
    }
}
