// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.server.JamesServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs a shell block of a document as a reader would paste it, and holds each command to what the comment after it says:
 * {@code # 204} a status of HTTP, or of swaks the reply to RCPT; {@code # 200: text} likewise, with the text in the answer;
 * {@code # output: text}; {@code # no output}. A command without a comment is to end well.
 *
 * <p>A command begins at the beginning of a line and goes on in those that are indented, and in {@code done}.
 */
final class DocumentedCommands {
    private static final Pattern EXPECTATION = Pattern.compile("(?s)(.*?) +# (?:(\\d{3})|(no )?output)(?:: (.+))?");
    private static final String RESTART = "# Restart James.";

    /** Commands that are run one after another, in one shell. */
    private record Step(List<String> commands, boolean restart) {}

    private final Path folder;
    private final Path james;
    private final UnaryOperator<String> addresses;
    private final Runnable restart;

    /**
     * Runs commands in a folder.
     *
     * @param james     {@code $JAMES}
     * @param addresses replaces James's addresses as shipped by those of this James
     * @param restart   starts James again
     */
    DocumentedCommands(Path folder, Path james, UnaryOperator<String> addresses, Runnable restart) {
        this.folder = folder;
        this.james = james;
        this.addresses = addresses;
        this.restart = restart;
    }

    /** Replaces the addresses of James as shipped by those of this one. */
    static UnaryOperator<String> addressesOf(JamesServer james) {
        return command -> command.replace("http://localhost:8000", "http://127.0.0.1:" + james.webAdminPort())
                .replace("localhost:25", "127.0.0.1:" + james.smtpPort());
    }

    /** Whether the block starts James. */
    static boolean restarts(Documents.Block block) {
        return block.text().contains(RESTART + "\n");
    }

    void run(Documents.Block block) {
        for (Step step : steps(block)) {
            if (step.restart()) {
                restart.run();
            }
            run(block, step.commands());
        }
    }

    /** The first has no restart before it, and may be empty. */
    private static List<Step> steps(Documents.Block block) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(new ArrayList<>(), false));
        for (String line : block.text().split("\n", -1)) {
            List<String> commands = steps.get(steps.size() - 1).commands();
            if (line.equals(RESTART)) {
                steps.add(new Step(new ArrayList<>(), true));
            } else if (line.startsWith("#")) {
                throw new AssertionError(block + ": no use of this comment is known: " + line);
            } else if (line.startsWith(" ") || line.startsWith("done")) {
                commands.set(commands.size() - 1, commands.get(commands.size() - 1) + "\n" + line);
            } else if (!line.isBlank()) {
                commands.add(line);
            }
        }
        return steps;
    }

    private void run(Documents.Block block, List<String> commands) {
        StringBuilder script = new StringBuilder("set -o pipefail\n");
        List<Path> outputs = new ArrayList<>();
        for (String command : commands) {
            Path output = folder.resolve("output-" + block.line() + "-" + outputs.size());
            outputs.add(output);
            Matcher expectation = EXPECTATION.matcher(command);
            String bare = expectation.matches() ? expectation.group(1) : command;
            script.append("{ ")
                    .append(addresses.apply(bare))
                    .append("\n} > '")
                    .append(output)
                    .append("' 2>&1; echo $? > '")
                    .append(output)
                    .append(".status'\n");
        }
        bash(script.toString());
        for (int i = 0; i < commands.size(); i++) {
            Path status = outputs.get(i).resolveSibling(outputs.get(i).getFileName() + ".status");
            verify(
                    block + ": " + commands.get(i),
                    commands.get(i),
                    Build.read(outputs.get(i)),
                    Files.exists(status) ? Build.read(status).trim() : "the end of the shell");
        }
    }

    private void bash(String script) {
        try {
            ProcessBuilder builder = new ProcessBuilder("bash", "-c", script)
                    .directory(folder.toFile())
                    .redirectErrorStream(true);
            builder.environment().put("JAMES", james.toString());
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            assertThat(output).as("what bash says of %s", script).isEmpty();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void verify(String description, String command, String output, String status) {
        Matcher expectation = EXPECTATION.matcher(command);
        if (!expectation.matches()) {
            assertThat(status).as("%s: %s", description, output).isEqualTo("0");
            return;
        }
        String code = expectation.group(2);
        if (code != null) {
            assertThat(output)
                    .as(description)
                    .containsPattern("(?m)^(HTTP/1\\.1 | -> RCPT TO:.*\\R(<-  |<\\*\\* ))" + code + " ");
        } else {
            assertThat(status).as("%s: %s", description, output).isEqualTo("0");
        }
        if (expectation.group(3) != null) {
            assertThat(output).as(description).isEmpty();
        }
        if (expectation.group(4) != null) {
            assertThat(output).as(description).contains(expectation.group(4));
        }
    }
}
