// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Random dialogues and PROXY headers of a client that is not listed, to a real James. {@code -Dfuzz.dialogues} is how many, and
 * {@code -Dfuzz.seed} repeats a failure.
 */
class SmtpFuzzIntegrationTest {
    private static final int DIALOGUES = Integer.getInteger("fuzz.dialogues", 400);
    private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";

    /** What James answers to a recipient that it takes. No user exists, so it takes none but by relaying. */
    private static final String RECIPIENT_OK = "250 2.1.5";

    private static final byte[] PROXY_2 = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

    private static JamesServer james;
    private static String domain;

    @RegisterExtension
    static final JamesExtension SERVERS = SmtpJames.shared();

    @BeforeAll
    static void useServers(JamesServer server, WebAdmin webAdmin) {
        james = server;
        domain = webAdmin.addDomainListing(LISTED);
    }

    @Test
    void noRecipientOfAnUnlistedClientShouldBeTakenAndNoneBeLeftHanging() {
        Random random = new Random(SEED);
        for (int i = 0; i < DIALOGUES; i++) {
            boolean proxied = random.nextInt(4) == 0;
            byte[] dialogue = proxied ? proxiedDialogue(random) : dialogue(random);

            List<String> replies = replies(proxied ? SmtpJames.PROXY_PORT : james.smtpPort(), dialogue);

            assertThat(replies)
                    .as("seed %d, dialogue %d: %s", SEED, i, new String(dialogue, StandardCharsets.ISO_8859_1))
                    .noneMatch(reply -> reply.startsWith(RECIPIENT_OK))
                    .filteredOn(reply -> reply.startsWith("451"))
                    .allMatch(reply -> reply.matches("[ -~]{0,510}"));
        }
        assertThat(james.log()).doesNotContain("Cannot judge a command");
        assertListedClientPasses();
    }

    private static void assertListedClientPasses() {
        try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
            client.mail("user@" + domain);
            assertThat(client.rcpt("someone@elsewhere.example.org")).startsWith(RECIPIENT_OK);
        }
    }

    /** All that is answered until James closes the connection; fails when it takes longer than the client waits. */
    private static List<String> replies(int port, byte[] dialogue) {
        List<String> replies = new ArrayList<>();
        try (SmtpClient client = SmtpClient.connect(UNLISTED, port, line -> {})) {
            client.write(dialogue);
            client.endOfInput();
            for (String reply = client.reply(); !reply.isEmpty(); reply = client.reply()) {
                replies.add(reply);
            }
        } catch (UncheckedIOException e) {
            // James may close it before all is written. A SocketTimeoutException is no SocketException.
            assertThat(e).hasCauseInstanceOf(SocketException.class);
        }
        return replies;
    }

    private static byte[] dialogue(Random random) {
        StringBuilder dialogue = new StringBuilder(one(random, "EHLO x\r\n", "EHLO x\r\n", "EHLO x\r\n", ""));
        IntStream.range(0, 2 + random.nextInt(8)).forEach(i -> dialogue.append(line(random)));
        return dialogue.append("QUIT\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] proxiedDialogue(Random random) {
        byte[] header = random.nextBoolean() ? proxyLine(random) : proxyBytes(random);
        byte[] dialogue = ("EHLO x\r\nMAIL FROM:<user@" + domain + ">\r\nRCPT TO:<x@y.example>\r\nQUIT\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] both = Arrays.copyOf(header, header.length + dialogue.length);
        System.arraycopy(dialogue, 0, both, header.length, dialogue.length);
        return both;
    }

    private static byte[] proxyLine(Random random) {
        String header = String.join(
                one(random, " ", " ", "  ", "\t", ""),
                one(random, "PROXY", "PROXY", "proxy", "PROXY PROXY"),
                one(random, "TCP4", "TCP6", "UNKNOWN", "UDP4", ""),
                one(random, UNLISTED, "::ffff:" + UNLISTED, "127.0.0.03", "x", "127.0.0.3.4", "\u0661"),
                one(random, "192.0.2.1", "2001:db8::1", ""),
                one(random, "35646", "0", "99999", "-1", "0123"),
                one(random, "25", "x", ""));
        return mutate(random, (header + one(random, "\r\n", "\n", "")).getBytes(StandardCharsets.ISO_8859_1));
    }

    private static byte[] proxyBytes(Random random) {
        byte[] header = Arrays.copyOf(PROXY_2, PROXY_2.length + 4 + random.nextInt(40));
        for (int i = PROXY_2.length; i < header.length; i++) {
            header[i] = (byte) random.nextInt(256);
        }
        header[PROXY_2.length] = (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : 0x20 | random.nextInt(2));
        header[PROXY_2.length + 2] = 0;
        header[PROXY_2.length + 3] = (byte) random.nextInt(64);
        return header;
    }

    private static byte[] mutate(Random random, byte[] text) {
        for (int i = random.nextInt(3); i > 0; i--) {
            text[random.nextInt(text.length)] = (byte) random.nextInt(256);
        }
        return text;
    }

    private static String line(Random random) {
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> "MAIL FROM:" + path(random) + one(random, "", "", " SIZE=1", " BODY=8BITMIME", " X")
                    + end(random);
            case 3, 4, 5 -> "RCPT TO:" + path(random) + one(random, "", "", " NOTIFY=NEVER", " X=Y") + end(random);
            case 6 -> one(random, "EHLO ", "HELO ", "ehlo ")
                    + one(random, domain, "x", "", "[" + LISTED + "]")
                    + end(random);
            case 7 -> one(random, "RSET", "DATA", "NOOP", "VRFY x", "HELP", "AUTH PLAIN x", "XCLIENT ADDR=" + LISTED)
                    + end(random);
            case 8 -> garbage(random, 1 + random.nextInt(40)) + end(random);
            default -> "x".repeat(random.nextInt(3000)) + end(random);
        };
    }

    private static String path(Random random) {
        String local = one(
                random,
                "user",
                "",
                "\"a b\"",
                "\"x@" + domain + "\"",
                "y%x",
                "x!y",
                garbage(random, 3),
                "u".repeat(70));
        String at = one(random, "@", "@", "@", "", "@@", "@" + domain + "@", ":");
        String of = one(
                random,
                domain,
                "sub." + domain,
                "y.example",
                "[" + LISTED + "]",
                "[IPv6:::1]",
                "",
                garbage(random, 4),
                "d".repeat(260));
        return one(random, "<", "<", "<", "", "<<", "<@" + domain + ":")
                + local
                + at
                + of
                + one(random, ">", ">", ">", "", " >");
    }

    private static String end(Random random) {
        return one(random, "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r");
    }

    private static String garbage(Random random, int length) {
        StringBuilder text = new StringBuilder();
        IntStream.range(0, length).forEach(i -> text.append((char) random.nextInt(256)));
        return text.toString();
    }

    private static String one(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
