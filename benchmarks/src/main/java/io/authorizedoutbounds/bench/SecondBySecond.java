// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Answers to one kind of RCPT, counted by the second in which they were asked for. Thread-safe. */
class SecondBySecond {
    /**
     * The answers of one second.
     *
     * @param codes   how often each answer came, by its first words
     * @param slow     how many took longer than the limit
     * @param maximum  milliseconds; 0 without answers
     * @param runnerUp milliseconds of the slowest but one; 0 without
     */
    record Second(int count, Map<String, Integer> codes, int slow, double maximum, double runnerUp) {
        private static final Second NONE = new Second(0, Map.of(), 0, 0, 0);

        /** As {@code 7 x 451 4.7.1}. */
        String answers() {
            return SecondBySecond.answers(codes);
        }
    }

    private static final class Tally {
        private final Map<String, Integer> codes = new TreeMap<>();
        private int count;
        private int slow;
        private double maximum;
        private double runnerUp;
    }

    private final long start;
    private final double limitMillis;
    private final Map<Integer, Tally> seconds = new TreeMap<>();

    /**
     * Nothing yet.
     *
     * @param start       of second 0, of {@link System#nanoTime}
     * @param limitMillis answers that take longer are slow
     */
    SecondBySecond(long start, double limitMillis) {
        this.start = start;
        this.limitMillis = limitMillis;
    }

    /** Counts an answer that came just now. */
    synchronized void add(long askedAt, String code) {
        double millis = (System.nanoTime() - askedAt) / (double) TimeUnit.MILLISECONDS.toNanos(1);
        Tally tally = seconds.computeIfAbsent(
                Math.toIntExact(TimeUnit.NANOSECONDS.toSeconds(askedAt - start)), second -> new Tally());
        tally.count++;
        tally.codes.merge(code, 1, Integer::sum);
        tally.runnerUp = Math.max(tally.runnerUp, Math.min(tally.maximum, millis));
        tally.maximum = Math.max(tally.maximum, millis);
        if (millis > limitMillis) {
            tally.slow++;
        }
    }

    /** What is known of a second now. */
    synchronized Second second(int number) {
        Tally tally = seconds.get(number);
        return tally == null
                ? Second.NONE
                : new Second(tally.count, new TreeMap<>(tally.codes), tally.slow, tally.maximum, tally.runnerUp);
    }

    static String answers(Map<String, Integer> codes) {
        return codes.entrySet().stream()
                .map(code -> code.getValue() + " x " + code.getKey())
                .collect(Collectors.joining(", "));
    }

    /** The seconds from one to before another. */
    List<Second> seconds(int from, int until) {
        return IntStream.range(from, until).mapToObj(this::second).toList();
    }
}
