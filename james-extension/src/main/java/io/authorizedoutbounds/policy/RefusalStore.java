// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/** Port: stores refusals for {@code refusals.retention}. Thread-safe. No call blocks. */
public interface RefusalStore {
    /** Stores a count. It replaces the count of the same id. */
    CompletionStage<Void> save(RefusalCount count);

    /**
     * Stores how many attempts of a domain one node has refused, or would have, within one hour, from all addresses
     * together. It replaces the sum of the same id.
     */
    CompletionStage<Void> saveSum(RefusalSum sum);

    /**
     * The counts of a domain, those of the newest hour first.
     *
     * @param limit of counts; an answer with as many may be incomplete
     */
    CompletionStage<ImmutableList<RefusalCount>> newest(Domain domain, int limit);

    /**
     * The sums of all domains, those of the newest hour first.
     *
     * @param since a sum of an hour that ended before is not returned
     * @param limit of sums; an answer with as many may be incomplete
     */
    CompletionStage<ImmutableList<RefusalSum>> newestSums(Instant since, int limit);

    /** The attempts of a domain by hour, the oldest hour first, from the stored sums. */
    CompletionStage<ImmutableSortedMap<Instant, Long>> attemptsByHour(Domain domain);
}
