// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.monitoring;

import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;

/** Metrics for tests that look at something else, or at counters alone. */
public final class TestMetrics {
    private TestMetrics() {}

    /** Seen by nobody. */
    public static AuthorizedOutboundsMetrics unseen() {
        return countedBy(new RecordingMetricFactory());
    }

    /** Counted there. */
    public static AuthorizedOutboundsMetrics countedBy(RecordingMetricFactory factory) {
        return new AuthorizedOutboundsMetrics(factory, new NoopGaugeRegistry());
    }
}
