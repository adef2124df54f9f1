// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Ordering;
import com.google.inject.Inject;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.InternalDomains;
import java.time.Duration;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * How decisions on mail are made now. Named in {@code healthcheck.properties}:
 *
 * <pre>
 * additional.healthchecks=io.authorizedoutbounds.james.AuthorizedOutboundsHealthCheck
 * </pre>
 *
 * <ul>
 *   <li>healthy: changes of the lists are followed
 *   <li>degraded: they are not, and answers may be stale; or a rule does not hold for some mail, since James's files
 *       leave out the hook or the mailet ({@link ConfigurationGaps})
 *   <li>unhealthy: what is not in memory gets row 8 (451 4.3.0), since Cassandra or James's own domain list does not
 *       answer
 * </ul>
 *
 * <p>Tells what James already knows and asks Cassandra nothing, so it answers at once whatever Cassandra does.
 */
public class AuthorizedOutboundsHealthCheck implements HealthCheck {
    private static final ComponentName NAME = new ComponentName("AuthorizedOutbounds");

    private static final int READINGS_MISSED = 3;

    /** A reading may take a while on a busy machine. */
    private static final Duration LEAST = Duration.ofSeconds(5);

    private final CachedLookup lookup;
    private final InternalDomains domains;
    private final ConfigurationGaps gaps;
    private final Duration stale;

    @Inject
    public AuthorizedOutboundsHealthCheck(LoadedModule module) {
        this(
                module.get(CachedLookup.class),
                module.get(InternalDomains.class),
                module.get(AuthorizedOutboundsConfiguration.class),
                module.get(ConfigurationGaps.class));
    }

    AuthorizedOutboundsHealthCheck(
            CachedLookup lookup,
            InternalDomains domains,
            AuthorizedOutboundsConfiguration configuration,
            ConfigurationGaps gaps) {
        this.lookup = lookup;
        this.domains = domains;
        this.gaps = gaps;
        this.stale = Ordering.natural()
                .max(LEAST, configuration.propagationInterval().multipliedBy(READINGS_MISSED));
    }

    @Override
    public ComponentName componentName() {
        return NAME;
    }

    @Override
    public Publisher<Result> check() {
        return Mono.fromSupplier(this::judge);
    }

    private Result judge() {
        Duration lag = lookup.lag();
        Duration remaining = lookup.remaining();
        if (!lookup.isEverPolled()) {
            return Result.unhealthy(
                    NAME,
                    "Cassandra has not been reached since James started: mail that needs the lists of authorized outbounds"
                            + " is deferred (451 4.3.0)");
        }
        if (lookup.isBreakerOpen()) {
            return Result.unhealthy(
                    NAME,
                    "Cassandra does not answer: mail that needs a list of authorized outbounds which is not in the cache is"
                            + " deferred (451 4.3.0); the cache was last refreshed " + lag.toSeconds()
                            + " s ago and holds for another " + remaining.toSeconds() + " s");
        }
        if (remaining.isZero()) {
            return Result.unhealthy(
                    NAME,
                    "The changes of the lists of authorized outbounds have not been read for " + lag.toSeconds()
                            + " s, longer than stale.maximum: nothing in the cache holds, and mail is deferred (451 4.3.0)"
                            + " unless Cassandra answers");
        }
        if (domains.isBreakerOpen()) {
            return Result.unhealthy(
                    NAME,
                    "James's own domain list does not answer: mail that needs a domain which is not in the cache is deferred"
                            + " (451 4.3.0)");
        }
        ImmutableList.Builder<String> reasons = ImmutableList.builder();
        if (lag.compareTo(stale) > 0) {
            reasons.add("The changes of the lists of authorized outbounds have not been read for " + lag.toSeconds()
                    + " s: what other nodes changed since is not seen; what is in the cache holds for another "
                    + remaining.toSeconds() + " s");
        }
        return degraded(reasons.addAll(gaps.descriptions()).build());
    }

    private static Result degraded(ImmutableList<String> reasons) {
        return reasons.isEmpty() ? Result.healthy(NAME) : Result.degraded(NAME, String.join(". ", reasons));
    }
}
