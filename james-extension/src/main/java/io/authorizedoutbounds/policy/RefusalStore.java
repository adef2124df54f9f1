// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.james.core.Domain;

/** Port: stores refusals for {@code refusals.retention}. Thread-safe. No call blocks. */
public interface RefusalStore {
    /** Stores a count. It replaces the count of the same id. */
    CompletionStage<Void> save(RefusalCount count);

    /** Passes the counts of a domain to the consumer, one after the other, those of the newest hour first. */
    CompletionStage<Void> forEach(Domain domain, Consumer<RefusalCount> consumer);
}
