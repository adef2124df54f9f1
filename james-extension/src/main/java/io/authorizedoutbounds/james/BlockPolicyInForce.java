// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.inject.Inject;
import io.authorizedoutbounds.policy.BlockExemptions;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;

/** How the mailet of rule 2 is configured, if it is, for the hook and the routes. Thread-safe. */
public class BlockPolicyInForce {
    private final AtomicReference<BlockExemptions> exemptions = new AtomicReference<>();

    @Inject
    public BlockPolicyInForce() {}

    /** Registers a mailet by its exemptions; the last one counts. */
    public void register(BlockExemptions ofMailet) {
        exemptions.set(ofMailet);
    }

    /** Whether a mailet judges what row 6 of rule 1 grants; false until the mailet container of James is up. */
    public boolean isConfigured() {
        return exemptions.get() != null;
    }

    /** Whether the mailet would not block a mail because of its sender or of this recipient; false while there is none. */
    public boolean exempts(MaybeSender sender, MailAddress recipient) {
        BlockExemptions current = exemptions.get();
        return current != null
                && (sender.asOptional().map(current::exemptsSender).orElse(false)
                        || current.exemptsRecipient(recipient));
    }
}
