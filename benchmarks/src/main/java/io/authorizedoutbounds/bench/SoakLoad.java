// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.it.smtp.SmtpClient;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The SMTP clients of a soak. Each has one connection at a time, to one node after another, and sends RCPT at a steady rate;
 * each reply goes to the {@link SoakAnswers}.
 */
final class SoakLoad {
    static final int RECIPIENTS_PER_MAIL = 5;
    static final int MAILS_PER_CONNECTION = 4;

    private static final long RETRY_INTERVAL = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int ADDRESSES_PER_NETWORK = 250;
    private static final String INBOUND_CLIENT = "127.0.0.3";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";

    /** What a client sends; of ten connections so many are of each kind. */
    enum Mail {
        /** From an address that may be listed, as its domain: rows 2 and 3. */
        INTERNAL_SENDER(5),
        /** From an address that may be listed, with an external sender: rows 6 and 7. */
        EXTERNAL_SENDER(2),
        /** From an address that James has never seen, to outside: row 7 without the cache. */
        NEVER_SEEN(1),
        /** Inbound: row 5. */
        INBOUND(2);

        private final int share;

        Mail(int share) {
            this.share = share;
        }

        private static Mail random() {
            int number = ThreadLocalRandom.current().nextInt(10);
            for (Mail mail : values()) {
                number -= mail.share;
                if (number < 0) {
                    return mail;
                }
            }
            throw new IllegalStateException("The shares are not ten");
        }
    }

    private final SoakRun run;
    private final List<SoakNode> nodes;
    private final List<SoakEntry> entries;
    private final String user;
    private final SoakAnswers answers;
    private final long interval;
    private final AtomicInteger neverSeen = new AtomicInteger();

    /**
     * Clients that have not started.
     *
     * @param user       who gets inbound mail
     * @param perSecond RCPT of one client
     */
    SoakLoad(
            SoakRun run,
            List<SoakNode> nodes,
            List<SoakEntry> entries,
            String user,
            SoakAnswers answers,
            int perSecond) {
        this.run = run;
        this.nodes = nodes;
        this.entries = entries;
        this.user = user;
        this.answers = answers;
        this.interval = TimeUnit.SECONDS.toNanos(1) / perSecond;
    }

    /** One client, until the end of the soak. */
    void send() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        // Not all at once.
        run.pause(random.nextLong(interval));
        while (!run.isStopped()) {
            SoakNode node = nodes.get(random.nextInt(nodes.size()));
            if (!node.isUp()) {
                run.pause(RETRY_INTERVAL);
                continue;
            }
            send(node, Mail.random(), entries.get(random.nextInt(entries.size())));
        }
    }

    private void send(SoakNode node, Mail mail, SoakEntry randomEntry) {
        SoakEntry entry = mail == Mail.NEVER_SEEN ? new SoakEntry("nobody", newAddress()) : randomEntry;
        String clientAddress = mail == Mail.INBOUND ? INBOUND_CLIENT : entry.address();
        long askedAt = run.now();
        try (SmtpClient client = SmtpClient.from(clientAddress, node.smtpPort())) {
            long next = run.now();
            for (int rcpt = 0; rcpt < MAILS_PER_CONNECTION * RECIPIENTS_PER_MAIL && !run.isStopped(); rcpt++) {
                askedAt = run.now();
                if (rcpt % RECIPIENTS_PER_MAIL == 0) {
                    startMail(client, node, mail, entry);
                    askedAt = run.now();
                }
                String reply = client.rcpt(mail == Mail.INBOUND ? user : EXTERNAL_RECIPIENT);
                if (reply.isEmpty()) {
                    answers.addDropped("no reply to RCPT", node.number(), askedAt, run.now());
                    return;
                }
                if (mail == Mail.INBOUND) {
                    answers.addAccepted("RCPT, inbound", reply, node.number(), askedAt, run.now());
                } else {
                    answers.add(entry, reply, node.number(), askedAt, run.now());
                }
                next += interval;
                run.pauseUntil(next);
            }
        } catch (UncheckedIOException e) {
            answers.addDropped(e.toString(), node.number(), askedAt, run.now());
        }
    }

    private void startMail(SmtpClient client, SoakNode node, Mail mail, SoakEntry entry) {
        long askedAt = run.now();
        client.send("RSET");
        String reply = client.mail(mail == Mail.INTERNAL_SENDER ? "someone@" + entry.domain() : EXTERNAL_SENDER);
        if (!reply.isEmpty()) {
            answers.addAccepted("MAIL", reply, node.number(), askedAt, run.now());
        }
    }

    private String newAddress() {
        int number = neverSeen.getAndIncrement() % (ADDRESSES_PER_NETWORK * ADDRESSES_PER_NETWORK);
        return "127.2." + number / ADDRESSES_PER_NETWORK + "." + (1 + number % ADDRESSES_PER_NETWORK);
    }
}
