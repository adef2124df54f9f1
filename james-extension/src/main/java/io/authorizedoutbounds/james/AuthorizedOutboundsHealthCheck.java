// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableList;
import com.google.inject.Inject;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.monitoring.NodeHealth;
import io.authorizedoutbounds.orphans.OrphanSweep;
import org.apache.james.core.healthcheck.ComponentName;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.core.healthcheck.Result;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Whether this node can decide on mail, as {@link NodeHealth} judges, and whether James's files leave out the hook or the
 * mailet ({@link ConfigurationGaps}). Named in {@code healthcheck.properties}:
 *
 * <pre>
 * additional.healthchecks=io.authorizedoutbounds.james.AuthorizedOutboundsHealthCheck
 * </pre>
 */
public class AuthorizedOutboundsHealthCheck implements HealthCheck {
    private static final ComponentName NAME = new ComponentName("AuthorizedOutbounds");

    private final NodeHealth health;

    @Inject
    public AuthorizedOutboundsHealthCheck(LoadedModule module) {
        this(
                module.get(CachedLookup.class),
                module.get(InternalDomains.class),
                module.get(ConfigurationGaps.class),
                module.get(OrphanSweep.class));
    }

    AuthorizedOutboundsHealthCheck(
            CachedLookup lookup, InternalDomains domains, ConfigurationGaps gaps, OrphanSweep sweep) {
        this.health = new NodeHealth(lookup, domains, () -> ImmutableList.<String>builder()
                .addAll(gaps.descriptions())
                .addAll(heldSweep(sweep.held()))
                .build());
    }

    private static ImmutableList<String> heldSweep(int domains) {
        return domains == 0
                ? ImmutableList.of()
                : ImmutableList.of(
                        domains + " domains with authorized outbounds are not in James's domain list, too many to"
                                + " orphan their entries without confirmation; if they were removed, confirm it with POST"
                                + " /authorizedOutbounds/sweep?confirm");
    }

    @Override
    public ComponentName componentName() {
        return NAME;
    }

    @Override
    public Publisher<Result> check() {
        return Mono.fromSupplier(() -> health.check(NAME));
    }
}
