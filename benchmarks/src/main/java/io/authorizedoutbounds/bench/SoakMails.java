// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.smtp.SmtpSink.Received;
import io.authorizedoutbounds.it.webadmin.WebAdmin.StoredMail;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Whole mails of a soak, from an address that is always listed, and what becomes of each: rule 2 passes those of an internal
 * sender, which reach the next server, and quarantines those of an external one. Each has a recipient of its own.
 */
final class SoakMails {
    /** The address that sends them. */
    static final String CLIENT = "127.3.0.1";

    private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(250);
    private static final String QUARANTINE = "blocked-sender";
    private static final Duration END_TIMEOUT = Duration.ofMinutes(3);

    /** A node that is killed has not recorded what it has just handed over, and does it again. */
    private static final long UNRECORDED = TimeUnit.SECONDS.toNanos(15);

    /**
     * A mail that was sent.
     *
     * @param acknowledged whether a node has answered DATA with 250; otherwise it may have taken it or not
     */
    private record Mail(String recipient, boolean quarantined, int node, long sentAt, boolean acknowledged) {}

    /** How many of the mails that were acknowledged ended where. */
    record Tally(
            long acknowledged,
            long delivered,
            long quarantined,
            long lost,
            long doubled,
            long doubledByAKill,
            long leaked) {
        boolean isRight() {
            return lost == 0 && doubled == 0 && leaked == 0 && delivered > 0 && quarantined > 0;
        }
    }

    private final SoakRun run;
    private final List<SoakNode> nodes;
    private final SmtpSink sink;
    private final SoakOutages outages;
    private final String domain;
    private final Queue<Mail> mails = new ConcurrentLinkedQueue<>();

    /** @param domain lists {@link #CLIENT} */
    SoakMails(SoakRun run, List<SoakNode> nodes, SmtpSink sink, SoakOutages outages, String domain) {
        this.run = run;
        this.nodes = nodes;
        this.sink = sink;
        this.outages = outages;
        this.domain = domain;
    }

    /** Sends mails until the end of the soak, to either node. */
    void send() {
        for (int number = 0; !run.isStopped(); number++) {
            long next = run.now() + INTERVAL;
            SoakNode node = nodes.get(ThreadLocalRandom.current().nextInt(nodes.size()));
            if (node.isUp()) {
                send(node, number);
            }
            run.pauseUntil(next);
        }
    }

    private void send(SoakNode node, int number) {
        boolean external = number % 2 == 1;
        String recipient = "mail" + number + "@elsewhere.example.org";
        long sentAt = run.now();
        boolean started = false;
        try (SmtpClient client = SmtpClient.from(CLIENT, node.smtpPort())) {
            client.mail(external ? "someone@remote.example.com" : "someone@" + domain);
            if (client.rcpt(recipient).startsWith("250")) {
                started = true;
                boolean acknowledged = client.data("soak").startsWith("250");
                mails.add(new Mail(recipient, external, node.number(), sentAt, acknowledged));
            }
        } catch (UncheckedIOException e) {
            if (started) {
                mails.add(new Mail(recipient, external, node.number(), sentAt, false));
            }
        }
    }

    /** Waits until each acknowledged mail has ended somewhere, or for the timeout, and counts. */
    Tally awaitEnd() {
        try {
            Awaitility.await("the mails of the soak")
                    .atMost(END_TIMEOUT)
                    .pollInterval(Duration.ofSeconds(5))
                    .until(() -> tally().lost() == 0);
        } catch (ConditionTimeoutException e) {
            // Those that are missing are counted as lost.
        }
        return tally();
    }

    private Tally tally() {
        Map<String, Long> delivered = count(sink.received().stream().map(Received::recipient));
        Map<String, Long> quarantined = count(nodes.stream()
                .flatMap(node -> node.webAdmin().mails(QUARANTINE).stream())
                .map(StoredMail::recipients)
                .flatMap(List::stream));
        List<Mail> acknowledged = mails.stream().filter(Mail::acknowledged).toList();
        List<Mail> doubled = mails.stream()
                .filter(mail -> (mail.quarantined ? quarantined : delivered).getOrDefault(mail.recipient, 0L) > 1)
                .toList();
        long byAKill = doubled.stream()
                .filter(mail -> outages.isKilledBetween(mail.node, mail.sentAt, mail.sentAt + UNRECORDED))
                .count();
        return new Tally(
                acknowledged.size(),
                acknowledged.stream()
                        .filter(mail -> !mail.quarantined && delivered.containsKey(mail.recipient))
                        .count(),
                acknowledged.stream()
                        .filter(mail -> mail.quarantined && quarantined.containsKey(mail.recipient))
                        .count(),
                acknowledged.stream()
                        .filter(mail -> !(mail.quarantined ? quarantined : delivered).containsKey(mail.recipient))
                        .count(),
                doubled.size() - byAKill,
                byAKill,
                mails.stream()
                        .filter(mail -> mail.quarantined && delivered.containsKey(mail.recipient))
                        .count());
    }

    private static Map<String, Long> count(Stream<String> recipients) {
        return recipients.collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }
}
