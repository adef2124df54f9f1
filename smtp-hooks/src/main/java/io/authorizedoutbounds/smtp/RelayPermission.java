// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.smtp;

import io.authorizedoutbounds.policy.SessionTrust;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;

/**
 * James's permission to relay, which lasts as long as the connection. A trusted network and AUTH give it too; what the hook
 * has granted is marked, so that nothing else is revoked.
 */
final class RelayPermission {
    /** In the state of the connection: the hook gave the permission. The transaction says to which sender. */
    private static final AttachmentKey<Boolean> GRANT = AttachmentKey.of("io.authorizedoutbounds.grant", Boolean.class);

    private RelayPermission() {}

    /** A client that may relay, and neither has authenticated nor has a grant, is in a trusted network. */
    static SessionTrust trustOf(SMTPSession session) {
        if (session.getUsername() != null) {
            return SessionTrust.AUTHENTICATED;
        }
        return session.isRelayingAllowed()
                        && session.getAttachment(GRANT, State.Connection).isEmpty()
                ? SessionTrust.TRUSTED_NETWORK
                : SessionTrust.NONE;
    }

    /** Gives the permission to a client that does not have it. */
    static void grant(SMTPSession session) {
        session.setAttachment(GRANT, true, State.Connection);
        session.setRelayingAllowed(true);
    }

    /**
     * Takes back what the hook has granted. A client that authenticated since has a permission of its own.
     *
     * @return whether there was a grant
     */
    static boolean revoke(SMTPSession session) {
        boolean granted = session.removeAttachment(GRANT, State.Connection).isPresent();
        if (granted && session.getUsername() == null) {
            session.setRelayingAllowed(false);
        }
        return granted;
    }
}
