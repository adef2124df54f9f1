// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import org.apache.james.metrics.api.TimeMetric;

/** Port: where lookups are counted and timed. Thread-safe, throws nothing. */
public interface LookupMetrics {
    /** Counts an answer from the cache. */
    void countHit();

    /** Counts an answer that was not in the cache, whether or not the store then gave it. */
    void countMiss();

    /** Starts to time a query to the store; to be {@linkplain #endLookup ended} once. */
    TimeMetric startLookup();

    /**
     * Counts and times a query that has ended.
     *
     * @param answered whether there is an answer, in time for a decision
     */
    void endLookup(TimeMetric lookup, boolean answered);
}
