// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.bench.SoakAnswers.Deviation;
import io.authorizedoutbounds.bench.SoakOracle.Verdict;
import io.authorizedoutbounds.bench.SoakOutages.Outage;
import io.authorizedoutbounds.bench.SoakRecovery.Recovered;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a soak has shown: each outage until the next one, held against the budgets. */
final class SoakReport {
    private static final double NANOS_OF_SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int MAX_EXAMPLES = 20;
    private static final String NONE = "none";
    private static final String NEVER = "not in time";

    static final String HEADER = "| outage | lasted, s | deferred in it | deferred after it | last deferral, s after"
            + " | stale in it | stale after it | last stale answer, s after | healthy, s after"
            + " | changes followed, s after |\n|---|---|---|---|---|---|---|---|---|---|";

    /** An outage, and when all was well again. */
    record Episode(Outage outage, Recovered recovered) {}

    private final List<Episode> episodes;
    private final List<Deviation> deviations;
    private final SoakStalls stalls;
    private final double recoverySeconds;

    /** @param recovery nanoseconds within which all is to be well again */
    SoakReport(List<Episode> episodes, SoakAnswers answers, SoakStalls stalls, long recovery) {
        this.episodes = episodes;
        this.stalls = stalls;
        this.deviations = List.copyOf(answers.deviations());
        this.recoverySeconds = recovery / NANOS_OF_SECOND;
    }

    /** The line of one outage in the table. */
    String line(int number) {
        Episode episode = episodes.get(number);
        Outage outage = episode.outage();
        return Stream.of(
                        outage.name(),
                        seconds(outage.endsAt() - outage.beginsAt()),
                        "" + during(number, Verdict.DEFERRED).count(),
                        ""
                                + after(number, Verdict.DEFERRED, Verdict.DEFERRED_WITHOUT_OUTAGE)
                                        .count(),
                        lastAfter(number, Verdict.DEFERRED, Verdict.DEFERRED_WITHOUT_OUTAGE),
                        "" + during(number, Verdict.STALE).count(),
                        "" + after(number, Verdict.STALE).count(),
                        lastAfter(number, Verdict.STALE, Verdict.WRONGLY_ACCEPTED, Verdict.WRONGLY_REFUSED),
                        after(outage, episode.recovered().healthyAt()),
                        after(outage, episode.recovered().followedAt()))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    List<Measurement.Budget> budgets() {
        long wrong = wrong().count();
        long late = lateDeferrals().count();
        String limit = String.format(Locale.ROOT, "≤ %.0f s", recoverySeconds);
        return List.of(
                new Measurement.Budget(
                        "answers of a soak that were wrong, other than an outage allows", "0", "" + wrong, wrong == 0),
                new Measurement.Budget(
                        "deferred in no outage, nor within 10 s of its end",
                        "0",
                        late + ", " + lateDeferrals().filter(this::isExplained).count()
                                + " of them while Cassandra took longer than 100 ms for a row",
                        lateDeferrals().allMatch(this::isExplained)),
                slowest("both nodes follow changes again after an outage", limit, Recovered::followedAt),
                slowest("both nodes are healthy again after an outage", limit, Recovered::healthyAt));
    }

    private interface Time {
        OptionalLong of(Recovered recovered);
    }

    private Measurement.Budget slowest(String what, String limit, Time time) {
        List<OptionalLong> times = episodes.stream()
                .map(episode -> {
                    OptionalLong at = time.of(episode.recovered());
                    return at.isPresent()
                            ? OptionalLong.of(at.getAsLong() - episode.outage().endsAt())
                            : at;
                })
                .toList();
        if (times.stream().anyMatch(OptionalLong::isEmpty)) {
            return new Measurement.Budget(what, limit, NEVER, false);
        }
        long slowest = times.stream().mapToLong(OptionalLong::getAsLong).max().orElseThrow();
        return new Measurement.Budget(
                what, limit, seconds(slowest) + " s", slowest / NANOS_OF_SECOND <= recoverySeconds);
    }

    /** The first answers that must not be, and the deferrals that no outage explains. */
    List<String> examples() {
        return Stream.concat(wrong(), lateDeferrals())
                .limit(MAX_EXAMPLES)
                .map(this::example)
                .toList();
    }

    private String example(Deviation deviation) {
        String after = IntStream.range(0, episodes.size())
                .filter(number -> isOf(number, deviation))
                .mapToObj(number -> seconds(deviation.askedAt()
                                - episodes.get(number).outage().endsAt()) + " s after the outage \""
                        + episodes.get(number).outage().name() + "\"")
                .findFirst()
                .orElse("before the first outage");
        return String.format(
                Locale.ROOT,
                "- node %d, at %s s, %s, answered in %s s%s: %s: %s",
                deviation.node(),
                seconds(deviation.askedAt()),
                after,
                seconds(deviation.answeredAt() - deviation.askedAt()),
                isExplained(deviation) ? ", Cassandra being slow" : "",
                deviation.verdict(),
                deviation.what());
    }

    private Stream<Deviation> lateDeferrals() {
        return of(deviations.stream(), Verdict.DEFERRED_WITHOUT_OUTAGE);
    }

    /** Whether Cassandra was slow while the answer was under way. */
    private boolean isExplained(Deviation deviation) {
        return stalls.anyBetween(deviation.askedAt(), deviation.answeredAt());
    }

    private Stream<Deviation> wrong() {
        return deviations.stream()
                .filter(deviation -> Stream.of(Verdict.DEFERRED, Verdict.STALE, Verdict.DEFERRED_WITHOUT_OUTAGE)
                        .noneMatch(allowed -> deviation.verdict().equals(allowed.toString())));
    }

    private static Stream<Deviation> of(Stream<Deviation> deviations, Verdict... verdicts) {
        return deviations.filter(deviation ->
                Stream.of(verdicts).anyMatch(verdict -> deviation.verdict().equals(verdict.toString())));
    }

    private Stream<Deviation> during(int number, Verdict verdict) {
        return of(ofEpisode(number), verdict)
                .filter(deviation ->
                        deviation.askedAt() < episodes.get(number).outage().endsAt());
    }

    private Stream<Deviation> after(int number, Verdict... verdicts) {
        return of(ofEpisode(number), verdicts)
                .filter(deviation ->
                        deviation.askedAt() >= episodes.get(number).outage().endsAt());
    }

    private Stream<Deviation> ofEpisode(int number) {
        return deviations.stream().filter(deviation -> isOf(number, deviation));
    }

    private boolean isOf(int number, Deviation deviation) {
        long begin = episodes.get(number).outage().beginsAt();
        long end =
                number + 1 < episodes.size() ? episodes.get(number + 1).outage().beginsAt() : Long.MAX_VALUE;
        return deviation.answeredAt() >= begin && deviation.answeredAt() < end;
    }

    private String lastAfter(int number, Verdict... verdicts) {
        OptionalLong last =
                after(number, verdicts).mapToLong(Deviation::answeredAt).max();
        return last.isPresent() ? after(episodes.get(number).outage(), last) : NONE;
    }

    private static String after(Outage outage, OptionalLong time) {
        return time.isPresent() ? seconds(time.getAsLong() - outage.endsAt()) : NEVER;
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.1f", nanos / NANOS_OF_SECOND);
    }
}
