// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/**
 * Port: the lists as decisions read them.
 *
 * <p>Thread-safe. No call blocks. A stage completes exceptionally when the lists cannot be reached, and then says
 * nothing of what is listed. Domains are in the form of {@code DomainNames.canonical}. Expired entries are in no
 * answer; orphaned ones are, and say so.
 */
public interface OutboundLists {
    /** The domain's entries, sorted by address. */
    CompletionStage<ImmutableList<AuthorizedOutbound>> list(Domain domain);

    /** The entries of all domains for the address, {@link AuthorizedOutbound#bare() bare}, in no order. */
    CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address);
}
