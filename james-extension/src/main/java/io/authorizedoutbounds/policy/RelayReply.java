// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.Optional;
import org.apache.james.core.MaybeSender;

/** The replies of rule 1: temporary refusals, with an enhanced status code (RFC 3463) in front of the text. */
public final class RelayReply {
    /** The code of every reply. */
    public static final String CODE = "451";

    /** For a decision that needs something that cannot be read now. */
    public static final String UNAVAILABLE = "4.3.0 Authorized outbounds temporarily unavailable, try again later";

    private RelayReply() {}

    /**
     * The text after {@value #CODE}, one line of ASCII; empty when James goes on.
     *
     * @param row      one for this sender and this client, when it is enforced
     * @param mailFrom the sender as it was parsed
     */
    public static Optional<String> to(RelayRow row, Sender sender, MaybeSender mailFrom, OutboundAddress client) {
        switch (row.verdict()) {
            case PASS:
            case GRANT:
                return Optional.empty();
            case REFUSE:
                return Optional.of("4.7.1 Open relay not allowed: "
                        + (row == RelayRow.EXTERNAL_SENDER
                                ? DomainNames.printable(mailFrom) + " is not a domain of this server"
                                : client.asString() + " is not an authorized outbound address" + ofDomain(sender)));
            case DEFER:
                return Optional.of(UNAVAILABLE);
        }
        throw new IllegalStateException("No reply for " + row);
    }

    private static String ofDomain(Sender sender) {
        return sender.internalDomain().map(domain -> " of " + domain.asString()).orElse("");
    }
}
