// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.webadmin.Metrics;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A query of Prometheus, as far as ours go, held against what James shows. */
record PromQuery(String text) {
    /** A name, its labels, a range; not a number. */
    private static final Pattern SELECTOR =
            Pattern.compile("(?<![\\w$])([a-zA-Z_]\\w*)(\\{[^}]*\\})?(\\[[^\\]]+\\])?(?!\\w)");

    private static final Pattern LABEL = Pattern.compile("(\\w+)=~?\"([^\"]*)\"");
    private static final Set<String> WORDS =
            Set.of("sum", "max", "min", "rate", "increase", "and", "or", "by", "unless");

    /** Prometheus adds them to what it collects. */
    private static final Set<String> OF_PROMETHEUS = Set.of("instance", "job");

    private static final String COUNT = "_count";

    /** Names that are there, labels that they have, and no rate of what is no counter nor the other way round. */
    void assertFits(Metrics metrics) {
        Matcher selectors = SELECTOR.matcher(text);
        int metricsNamed = 0;
        while (selectors.find()) {
            String name = selectors.group(1);
            if (WORDS.contains(name)) {
                continue;
            }
            metricsNamed++;
            Map<String, String> labels = labels(selectors.group(2));
            assertThat(metrics.has(name, labels))
                    .as("%s of %s with labels %s is at /metrics", name, text, labels)
                    .isTrue();
            assertThat(selectors.group(3) != null)
                    .as("%s of %s is looked at over a time, as it counts", name, text)
                    .isEqualTo(isCounter(metrics, name));
        }
        assertThat(metricsNamed).as(text).isPositive();
    }

    private static Map<String, String> labels(String braces) {
        return LABEL.matcher(braces == null ? "" : braces)
                .results()
                .filter(label -> !OF_PROMETHEUS.contains(label.group(1)))
                .collect(Collectors.toMap((MatchResult label) -> label.group(1), label -> label.group(2)));
    }

    private static boolean isCounter(Metrics metrics, String name) {
        if (name.endsWith(COUNT)) {
            String summary = name.substring(0, name.length() - COUNT.length());
            return "summary".equals(metrics.types().get(summary));
        }
        return "counter".equals(metrics.types().get(name));
    }
}
