// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.util.Optional;

/** Where a mail comes from, as rule 2 sees it. */
@AutoValue
public abstract class Origin {
    /** Name of the attribute with which rule 1 marks the mails that it lets a client relay. */
    public static final String GRANTED_ATTRIBUTE = "io.authorizedoutbounds.granted";

    /** Name of the attribute with which rule 1 marks the mails that it takes from a trusted network without AUTH. */
    public static final String TRUSTED_NETWORK_ATTRIBUTE = "io.authorizedoutbounds.trustedNetwork";

    private static final Origin SERVER = new AutoValue_Origin(Kind.SERVER, Optional.empty());
    private static final Origin TRUSTED_NETWORK = new AutoValue_Origin(Kind.TRUSTED_NETWORK, Optional.empty());
    private static final Origin AUTHENTICATED = new AutoValue_Origin(Kind.AUTHENTICATED, Optional.empty());
    private static final Origin ELSEWHERE = new AutoValue_Origin(Kind.CLIENT, Optional.empty());

    enum Kind {
        SERVER,
        TRUSTED_NETWORK,
        AUTHENTICATED,
        CLIENT,
        GRANTED
    }

    Origin() {}

    /** This server generated it: a bounce, a forward, a reply, a submission over JMAP. */
    public static Origin server() {
        return SERVER;
    }

    /** It came in from a trusted network, without AUTH: neither rule applies to it, whether the client is listed or not. */
    public static Origin trustedNetwork() {
        return TRUSTED_NETWORK;
    }

    /** It came in through an SMTP session with AUTH. */
    public static Origin authenticated() {
        return AUTHENTICATED;
    }

    /** It came in from that address, without AUTH. */
    public static Origin client(OutboundAddress address) {
        return new AutoValue_Origin(Kind.CLIENT, Optional.of(address));
    }

    /** It came in from that address, and rule 1 let it relay: the address was listed then, and may be removed since. */
    public static Origin grantedClient(OutboundAddress address) {
        return new AutoValue_Origin(Kind.GRANTED, Optional.of(address));
    }

    /** It came in without AUTH, and from no known IP address: nobody can list that. */
    public static Origin elsewhere() {
        return ELSEWHERE;
    }

    abstract Kind kind();

    abstract Optional<OutboundAddress> client();

    /** Whether it is outbound mail. Makes at most one lookup. */
    Listing outbound(OutboundLookup lookup) {
        switch (kind()) {
            case SERVER:
            case TRUSTED_NETWORK:
                return Listing.UNLISTED;
            case AUTHENTICATED:
                return Listing.LISTED;
            case CLIENT:
                return client().map(lookup::listedForAny).orElse(Listing.UNLISTED);
            case GRANTED:
                return client().map(lookup::listedForAny).orElseThrow() == Listing.UNKNOWN
                        ? Listing.UNKNOWN
                        : Listing.LISTED;
        }
        throw new IllegalStateException("No answer for " + kind());
    }

    /** Whether rule 2 does not apply, whoever lists the address. */
    boolean isAboveRule() {
        return kind() == Kind.SERVER || kind() == Kind.TRUSTED_NETWORK;
    }
}
