// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import com.google.common.base.Splitter;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What James's {@code /metrics} answers, in the text format of Prometheus. */
public final class Metrics {
    private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]+)=\"([^\"]*)\"");

    private final Map<String, String> types = new TreeMap<>();

    /** By name and labels, as {@code name{label="value"}}. */
    private final Map<String, Double> samples = new TreeMap<>();

    private Metrics() {}

    public static Metrics parse(String text) {
        Metrics metrics = new Metrics();
        for (String line : Splitter.on('\n').omitEmptyStrings().split(text)) {
            Matcher type = TYPE.matcher(line);
            Matcher sample = SAMPLE.matcher(line);
            if (type.matches()) {
                metrics.types.put(type.group(1), type.group(2));
            } else if (sample.matches()) {
                metrics.samples.put(key(sample.group(1), sample.group(2)), Double.valueOf(sample.group(3)));
            }
        }
        return metrics;
    }

    private static String key(String name, String labels) {
        Map<String, String> sorted = new TreeMap<>();
        if (labels != null) {
            LABEL.matcher(labels).results().forEach(label -> sorted.put(label.group(1), label.group(2)));
        }
        return name + (sorted.isEmpty() ? "" : sorted);
    }

    /** Types of all metrics, with the name after {@code # TYPE}. */
    public Map<String, String> types() {
        return types;
    }

    /** Whether there is a sample with this name and exactly these labels. */
    public boolean has(String name, Map<String, String> labels) {
        return samples.containsKey(name + (labels.isEmpty() ? "" : new TreeMap<>(labels)));
    }

    /** Of a sample without labels. */
    public double value(String name) {
        Double value = samples.get(name);
        if (value == null) {
            throw new AssertionError("no " + name + " among " + samples.keySet());
        }
        return value;
    }
}
