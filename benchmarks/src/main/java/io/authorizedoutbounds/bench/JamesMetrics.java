// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.codahale.metrics.MetricRegistry;
import io.authorizedoutbounds.monitoring.AuthorizedOutboundsMetrics;
import org.apache.james.metrics.dropwizard.DropWizardGaugeRegistry;
import org.apache.james.metrics.dropwizard.DropWizardMetricFactory;

/** The metrics as they are in a James: counting has its price. */
final class JamesMetrics {
    private JamesMetrics() {}

    static AuthorizedOutboundsMetrics create() {
        MetricRegistry registry = new MetricRegistry();
        return new AuthorizedOutboundsMetrics(
                new DropWizardMetricFactory(registry), new DropWizardGaugeRegistry(registry));
    }
}
