// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.datastax.oss.driver.api.core.CqlSession;
import io.authorizedoutbounds.bench.Operator.Answer;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * What an operator waits for after an import of a million entries: the export, the history and the refusals of a quiet
 * domain, and lists of ten thousand addresses, each in one call.
 */
class OperatorMeasurement implements Measurement {
    /** With three addresses each. */
    private static final DataSet DATA = new DataSet(Integer.getInteger("bench.operator.domains", 333_340));

    private static final String KEYSPACE = "operator";
    private static final int HEAP_MEGABYTES = 256;
    private static final int ADDRESSES = 10_000;
    private static final int ROUNDS = 3;
    private static final int READS = 20;

    /** CASES 53. */
    private static final int EXCHANGES = 20;

    private static final double READ_BUDGET_SECONDS = 1;

    /** Lists so many addresses before the import, and is refused from so many others. */
    private static final int QUIET_ENTRIES = 3;

    private static final String QUIET = "quiet.example";
    private static final String REFUSALS_OF_QUIET = "/domains/" + QUIET + "/refusedOutbounds";
    private static final String LONG_LIST = "long.example";

    private static final int ENTRIES = DATA.addresses() + QUIET_ENTRIES;

    private final List<String> text = new ArrayList<>();
    private final List<Budget> budgets = new ArrayList<>();

    @Override
    public Report run() throws Exception {
        System.out.println("Starting Cassandra and James ...");
        try (CassandraServer cassandra = CassandraServer.withJvm("-Xms2g", "-Xmx2g", "-XX:+UseG1GC")
                        .allowTombstones(KEYSPACE)
                        .start();
                JamesServer james = JamesServer.builder()
                        .cassandra(cassandra, KEYSPACE)
                        .heap(HEAP_MEGABYTES)
                        .start()) {
            WebAdmin webAdmin = WebAdmin.of(james).awaitLists();
            Operator operator = new Operator(james);
            addQuietDomain(webAdmin, james, operator);
            load(cassandra);
            measureExport(operator);
            measureReads(operator);
            webAdmin.addDomain(LONG_LIST);
            measureReplacements(operator);
            measureExchanges(operator);
            budgets.add(Budget.ofTombstones(cassandra, KEYSPACE));
        }
        return new Report("What an operator waits for", String.join("\n", text), budgets);
    }

    /** Some changes and some refusals, all older than the import. */
    private static void addQuietDomain(WebAdmin webAdmin, JamesServer james, Operator operator) {
        webAdmin.addDomain(QUIET);
        for (int i = 1; i <= QUIET_ENTRIES; i++) {
            int status = webAdmin.put(QUIET, "198.51.100." + i).statusCode();
            String reply = refusedAt(james, "127.4.0." + i);
            if (status != 204 || !reply.startsWith("451 4.7.1")) {
                throw new IllegalStateException(status + ", " + reply);
            }
        }
        Awaitility.await("the refusals")
                .until(() -> operator.read(REFUSALS_OF_QUIET).entries() == QUIET_ENTRIES);
    }

    private static String refusedAt(JamesServer james, String client) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail("someone@" + QUIET);
            return smtp.rcpt("someone@elsewhere.example.org");
        }
    }

    private void load(CassandraServer cassandra) throws InterruptedException {
        try (CqlSession session = cassandra.sessionBuilder(KEYSPACE).build()) {
            System.out.printf("Loading %,d entries ...%n", DATA.addresses());
            long seconds = DataSetLoader.open(session, KEYSPACE, DATA).load().toSeconds();
            text.add(String.format(
                    Locale.ROOT,
                    "A James with a heap of %d MB. %,d entries were imported through the store in %d s, with a row of the"
                            + " change log for each.%n",
                    HEAP_MEGABYTES,
                    DATA.addresses(),
                    seconds));
        }
    }

    private void measureExport(Operator operator) throws IOException, InterruptedException {
        System.out.println("Export ...");
        List<Answer> exports = operator.read("/authorizedOutbounds", ROUNDS);
        Answer export = exports.get(0);
        double seconds = median(exports);
        text.add(String.format(
                Locale.ROOT,
                "The export of %,d entries (%.0f MB of JSON) took %.1f s.%n",
                export.entries(),
                export.characters() / 1e6,
                seconds));
        budgets.add(new Budget(
                String.format(
                        Locale.ROOT, "entries in the export of %,d, from a heap of %d MB", ENTRIES, HEAP_MEGABYTES),
                "each",
                String.format(Locale.ROOT, "%,d in %.1f s", export.entries(), seconds),
                exports.stream().allMatch(each -> each.entries() == ENTRIES)));
    }

    private void measureReads(Operator operator) throws IOException, InterruptedException {
        System.out.println("History and refusals ...");
        text.add(String.format(
                Locale.ROOT,
                "| read over WebAdmin, after the import of %,d entries | median, s | maximum, s |",
                DATA.addresses()));
        text.add("|---|---|---|");
        List<Answer> history = operator.read("/authorizedOutbounds/changes?domain=" + QUIET, READS);
        List<Answer> refusals = operator.read(REFUSALS_OF_QUIET, READS);
        addReads("history of a domain that has not changed since", history);
        addReads("refusals of that domain", refusals);
        addReads(
                "history of all domains, 1,000 changes",
                operator.read("/authorizedOutbounds/changes?limit=1000", READS));
        text.add(String.format(Locale.ROOT, "%n%d reads a line.%n", READS));
        addBudget("history of a quiet domain", history);
        addBudget("refusals of a quiet domain", refusals);
    }

    private void addReads(String what, List<Answer> answers) {
        String line = String.format(Locale.ROOT, "| %s | %.3f | %.3f |", what, median(answers), maximum(answers));
        System.out.println("  " + line);
        text.add(line);
    }

    private void addBudget(String what, List<Answer> answers) {
        budgets.add(new Budget(
                String.format(Locale.ROOT, "%s after an import of %,d entries, the slowest", what, DATA.addresses()),
                "≤ 1 s",
                String.format(Locale.ROOT, "%.3f s", maximum(answers)),
                maximum(answers) <= READ_BUDGET_SECONDS
                        && answers.stream().allMatch(each -> each.entries() == QUIET_ENTRIES)));
    }

    private void measureReplacements(Operator operator) throws IOException, InterruptedException {
        System.out.printf("Lists of %,d addresses ...%n", ADDRESSES);
        List<Double> added = new ArrayList<>();
        List<Double> kept = new ArrayList<>();
        List<Double> exchanged = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            operator.replaceList(LONG_LIST, "[]");
            added.add(operator.replaceList(LONG_LIST, addresses("203.1")));
            kept.add(operator.replaceList(LONG_LIST, addresses("203.1")));
            exchanged.add(operator.replaceList(LONG_LIST, addresses("205.1")));
        }
        text.add(String.format(Locale.ROOT, "| list of %,d addresses over WebAdmin | s |%n|---|---|", ADDRESSES));
        text.add(String.format(Locale.ROOT, "| all are new | %.2f |", median(added, seconds -> seconds)));
        text.add(String.format(Locale.ROOT, "| all are there already | %.2f |", median(kept, seconds -> seconds)));
        text.add(String.format(
                Locale.ROOT,
                "| all are others: as many added and removed | %.2f |%n%nMedians of %d.",
                median(exchanged, seconds -> seconds),
                ROUNDS));
    }

    /** Addresses that were never there, each time; then everything that reads a list is used. */
    private void measureExchanges(Operator operator) throws IOException, InterruptedException {
        System.out.printf("The same, %d times ...%n", EXCHANGES);
        for (int round = 0; round < EXCHANGES; round++) {
            operator.replaceList(LONG_LIST, addresses("206." + round));
        }
        Answer list = operator.read(Operator.listOf(LONG_LIST));
        Answer export = operator.read("/authorizedOutbounds");
        text.add(String.format(
                Locale.ROOT,
                "%nAfter %d more exchanges, each with addresses that were not listed before, the list was read in %.2f s, and"
                        + " the export, which reads what the sweep for removed domains reads, took %.1f s.",
                EXCHANGES,
                list.seconds(),
                export.seconds()));
        budgets.add(new Budget(
                String.format(
                        Locale.ROOT,
                        "entries of a list of %,d that was exchanged %d times; entries in the export",
                        ADDRESSES,
                        EXCHANGES),
                "each",
                String.format(Locale.ROOT, "%,d; %,d", list.entries(), export.entries()),
                list.entries() == ADDRESSES && export.entries() == ENTRIES + ADDRESSES));
    }

    private static String addresses(String firstBytes) {
        return IntStream.range(0, ADDRESSES)
                .mapToObj(i -> "{\"ip\":\"" + firstBytes + "." + i / 250 + "." + i % 250 + "\",\"comment\":\"node " + i
                        + "\"}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static double median(List<Answer> answers) {
        return median(answers, Answer::seconds);
    }

    private static double maximum(List<Answer> answers) {
        return answers.stream().mapToDouble(Answer::seconds).max().orElseThrow();
    }

    private static <T> double median(Collection<T> values, ToDoubleFunction<T> figure) {
        return values.stream()
                .mapToDouble(figure)
                .sorted()
                .skip(values.size() / 2)
                .findFirst()
                .orElseThrow();
    }
}
