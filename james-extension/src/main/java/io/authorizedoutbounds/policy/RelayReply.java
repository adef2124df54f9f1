// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.Optional;

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
     * @param verdict of a row for this sender and this client
     */
    public static Optional<String> to(Verdict verdict, Sender sender, OutboundAddress client) {
        switch (verdict) {
            case PASS:
            case GRANT:
                return Optional.empty();
            case REFUSE:
                return Optional.of(openRelay(sender, client));
            case DEFER:
                return Optional.of(UNAVAILABLE);
        }
        throw new IllegalStateException("No reply for " + verdict);
    }

    private static String openRelay(Sender sender, OutboundAddress client) {
        String ofDomain = sender.internalDomain()
                .map(domain -> " of " + domain.asString())
                .orElse("");
        return "4.7.1 Open relay not allowed: " + client.asString() + " is not an authorized outbound address"
                + ofDomain;
    }
}
