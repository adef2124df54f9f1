// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.smtp.SmtpSink.Received;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** Mail servers of customers that send a mail each second, to every node that is in service. */
final class HonestMail implements AutoCloseable {
    private static final long INTERVAL_MILLIS = 1000;

    private final Map<String, String> domainOfClient;
    private final Set<JamesServer> inService = ConcurrentHashMap.newKeySet();
    private final AtomicInteger mails = new AtomicInteger();
    private final Set<String> accepted = ConcurrentHashMap.newKeySet();
    private final Queue<String> refusals = new ConcurrentLinkedQueue<>();
    private final SmtpSink sink;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

    /** Begins at once. */
    HonestMail(SmtpSink sink, List<JamesServer> nodes, Map<String, String> domainOfClient) {
        this.sink = sink;
        this.domainOfClient = Map.copyOf(domainOfClient);
        inService.addAll(nodes);
        var unused = thread.scheduleWithFixedDelay(this::sendAll, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }

    private synchronized void sendAll() {
        inService.forEach(node -> domainOfClient.forEach((client, domain) -> send(node, client, domain)));
    }

    private void send(JamesServer node, String client, String domain) {
        String recipient = "friend" + mails.incrementAndGet() + "@elsewhere.example.org";
        try (SmtpClient smtp = SmtpClient.from(client, node.smtpPort())) {
            smtp.mail("user@" + domain);
            String reply = smtp.rcpt(recipient);
            if (reply.startsWith("250")) {
                reply = smtp.data("Hello");
            }
            if (reply.startsWith("250")) {
                accepted.add(recipient);
            } else {
                refusals.add(client + " as " + domain + ": " + reply);
            }
        } catch (RuntimeException e) {
            refusals.add(client + " as " + domain + ": " + e);
        }
    }

    /** Stops sending to a node, and waits until it has relayed all its mail. */
    void takeOut(JamesServer node) {
        inService.remove(node);
        synchronized (this) {
            // What it sends now is done.
            assertThat(inService).isNotEmpty();
        }
        awaitDelivered();
    }

    void putIn(JamesServer node) {
        inService.add(node);
    }

    private void awaitDelivered() {
        Set<String> expected = Set.copyOf(accepted);
        Awaitility.await("the mail that was accepted to be relayed")
                .atMost(Duration.ofMinutes(1))
                .until(() -> Set.copyOf(recipients()).containsAll(expected));
    }

    private List<String> recipients() {
        return sink.received().stream().map(Received::recipient).toList();
    }

    /** Ends, and asserts that each mail was accepted, and delivered once. */
    void assertAllDeliveredOnce() {
        close();
        awaitDelivered();
        assertThat(refusals).isEmpty();
        assertThat(recipients()).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(accepted);
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            assertThat(thread.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
