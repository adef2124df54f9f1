// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.monitoring;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.InternalDomains;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.Result;

/**
 * Judges whether this node can decide on mail:
 *
 * <ul>
 *   <li>healthy: the change log is polled
 *   <li>degraded: it is not, and cached answers may be stale; or a rule does not hold for some mail
 *   <li>unhealthy: what is not in the cache is deferred (row 8, 451 4.3.0), since Cassandra or James's own domain list does
 *       not answer
 * </ul>
 *
 * <p>Reads the state of the caches and makes no query, so it answers at once even when Cassandra does not. Thread-safe.
 */
public final class NodeHealth {
    private final CachedLookup lookup;
    private final InternalDomains domains;
    private final Supplier<ImmutableList<String>> gaps;

    /**
     * @param gaps a sentence, without its full stop, for each reason why a rule does not hold for some mail, or
     *     why an operator must act
     */
    public NodeHealth(CachedLookup lookup, InternalDomains domains, Supplier<ImmutableList<String>> gaps) {
        this.lookup = lookup;
        this.domains = domains;
        this.gaps = gaps;
    }

    /** Returns the state of now, with its reasons unless it is healthy. */
    public Result check(ComponentName name) {
        Duration lag = lookup.lag();
        Duration remaining = lookup.remaining();
        if (!lookup.isEverPolled()) {
            return Result.unhealthy(
                    name,
                    "Cassandra has not been reached since James started: mail that needs the lists of authorized outbounds"
                            + " is deferred (451 4.3.0)");
        }
        if (lookup.isBreakerOpen()) {
            return Result.unhealthy(
                    name,
                    "Cassandra does not answer: mail that needs a list of authorized outbounds which is not in the cache is"
                            + " deferred (451 4.3.0); the cache was last refreshed " + lag.toSeconds()
                            + " s ago and holds for another " + remaining.toSeconds() + " s");
        }
        if (remaining.isZero()) {
            return Result.unhealthy(
                    name,
                    "The changes of the lists of authorized outbounds have not been read for " + lag.toSeconds()
                            + " s, longer than stale.maximum: nothing in the cache holds, and mail is deferred (451 4.3.0)"
                            + " unless Cassandra answers");
        }
        if (domains.isBreakerOpen()) {
            return Result.unhealthy(
                    name,
                    "James's own domain list does not answer: mail that needs a domain which is not in the cache is deferred"
                            + " (451 4.3.0)");
        }
        ImmutableList.Builder<String> reasons = ImmutableList.builder();
        if (!lookup.isFollowingChanges()) {
            reasons.add("The changes of the lists of authorized outbounds have not been read for " + lag.toSeconds()
                    + " s: what other nodes changed since is not seen; what is in the cache holds for another "
                    + remaining.toSeconds() + " s");
        }
        return degraded(name, reasons.addAll(gaps.get()).build());
    }

    private static Result degraded(ComponentName name, ImmutableList<String> reasons) {
        return reasons.isEmpty() ? Result.healthy(name) : Result.degraded(name, String.join(". ", reasons));
    }
}
