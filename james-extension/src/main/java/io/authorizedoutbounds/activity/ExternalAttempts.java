// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.auto.value.AutoValue;
import io.authorizedoutbounds.policy.Enforcement;
import org.apache.james.core.Domain;

/** What external senders tried from one address. */
@AutoValue
abstract class ExternalAttempts {
    ExternalAttempts() {}

    /** One refusal at RCPT. */
    static ExternalAttempts refusal(Enforcement enforcement, String sender, Domain recipientDomain) {
        int refused = enforcement == Enforcement.ENFORCE ? 1 : 0;
        return new AutoValue_ExternalAttempts(1, refused, 0, sender, recipientDomain);
    }

    /** One mail with quarantined recipients. */
    static ExternalAttempts quarantined(String sender, Domain recipientDomain) {
        return new AutoValue_ExternalAttempts(0, 0, 1, sender, recipientDomain);
    }

    /** Both, of which the other is later. */
    ExternalAttempts plus(ExternalAttempts later) {
        return new AutoValue_ExternalAttempts(
                attempts() + later.attempts(),
                refused() + later.refused(),
                quarantined() + later.quarantined(),
                later.lastSender(),
                later.lastRecipientDomain());
    }

    /** At RCPT. */
    abstract long attempts();

    /** Of the attempts those that were refused; the others would have been. */
    abstract long refused();

    /** Mails. */
    abstract long quarantined();

    abstract String lastSender();

    abstract Domain lastRecipientDomain();
}
