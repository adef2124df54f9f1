// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.authorizedoutbounds.it.webadmin.Metrics;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PromQueryTest {
    private static final Metrics METRICS = Metrics.parse(
            """
            # HELP mails_total Mails
            # TYPE mails_total counter
            mails_total 3.0
            # TYPE lag gauge
            lag 0.5
            # TYPE lookups summary
            lookups{quantile="0.99",} 0.001
            lookups_count 2.0
            """);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sum(rate(mails_total{instance=~\"$instance\"}[$__rate_interval])) / 1e6",
                "sum(increase(lookups_count[5m])) > 0",
                "max(lookups{instance=~\"$instance\",quantile=\"0.99\"})",
                "lag > 10"
            })
    void queryShouldFitWhatIsShown(String query) {
        assertThatCode(() -> new PromQuery(query).assertFits(METRICS)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sum(rate(mails[5m]))",
                "rate(mails_total[5m]) / rate(others_total[5m])",
                "mails_total",
                "rate(lag[5m])",
                "lookups",
                "lookups{quantile=\"0.9\"}",
                "lag{row=\"3\"}",
                "lookups_count",
                "1 > 0"
            })
    void queryShouldNotFitWhatIsNotShownOrNotLikeThat(String query) {
        assertThatThrownBy(() -> new PromQuery(query).assertFits(METRICS)).isInstanceOf(AssertionError.class);
    }
}
