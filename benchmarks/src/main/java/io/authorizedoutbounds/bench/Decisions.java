// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.Sender;
import io.authorizedoutbounds.policy.SessionTrust;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** Questions to rule 1 about a data set, how long each takes and whether its answer is right. */
class Decisions {
    /** Those that need a lookup and get one. */
    static final List<RelayRow> ROWS =
            List.of(RelayRow.LISTED_FOR_DOMAIN, RelayRow.UNLISTED_FOR_DOMAIN, RelayRow.LISTED, RelayRow.UNLISTED);

    private static final long LONGEST = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;

    /** One RCPT to an external recipient and the row that is right. */
    record Question(Sender sender, OutboundAddress client, RelayRow answer) {}

    private final DataSet data;

    Decisions(DataSet data) {
        this.data = data;
    }

    /**
     * Questions whose answer is this row, each about another domain or address.
     *
     * <p>Rows 2 and 3 share the domains: ranges of positions that do not overlap have none in common.
     */
    List<Question> about(RelayRow row, int from, int count) {
        return IntStream.range(from, from + count)
                .mapToObj(position -> question(row, position))
                .toList();
    }

    private Question question(RelayRow row, int position) {
        int domain = data.shuffledDomain(position);
        OutboundAddress unlisted = data.address(data.addresses() + position);
        switch (row) {
            case LISTED_FOR_DOMAIN:
                return new Question(
                        Sender.internal(data.domain(domain)),
                        data.addressOf(domain, position % DataSet.ADDRESSES_OF_A_DOMAIN),
                        row);
            case UNLISTED_FOR_DOMAIN:
                return new Question(Sender.internal(data.domain(domain)), unlisted, row);
            case LISTED:
                return new Question(Sender.external(), data.address(data.shuffledAddress(position)), row);
            case UNLISTED:
                return new Question(Sender.external(), unlisted, row);
            default:
                throw new IllegalArgumentException("Row " + row + " needs no lookup");
        }
    }

    /** Times each, one after another; nanoseconds. */
    static Histogram judge(RelayRule rule, List<Question> questions) {
        Histogram nanoseconds = newHistogram();
        for (Question question : questions) {
            long start = System.nanoTime();
            RelayDecision decision = rule.judge(
                    SessionTrust.NONE, question.sender(), question.client(), () -> Locality.EXTERNAL, () -> false);
            nanoseconds.recordValue(System.nanoTime() - start);
            RelayRow answer = decision.row();
            if (answer != question.answer()) {
                throw new IllegalStateException("Row " + answer.number() + " instead of "
                        + question.answer().number() + " for " + question.client());
            }
        }
        return nanoseconds;
    }

    /** Times each, with so many threads at once that share the questions. */
    static Histogram judge(RelayRule rule, List<Question> questions, int threads)
            throws InterruptedException, ExecutionException {
        List<Callable<Histogram>> shares = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            List<Question> share = questions.subList((int) ((long) questions.size() * thread / threads), (int)
                    ((long) questions.size() * (thread + 1) / threads));
            shares.add(() -> judge(rule, share));
        }
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            Histogram nanoseconds = newHistogram();
            for (Future<Histogram> share : pool.invokeAll(shares)) {
                nanoseconds.add(share.get());
            }
            return nanoseconds;
        } finally {
            pool.shutdownNow();
        }
    }

    /** What the clock itself takes: the least that any figure here can be. */
    static Histogram timeNothing(int times) {
        Histogram nanoseconds = newHistogram();
        for (int i = 0; i < times; i++) {
            long start = System.nanoTime();
            nanoseconds.recordValue(System.nanoTime() - start);
        }
        return nanoseconds;
    }

    static Histogram newHistogram() {
        return new Histogram(LONGEST, DIGITS);
    }
}
