// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/**
 * Port: stores the hour in which each entry last let a RCPT through, for {@link #RETENTION}. It does not know whether the
 * entry is still there. Thread-safe. No call blocks.
 */
public interface UseStore {
    /** From the beginning of the hour of a use until nothing is known of it. */
    Duration RETENTION = Duration.ofDays(400);

    /**
     * Stores that an entry was used in an hour. An earlier hour never replaces a later one, in whatever order and on
     * whatever nodes they are stored.
     *
     * @param hour its beginning
     */
    CompletionStage<Void> save(EntryId entry, Instant hour);

    /** The last use of one entry. */
    CompletionStage<LastUses> find(EntryId entry);

    /** The last uses of all entries of a domain. */
    CompletionStage<LastUses> list(Domain domain);

    /**
     * The last uses of many entries.
     *
     * @param entries a page of {@link AuthorizedOutboundStore#everything}, in its order: a store may read the uses of all
     *     domains from the first to the last of them
     */
    CompletionStage<LastUses> listAll(ImmutableList<AuthorizedOutbound> entries);
}
