// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.inject.Inject;
import io.authorizedoutbounds.policy.BlockExemptions;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

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

    /** Empty while no mailet is registered. */
    public Optional<BlockExemptions> exemptions() {
        return Optional.ofNullable(exemptions.get());
    }
}
