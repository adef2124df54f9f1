// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Lists;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** More RCPTs, clients and domains than the caches hold, on a James with a small heap. */
class ManyClientsIntegrationTest {
    private static final String LISTED = "203.0.113.7";
    private static final int PROXY_PORT = Build.freePort();
    private static final int HEAP_MEGABYTES = 160;
    private static final int CACHED = 500;
    private static final int RCPTS = 100_000;

    /** They are pipelined: at each line James reads again all that has arrived. */
    private static final int RCPTS_OF_A_MAIL = 50;

    private static final int CLIENTS = 10_000;
    private static final int FIRST_CLIENT = InetAddresses.coerceToInteger(InetAddresses.forString("198.18.0.0"));

    private static JamesServer james;
    private static WebAdmin webAdmin;

    @RegisterExtension
    static final JamesExtension SERVERS = JamesExtension.with(builder -> builder.maximumHeap(HEAP_MEGABYTES)
            .setting("cache.domains.maximum", Integer.toString(CACHED))
            .setting("cache.addresses.maximum", Integer.toString(CACHED))
            .proxyListener(PROXY_PORT));

    @BeforeAll
    static void useServers(JamesServer server, WebAdmin client) {
        james = server;
        webAdmin = client;
    }

    @AfterEach
    void jamesShouldBeWell() {
        assertThat(james.log()).doesNotContain("OutOfMemoryError");
        assertThat(webAdmin.health().status()).isEqualTo("healthy");
    }

    private static SmtpClient from(String client) {
        return SmtpClient.proxied("PROXY TCP4 " + client + " 192.0.2.1 35646 25", PROXY_PORT);
    }

    private static String refusal(String client) {
        return "451 4.7.1 Open relay not allowed: " + client + " is not an authorized outbound address";
    }

    @Test
    @HostileCase(43)
    void hundredThousandRcptsOfOneConnectionShouldGetTheSameAnswer() {
        String listing = webAdmin.addDomainListing(LISTED);
        String listingNone = webAdmin.addDomain();
        Set<String> granted = new HashSet<>();
        Set<String> refused = new HashSet<>();

        try (SmtpClient smtp = from(LISTED)) {
            for (int i = 0; i < RCPTS; i += 2 * RCPTS_OF_A_MAIL) {
                granted.addAll(replies(smtp, listing));
                refused.addAll(replies(smtp, listingNone));
            }
        }

        assertThat(granted).hasSize(1).allMatch(reply -> reply.startsWith("250"));
        assertThat(refused).containsExactly(refusal(LISTED) + " of " + listingNone);
    }

    private static List<String> replies(SmtpClient smtp, String domain) {
        assertThat(smtp.mail("user@" + domain)).startsWith("250");
        List<String> replies = smtp.rcpts("someone@elsewhere.example.org", RCPTS_OF_A_MAIL);
        smtp.send("RSET");
        return replies;
    }

    @Test
    @HostileCase(44)
    void listedSenderShouldBeUnaffectedByTenThousandClientsWithForgedDomains() {
        String domain = webAdmin.addDomainListing(LISTED);

        for (List<Integer> some :
                Lists.partition(IntStream.range(0, CLIENTS).boxed().toList(), CACHED)) {
            some.parallelStream().forEach(number -> {
                String client = InetAddresses.toAddrString(InetAddresses.fromInteger(FIRST_CLIENT + number));
                assertThat(rcptOfOneOfMany(client, "forged@forged" + number + ".example.net"))
                        .isEqualTo(refusal(client));
            });
            assertThat(rcpt(LISTED, "user@" + domain)).startsWith("250");
        }
    }

    /** Of many that ask at once, a busy James may defer some; they come again. */
    private static String rcptOfOneOfMany(String client, String sender) {
        return Awaitility.await("a decision about " + client)
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .until(() -> rcpt(client, sender), reply -> !reply.startsWith("451 4.3.0 "));
    }

    private static String rcpt(String client, String sender) {
        try (SmtpClient smtp = from(client)) {
            smtp.mail(sender);
            return smtp.rcpt("someone@elsewhere.example.org");
        }
    }
}
