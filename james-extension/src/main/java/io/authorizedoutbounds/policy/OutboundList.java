// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import com.google.common.collect.ImmutableList;
import java.util.Optional;

/** The list of a domain, with what is stored beside it. */
@AutoValue
public abstract class OutboundList {
    OutboundList() {}

    /** Of a domain without an enforcement of its own. */
    public static OutboundList of(ImmutableList<AuthorizedOutbound> entries) {
        return new AutoValue_OutboundList(entries, Optional.empty());
    }

    /** Of a domain with an enforcement of its own. */
    public static OutboundList of(ImmutableList<AuthorizedOutbound> entries, Enforcement own) {
        return new AutoValue_OutboundList(entries, Optional.of(own));
    }

    /** Sorted by address. */
    public abstract ImmutableList<AuthorizedOutbound> entries();

    /** The domain's own; empty when the default applies. */
    public abstract Optional<Enforcement> enforcement();
}
