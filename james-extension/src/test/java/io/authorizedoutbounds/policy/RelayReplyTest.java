// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The texts of the design, after the code 451. */
class RelayReplyTest {
    private static final OutboundAddress CLIENT = OutboundAddress.parse("2001:db8::1");

    private static MaybeSender mailFrom(String domain) throws Exception {
        return MaybeSender.of(new MailAddress("user", Domain.of(domain)));
    }

    @Test
    void replyToAnInternalSenderShouldNameTheAddressAndTheDomain() throws Exception {
        assertThat(RelayReply.to(
                        RelayRow.UNLISTED_FOR_DOMAIN,
                        Sender.internal(Domain.of("a.example")),
                        mailFrom("a.example"),
                        CLIENT))
                .contains(
                        "4.7.1 Open relay not allowed: 2001:db8::1 is not an authorized outbound address of a.example");
    }

    @ParameterizedTest
    @EnumSource(names = {"UNLISTED", "UNJUDGED"})
    void replyToAStrangerShouldNameTheAddress(RelayRow row) throws Exception {
        assertThat(RelayReply.to(row, Sender.external(), mailFrom("x.example"), CLIENT))
                .contains("4.7.1 Open relay not allowed: 2001:db8::1 is not an authorized outbound address");
    }

    @ParameterizedTest
    @CsvSource({
        "news.a.example, news.a.example",
        "xn--bcher-kva.example, xn--bcher-kva.example",
        "[192.0.2.1], 192.0.2.1"
    })
    void replyToAnExternalSenderShouldNameItsDomain(String domain, String printed) throws Exception {
        assertThat(RelayReply.to(RelayRow.EXTERNAL_SENDER, Sender.external(), mailFrom(domain), CLIENT))
                .contains("4.7.1 Open relay not allowed: " + printed + " is not a domain of this server");
    }

    /** RFC 5321 allows 512 octets, with the code and the end of the line. */
    @Test
    void replyShouldBeOneShortLineForTheLongestDomain() throws Exception {
        String domain = "a.".repeat(123) + "example";

        Optional<String> text = RelayReply.to(RelayRow.EXTERNAL_SENDER, Sender.external(), mailFrom(domain), CLIENT);

        assertThat(text)
                .contains("4.7.1 Open relay not allowed: " + domain + " is not a domain of this server")
                .hasValueSatisfying(line -> assertThat(line).hasSizeLessThan(500));
    }

    @Test
    void deferralShouldSayThatItIsTemporary() {
        assertThat(RelayReply.to(RelayRow.UNDECIDED, Sender.external(), MaybeSender.nullSender(), CLIENT))
                .contains("4.3.0 Authorized outbounds temporarily unavailable, try again later");
    }

    @ParameterizedTest
    @EnumSource(names = {"TRUSTED", "LISTED_FOR_DOMAIN", "UNPROTECTED_RECIPIENT", "INBOUND", "LISTED"})
    void whatPassesShouldHaveNoReply(RelayRow row) {
        assertThat(RelayReply.to(row, Sender.external(), MaybeSender.nullSender(), CLIENT))
                .isEmpty();
    }
}
