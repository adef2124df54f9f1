// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.mailets;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdmin.StoredMail;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ten thousand mails of mixed kinds at once: each of them ends where it should, and once. */
@OwnServers
class BlockPolicyVolumeIntegrationTest {
    private static final int MAILS = 10_000;
    private static final int CLIENTS = 8;
    private static final int KINDS = 8;
    private static final String LISTED = "127.0.0.2";
    private static final String STRANGER = "127.0.0.3";
    private static final String TRUSTED = "127.0.0.9";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String FORWARD = "forward@elsewhere.example.org";
    private static final String BLOCKED = "blocked-sender";

    private static SmtpSink sink;
    private static JamesServer james;
    private static WebAdmin webAdmin;
    private static String user;
    private static String forwarding;

    /** One kind of mail: who sends what to whom. */
    private record Letter(String client, String sender, List<String> recipients) {}

    @RegisterExtension
    static final JamesExtension SERVERS =
            JamesExtension.with(builder -> builder.setting("allow.private.addresses", "true")
                    .trusting(TRUSTED)
                    .edit("mailetcontainer.xml", "<!-- (<exempt.*>) -->", "$1"));

    @BeforeAll
    static void useServers(JamesServer server, SmtpSink nextServer, WebAdmin client) {
        james = server;
        sink = nextServer;
        webAdmin = client;
        String domain = webAdmin.addDomainListing(LISTED);
        user = "user@" + domain;
        forwarding = "forwarding@" + domain;
        webAdmin.addUser(user, "secret");
        webAdmin.addUser(forwarding, "secret");
        webAdmin.putOk("/address/forwards/" + forwarding + "/targets/" + FORWARD);
    }

    private static String external(int number) {
        return "n" + number + "@elsewhere.example.org";
    }

    private static Letter letter(int number) {
        String external = external(number);
        return switch (number % KINDS) {
            case 0 -> new Letter(STRANGER, EXTERNAL_SENDER, List.of(user));
            case 1 -> new Letter(LISTED, user, List.of(external));
            case 2 -> new Letter(LISTED, "", List.of(external));
            case 3 -> new Letter(LISTED, "anyone@partner.example", List.of(external));
            case 4 -> new Letter(TRUSTED, EXTERNAL_SENDER, List.of(external));
            case 5 -> new Letter(LISTED, EXTERNAL_SENDER, List.of(external));
            case 6 -> new Letter(LISTED, EXTERNAL_SENDER, List.of(external, user, "other." + external));
            case 7 -> new Letter(LISTED, EXTERNAL_SENDER, List.of(forwarding));
            default -> throw new IllegalStateException("No letter " + number);
        };
    }

    private static IntStream ofKinds(Integer... kinds) {
        return IntStream.range(0, MAILS).filter(number -> List.of(kinds).contains(number % KINDS));
    }

    @Test
    void eachMailShouldEndOnceWhereItShould() throws Exception {
        sendAll();

        List<String> sent = new ArrayList<>();
        ofKinds(1, 2, 3, 4).forEach(number -> sent.add(external(number)));
        ofKinds(7).forEach(number -> sent.add(FORWARD));
        List<List<String>> quarantined = new ArrayList<>();
        ofKinds(5).forEach(number -> quarantined.add(List.of(external(number))));
        ofKinds(6).forEach(number -> quarantined.add(List.of(external(number), "other." + external(number))));
        int delivered = (int) ofKinds(0, 6).count();
        Awaitility.await("all mails to have arrived")
                .atMost(Duration.ofMinutes(4))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> sink.received().size() >= sent.size()
                        && webAdmin.mailsIn(BLOCKED) >= quarantined.size()
                        && webAdmin.mailsOf(user) >= delivered);
        assertThat(sink.received()).extracting(SmtpSink.Received::recipient).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(webAdmin.mailsOf(user)).isEqualTo(delivered);
        assertThat(webAdmin.mails(BLOCKED))
                .extracting(StoredMail::recipients)
                .map(recipients -> ImmutableList.sortedCopyOf((Collection<String>) recipients))
                .containsExactlyInAnyOrderElementsOf(quarantined.stream()
                        .map(recipients -> ImmutableList.sortedCopyOf(recipients))
                        .toList());
        assertThat(webAdmin.mailsIn("error")).isZero();
        assertThat(webAdmin.mailsIn("relay-denied")).isZero();
    }

    private static void sendAll() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> clients = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                // Each sends one kind of letter, and so from one address.
                int kind = client;
                clients.add(threads.submit(() -> sendKind(kind)));
            }
            for (Future<?> client : clients) {
                client.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void sendKind(int kind) {
        try (SmtpClient smtp = SmtpClient.from(letter(kind).client(), james.smtpPort())) {
            ofKinds(kind).forEach(number -> {
                Letter letter = letter(number);
                assertThat(smtp.mail(letter.sender())).startsWith("250");
                for (String recipient : letter.recipients()) {
                    assertThat(smtp.rcpt(recipient)).startsWith("250");
                }
                assertThat(smtp.data("number " + number)).startsWith("250");
            });
        }
    }
}
