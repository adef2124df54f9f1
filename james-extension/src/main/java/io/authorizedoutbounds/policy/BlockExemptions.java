// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import org.apache.james.core.MailAddress;

/** Port: whom the operator exempts from rule 2. Thread-safe. */
public interface BlockExemptions {
    boolean exemptsSender(MailAddress sender);

    boolean exemptsRecipient(MailAddress recipient);
}
