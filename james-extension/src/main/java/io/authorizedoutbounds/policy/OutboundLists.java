// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/**
 * Port: the lists as decisions read them.
 *
 * <p>Thread-safe. No call blocks. A stage completes exceptionally when the lists cannot be reached: that is neither
 * "listed" nor "unlisted". Domains are in the form of {@code DomainNames.canonical}. Answers include orphaned entries, but
 * no expired ones.
 */
public interface OutboundLists {
    /** The domain's entries and its own enforcement, by one query. */
    CompletionStage<OutboundList> read(Domain domain);

    /** The entries of all domains for the address, {@link AuthorizedOutbound#bare() bare}, in no order. */
    CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address);
}
