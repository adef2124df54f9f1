// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.inject.Inject;
import io.authorizedoutbounds.policy.BlockExemptions;
import java.util.Optional;

/** How the mailet of rule 2 is configured, for those who ask what it would do. Thread-safe. */
public class BlockPolicyInForce {
    private volatile Optional<BlockExemptions> exemptions = Optional.empty();

    @Inject
    public BlockPolicyInForce() {}

    /** Says that the mailet is there; the last one counts. */
    public void configured(BlockExemptions mailets) {
        exemptions = Optional.of(mailets);
    }

    /** Whether a mailet judges what row 6 of rule 1 grants; false until the mailet container of James is up. */
    public boolean isConfigured() {
        return exemptions.isPresent();
    }

    /** Empty without a mailet. */
    public Optional<BlockExemptions> exemptions() {
        return exemptions;
    }
}
