// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Rule 2, the block policy: external senders do not reach external recipients through this server. Pure, and thread-safe
 * given a lookup that is.
 */
public final class BlockRule {
    private final OutboundLookup lookup;

    public BlockRule(OutboundLookup lookup) {
        this.lookup = lookup;
    }

    /**
     * Judges one recipient. Makes at most one lookup, after all else: inbound mail and mail of internal senders need none,
     * since their row does not depend on whether the mail is outbound.
     *
     * @param exempt    whether the operator exempts the sender or this recipient; called only when it matters
     * @param recipient called only when it matters
     */
    public BlockRow judge(Origin origin, Sender sender, BooleanSupplier exempt, Supplier<Locality> recipient) {
        if (origin.isAboveRule()) {
            return BlockRow.NOT_OUTBOUND;
        }
        if (sender.isNull() || sender.locality() == Locality.INTERNAL) {
            return BlockRow.INTERNAL_SENDER;
        }
        Locality to = recipient.get();
        if (to == Locality.INTERNAL) {
            return BlockRow.INTERNAL_RECIPIENT;
        }
        if (exempt.getAsBoolean()) {
            return BlockRow.EXEMPT;
        }
        switch (origin.outbound(lookup)) {
            case UNLISTED:
                return BlockRow.NOT_OUTBOUND;
            case LISTED:
                boolean decided = to == Locality.EXTERNAL && sender.locality() == Locality.EXTERNAL;
                return decided ? BlockRow.BLOCKED : BlockRow.UNDECIDED;
            case UNKNOWN:
                return BlockRow.UNDECIDED;
        }
        throw new IllegalStateException("No row for what the lists say");
    }
}
