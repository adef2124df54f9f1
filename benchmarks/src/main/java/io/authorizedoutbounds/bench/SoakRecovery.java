// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Finds out when all nodes are well again after an outage. */
final class SoakRecovery {
    private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(250);
    private static final double NANOS_OF_SECOND = TimeUnit.SECONDS.toNanos(1);

    /**
     * After an outage; nothing where it was not so before the limit.
     *
     * @param healthyAt  when the last node was healthy, nanoseconds of the clock of the soak
     * @param followedAt when a poll of the change log that had begun after the outage was seen on the last node
     */
    record Recovered(OptionalLong healthyAt, OptionalLong followedAt) {}

    private final SoakRun run;
    private final List<SoakNode> nodes;

    SoakRecovery(SoakRun run, List<SoakNode> nodes) {
        this.run = run;
        this.nodes = nodes;
    }

    /**
     * Waits until all nodes are healthy and follow changes.
     *
     * @param since the end of the outage
     * @param limit the time until which this waits
     */
    Recovered await(long since, long limit) {
        OptionalLong healthyAt = OptionalLong.empty();
        OptionalLong followedAt = OptionalLong.empty();
        while (run.now() < limit && !run.isStopped() && (healthyAt.isEmpty() || followedAt.isEmpty())) {
            long next = run.now() + INTERVAL;
            if (healthyAt.isEmpty() && nodes.stream().allMatch(SoakRecovery::isHealthy)) {
                healthyAt = OptionalLong.of(run.now());
            }
            if (followedAt.isEmpty() && nodes.stream().allMatch(node -> lastPollAt(node) >= since)) {
                followedAt = OptionalLong.of(run.now());
            }
            run.pauseUntil(next);
        }
        return new Recovered(healthyAt, followedAt);
    }

    private static boolean isHealthy(SoakNode node) {
        WebAdmin.Health health = node.webAdmin().health();
        return health.status().equals("healthy");
    }

    private long lastPollAt(SoakNode node) {
        long askedAt = run.now();
        double lag = node.webAdmin().metrics().value("authorizedOutbounds_propagation_lag_seconds");
        return askedAt - (long) (lag * NANOS_OF_SECOND);
    }
}
