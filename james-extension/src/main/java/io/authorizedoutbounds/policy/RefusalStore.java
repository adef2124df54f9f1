// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.james.core.Domain;

/** Port: where refusals are kept, for as long as {@code refusals.retention} says. Thread-safe. No call blocks. */
public interface RefusalStore {
    /** Keeps a count in place of the one of the same id. */
    CompletionStage<Void> save(RefusalCount count);

    /** Tells all counts of a domain, those of the newest hour first, one after the other. */
    CompletionStage<Void> tell(Domain domain, Consumer<RefusalCount> listener);
}
