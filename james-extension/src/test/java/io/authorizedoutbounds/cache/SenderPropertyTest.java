// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.Sender;
import java.util.Locale;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.StringLength;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;

/** Which senders are internal, by a reading of the address that is not James's. */
class SenderPropertyTest {
    private static final String INTERNAL = "a.example";

    private final InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.of(INTERNAL));

    /** Empty for what James does not take as an address. */
    private static Optional<MaybeSender> sender(String address) {
        try {
            return Optional.of(MaybeSender.of(new MailAddress(address)));
        } catch (Exception e) {
            // In James 3.8 an AddressException of javax.mail.
            return Optional.empty();
        }
    }

    /** What follows the last at sign outside quotes; empty when there is none. */
    private static String domainOf(String address) {
        boolean quoted = false;
        String domain = "";
        for (int i = 0; i < address.length(); i++) {
            char c = address.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == '@' && !quoted) {
                domain = address.substring(i + 1);
            }
        }
        return domain;
    }

    @Provide
    Arbitrary<String> addresses() {
        return Arbitraries.of(
                        "user",
                        "\"",
                        "@",
                        "\\",
                        ".",
                        "%",
                        "!",
                        " ",
                        ":",
                        ",",
                        "[",
                        "]",
                        "<",
                        ">",
                        "A.EXAMPLE",
                        INTERNAL,
                        "b.example",
                        "sub.",
                        "127.0.0.1",
                        "IPv6:::1",
                        "\u0430",
                        "\u0000",
                        "\r\n")
                .list()
                .ofMinSize(1)
                .ofMaxSize(9)
                .map(parts -> String.join("", parts));
    }

    private void assertInternalByItsDomain(String address) {
        Optional<MaybeSender> sender = sender(address);
        if (sender.isEmpty()) {
            return;
        }

        Sender found = domains.senderOf(sender.get());

        boolean internal = domainOf(address.trim()).toLowerCase(Locale.US).equals(INTERNAL);
        assertThat(found.locality()).as(address).isEqualTo(internal ? Locality.INTERNAL : Locality.EXTERNAL);
        assertThat(found.internalDomain()).isEqualTo(internal ? Optional.of(Domain.of(INTERNAL)) : Optional.empty());
    }

    @Property(tries = 5000)
    void senderShouldBeInternalByWhatFollowsTheLastUnquotedAt(@ForAll("addresses") String address) {
        assertInternalByItsDomain(address);
    }

    @Property
    void anyTextShouldHaveALocality(@ForAll @StringLength(max = 60) String text) {
        assertInternalByItsDomain(text);
        assertInternalByItsDomain(text + "@" + INTERNAL);
    }
}
