// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.bench.SoakOracle.Answer;
import io.authorizedoutbounds.bench.SoakOracle.Verdict;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts the answers of a soak by what the oracle says of them, and keeps those that were not right. Thread-safe. */
final class SoakAnswers {
    /** Neither 250 nor 451, or no answer at all. */
    private static final String UNEXPECTED = "neither 250 nor 451";

    /**
     * An answer that was not right.
     *
     * @param verdict    as {@link Verdict#toString} has it, or {@link #UNEXPECTED}
     * @param askedAt    nanoseconds of the clock of the soak
     * @param answeredAt nanoseconds of the clock of the soak
     */
    record Deviation(String verdict, int node, String what, long askedAt, long answeredAt) {}

    private final SoakOracle oracle;
    private final SoakOutages outages;
    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
    private final Collection<Deviation> deviations = new ConcurrentLinkedQueue<>();

    SoakAnswers(SoakOracle oracle, SoakOutages outages) {
        this.oracle = oracle;
        this.outages = outages;
    }

    /** Counts a reply to a RCPT whose answer depends on whether the entry is on its list. */
    void add(SoakEntry entry, String reply, int node, long askedAt, long answeredAt) {
        Optional<Answer> answer = answer(reply);
        String verdict = answer.map(known ->
                        oracle.judge(entry, known, node, askedAt, answeredAt).toString())
                .orElse(UNEXPECTED);
        add(new Deviation(verdict, node, entry + ": " + reply, askedAt, answeredAt));
    }

    /** Counts a reply to a command that is always accepted. */
    void addAccepted(String command, String reply, int node, long askedAt, long answeredAt) {
        Verdict verdict =
                answer(reply).filter(answer -> answer == Answer.ACCEPTED).isPresent()
                        ? Verdict.RIGHT
                        : Verdict.WRONGLY_REFUSED;
        add(new Deviation(verdict.toString(), node, command + ": " + reply, askedAt, answeredAt));
    }

    /** Counts a connection that ended before a reply came, unless its node was down. */
    void addDropped(String reason, int node, long askedAt, long droppedAt) {
        if (!outages.allowDrop(node, askedAt, droppedAt)) {
            add(new Deviation(UNEXPECTED, node, reason, askedAt, droppedAt));
        }
    }

    private void add(Deviation answer) {
        counts.computeIfAbsent(answer.verdict, key -> new LongAdder()).increment();
        if (!answer.verdict.equals(Verdict.RIGHT.toString())) {
            deviations.add(answer);
        }
    }

    private static Optional<Answer> answer(String reply) {
        if (reply.startsWith("250 ")) {
            return Optional.of(Answer.ACCEPTED);
        }
        if (reply.startsWith("451 4.7.1 ")) {
            return Optional.of(Answer.REFUSED);
        }
        return reply.startsWith("451 4.3.0 ") ? Optional.of(Answer.DEFERRED) : Optional.empty();
    }

    /** How many there were of each verdict until now. */
    Map<String, LongAdder> counts() {
        return counts;
    }

    /** Those that were not right until now. */
    Collection<Deviation> deviations() {
        return deviations;
    }
}
