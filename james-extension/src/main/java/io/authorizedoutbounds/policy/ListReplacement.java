// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;

/** What becomes of each entry when a whole list is replaced. */
public final class ListReplacement {
    private final ImmutableList<AuthorizedOutbound> saved;
    private final ImmutableList<AuthorizedOutbound> kept;
    private final ImmutableList<OutboundAddress> removed;

    /**
     * The three together are all addresses of the old and of the new list.
     *
     * @param saved   entries that are new or other than before
     * @param kept    entries that stay as they are stored
     * @param removed addresses of the old list that are not in the new one
     */
    public ListReplacement(
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<AuthorizedOutbound> kept,
            ImmutableList<OutboundAddress> removed) {
        this.saved = saved;
        this.kept = kept;
        this.removed = removed;
    }

    public ImmutableList<AuthorizedOutbound> saved() {
        return saved;
    }

    public ImmutableList<AuthorizedOutbound> kept() {
        return kept;
    }

    public ImmutableList<OutboundAddress> removed() {
        return removed;
    }

    /** Whether the new list is the old one. */
    public boolean isUnchanged() {
        return saved.isEmpty() && removed.isEmpty();
    }
}
