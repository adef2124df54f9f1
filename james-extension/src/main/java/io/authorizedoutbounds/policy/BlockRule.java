// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Rule 2, the block policy: who is not ours does not reach others who are not ours through us. Pure and thread-safe given
 * a lookup that is.
 */
public final class BlockRule {
    private final OutboundLookup lookup;

    public BlockRule(OutboundLookup lookup) {
        this.lookup = lookup;
    }

    /**
     * Judges one recipient. Asks the lists last and once at the most: inbound mail needs none of them, nor does what
     * internal senders send. A row that holds whether the mail is outbound or not is told without asking.
     *
     * @param exempt    whether the operator exempts the sender or this recipient; asked for only when it matters
     * @param recipient asked for only when it matters
     */
    public BlockRow judge(Origin origin, Sender sender, BooleanSupplier exempt, Supplier<Locality> recipient) {
        if (origin.isAboveRule()) {
            return BlockRow.NOT_OUTBOUND;
        }
        if (sender.isNull() || sender.locality() == Locality.INTERNAL) {
            return BlockRow.OWN_SENDER;
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
