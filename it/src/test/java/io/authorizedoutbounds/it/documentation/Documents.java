// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import com.google.common.base.Splitter;
import io.authorizedoutbounds.it.build.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The Markdown files of this repository and their fenced blocks. */
final class Documents {
    private static final Pattern FENCE = Pattern.compile("```(.*)");
    private static final Pattern HEADING = Pattern.compile("(#+) (.*)");

    /**
     * A fenced block.
     *
     * @param document path of the file in the repository
     * @param section  the nearest heading of the second level before it; empty before the first one
     * @param line     number of its fence
     */
    record Block(String document, String section, int line, String language, String text) {
        boolean isIn(String otherDocument, String otherSection) {
            return document.equals(otherDocument) && section.equals(otherSection);
        }

        /** Without indentation and blank lines. */
        List<String> lines() {
            return Documents.lines(text);
        }

        @Override
        public String toString() {
            return document + ":" + line + " (" + language + ")";
        }
    }

    private Documents() {}

    /** Their paths in the repository, sorted. */
    static List<String> all() {
        Path repository = Build.repository();
        try (Stream<Path> root = Files.list(repository);
                Stream<Path> docs = Files.walk(repository.resolve("docs"))) {
            return Stream.concat(root, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .map(file -> repository.relativize(file).toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(String document) {
        return Build.read(Build.repository().resolve(document));
    }

    static List<Block> blocks() {
        return all().stream().flatMap(document -> blocksOf(document).stream()).toList();
    }

    static List<Block> blocks(String language) {
        return blocks().stream()
                .filter(block -> block.language().equals(language))
                .toList();
    }

    private static List<Block> blocksOf(String document) {
        List<Block> blocks = new ArrayList<>();
        List<String> lines = Splitter.on('\n').splitToList(read(document));
        String section = "";
        for (int i = 0; i < lines.size(); i++) {
            Matcher heading = HEADING.matcher(lines.get(i));
            Matcher fence = FENCE.matcher(lines.get(i));
            if (heading.matches() && heading.group(1).equals("##")) {
                section = heading.group(2);
            } else if (fence.matches()) {
                int start = i;
                StringBuilder text = new StringBuilder();
                for (i++; !lines.get(i).equals("```"); i++) {
                    text.append(lines.get(i)).append('\n');
                }
                blocks.add(new Block(document, section, start + 1, fence.group(1), text.toString()));
            }
        }
        return blocks;
    }

    /** The document without its blocks. */
    static String prose(String document) {
        return read(document).replaceAll("(?ms)^```.*?^```$", "");
    }

    /** Names of its headings as links have them. */
    static List<String> anchors(String document) {
        return prose(document)
                .lines()
                .map(HEADING::matcher)
                .filter(Matcher::matches)
                .map(heading -> heading.group(2)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 _-]", "")
                        .replace(' ', '-'))
                .toList();
    }

    /** Without indentation and blank lines. */
    static List<String> lines(String text) {
        return Splitter.on('\n').trimResults().omitEmptyStrings().splitToList(text);
    }
}
