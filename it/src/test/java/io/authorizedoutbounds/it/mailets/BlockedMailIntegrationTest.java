// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.mailets;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdmin.StoredMail;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an operator does for a partner whose mail was stopped: exempts it, restarts James, reprocesses the mail. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class BlockedMailIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String BLOCKED = "blocked-sender";
    private static final String SENDER = "someone@remote.example.com";
    private static final String RECIPIENT = "someone@elsewhere.example.org";

    /**
     * What is easily changed on the way: dots, blanks at ends of lines, long lines, tabs, eight-bit text. MIME-Version
     * James itself puts to the top of whatever it relays (RemoveMimeHeader, without which it does not start).
     */
    private static final String MESSAGE = "From: \"Some One\" <" + SENDER + ">\r\n"
            + "To: someone\r\n\t<" + RECIPIENT + ">\r\n"
            + "subject:  Byte for   byte\r\n"
            + "X-Empty: \r\n"
            + "Message-ID: <1@remote.example.com>\r\n"
            + "Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
            + "Content-Type: text/plain; charset=iso-8859-1\r\n"
            + "Content-Transfer-Encoding: 8bit\r\n"
            + "\r\n"
            + ".a dot\r\n..two dots\r\n.\tblanks at the end  \r\n\r\n"
            + "\u00e4\u00f6\u00fc\u00df \u0080\u00ff\r\n"
            + "x".repeat(900) + "\r\n"
            + "From here on\r\n\r\n\r\n";

    @Test
    void mailShouldReachTheNextServerAsItWasSentOnceItsSenderIsExempt(CassandraServer cassandra) {
        try (SmtpSink sink = new SmtpSink();
                JamesServer james = JamesServer.builder()
                        .cassandra(cassandra, Names.newKeyspace())
                        .sink(sink)
                        .setting("allow.private.addresses", "true")
                        .patientLookups()
                        .start()) {
            WebAdmin webAdmin = WebAdmin.of(james).awaitLists();
            String domain = webAdmin.addDomainListing(LISTED);
            String user = "user@" + domain;
            webAdmin.addUser(user, "secret");
            try (SmtpClient smtp = SmtpClient.from(LISTED, james.smtpPort())) {
                smtp.mail(SENDER);
                assertThat(smtp.rcpt(user)).startsWith("250");
                assertThat(smtp.rcpt(RECIPIENT)).startsWith("250");
                assertThat(smtp.message(MESSAGE)).startsWith("250");
            }
            StoredMail stored = Awaitility.await("the blocked mail")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> webAdmin.mails(BLOCKED), mails -> mails.size() == 1)
                    .get(0);

            james.restart(
                    "mailetcontainer.xml",
                    text -> text.replaceAll(
                            "<!-- <exemptSenders>.*</exemptSenders> -->",
                            "<exemptSenders>" + SENDER + "</exemptSenders>"));
            webAdmin.awaitLists().addDomain(domain);
            webAdmin.reprocess(BLOCKED, stored.key());

            assertThat(sink.awaitMailTo(RECIPIENT).content()).endsWith("\r\n" + MESSAGE);
            assertThat(sink.received()).hasSize(1);
            // James removes it once it is in the queue.
            Awaitility.await("the blocked mail to be gone")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> webAdmin.mailsIn(BLOCKED) == 0);
        }
    }
}
