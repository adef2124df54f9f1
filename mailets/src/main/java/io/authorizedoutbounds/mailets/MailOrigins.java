// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.policy.Origin;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.util.Optional;
import org.apache.mailet.AttributeName;
import org.apache.mailet.Mail;

/** Reads from its attributes and its remote address where a mail comes from. */
final class MailOrigins {
    /** James's JMAP, draft and RFC 8621, stamps what users submit with it. */
    private static final AttributeName JMAP_USER = AttributeName.of("org.apache.james.jmap.send.MailMetaData.username");

    private static final AttributeName GRANTED = AttributeName.of(Origin.GRANTED_ATTRIBUTE);
    private static final AttributeName TRUSTED_NETWORK = AttributeName.of(Origin.TRUSTED_NETWORK_ATTRIBUTE);

    private MailOrigins() {}

    static Origin of(Mail mail) {
        if (has(mail, Mail.SENT_BY_MAILET_ATTRIBUTE.getName()) || has(mail, JMAP_USER)) {
            return Origin.server();
        }
        if (has(mail, Mail.SMTP_AUTH_USER)) {
            return Origin.authenticated();
        }
        if (has(mail, TRUSTED_NETWORK)) {
            return Origin.trustedNetwork();
        }
        return clientOf(mail)
                .map(client -> has(mail, GRANTED) ? Origin.grantedClient(client) : Origin.client(client))
                .orElse(Origin.elsewhere());
    }

    private static boolean has(Mail mail, AttributeName name) {
        return mail.getAttribute(name).isPresent();
    }

    /** Empty when the server made the mail itself. */
    static Optional<OutboundAddress> clientOf(Mail mail) {
        String remoteAddress = mail.getRemoteAddr();
        if (remoteAddress == null) {
            return Optional.empty();
        }
        // Of a socket, so it may have a zone id, which no list has.
        int zone = remoteAddress.indexOf('%');
        String address = zone < 0 ? remoteAddress : remoteAddress.substring(0, zone);
        return InetAddresses.isInetAddress(address)
                ? Optional.of(OutboundAddress.of(InetAddresses.forString(address)))
                : Optional.empty();
    }
}
