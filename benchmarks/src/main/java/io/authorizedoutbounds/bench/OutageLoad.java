// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * The clients of {@link OutageMeasurement}: inbound mail, a listed address that is cached, and addresses that James has
 * never seen. The first reply that must not come ends all.
 */
class OutageLoad {
    static final int INBOUND_CLIENTS = 2;
    static final int RECIPIENTS_PER_MAIL = 20;

    /** A connection is tied to one thread of James: a client that stays on one would measure that thread only. */
    static final int MAILS_PER_CONNECTION = 20;

    static final int CACHED_PER_SECOND = 100;
    static final int UNDECIDABLE_PER_SECOND = 10;

    /** The reply to what cannot be decided. */
    static final String UNAVAILABLE = "451 4.3.0";

    private static final int MAX_CONCURRENT_UNDECIDABLE = 32;
    private static final String INBOUND_CLIENT = "127.0.0.3";
    private static final String LISTED_CLIENT = "127.0.0.2";
    private static final String INTERNAL_DOMAIN = "internal.example";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final String ACCEPTED = "250";
    private static final String UNLISTED = "451 4.7.1";

    private final int port;
    private final long start = System.nanoTime();
    final SecondBySecond inbound;
    final SecondBySecond cached;
    final SecondBySecond undecidable;
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private final ScheduledExecutorService threads =
            Executors.newScheduledThreadPool(INBOUND_CLIENTS + 1 + MAX_CONCURRENT_UNDECIDABLE);
    private final AtomicInteger addresses = new AtomicInteger();
    private volatile boolean stopped;

    /**
     * Clients that have not started.
     *
     * @param slowMillis replies that take longer are counted as slow
     */
    OutageLoad(int port, double slowMillis) {
        this.port = port;
        this.inbound = new SecondBySecond(start, slowMillis);
        this.cached = new SecondBySecond(start, slowMillis);
        this.undecidable = new SecondBySecond(start, slowMillis);
    }

    /** Adds the domain, its users and its list. */
    static void prepare(WebAdmin webAdmin) {
        webAdmin.addDomain(INTERNAL_DOMAIN);
        for (int user = 0; user < RECIPIENTS_PER_MAIL; user++) {
            webAdmin.addUser(user(user), "secret");
        }
        int status = webAdmin.put(INTERNAL_DOMAIN, LISTED_CLIENT).statusCode();
        if (status != 204) {
            throw new IllegalStateException("WebAdmin answered " + status);
        }
    }

    private static String user(int number) {
        return "user" + number + "@" + INTERNAL_DOMAIN;
    }

    void start() {
        for (int client = 0; client < INBOUND_CLIENTS; client++) {
            threads.execute(guarded(this::sendInbound));
        }
        threads.execute(guarded(this::sendCached));
        long between = TimeUnit.SECONDS.toMicros(1) / UNDECIDABLE_PER_SECOND;
        var unused = threads.scheduleAtFixedRate(
                // On a thread of its own: the next one does not wait for the answer.
                () -> threads.execute(guarded(this::sendUndecidable)), 0, between, TimeUnit.MICROSECONDS);
    }

    void stop() {
        stopped = true;
        threads.shutdownNow();
    }

    private Runnable guarded(Runnable client) {
        return () -> {
            try {
                client.run();
            } catch (RuntimeException e) {
                if (!stopped) {
                    failure.completeExceptionally(e);
                }
            }
        };
    }

    /** Waits until so many seconds have gone since the start. */
    void await(int second) throws InterruptedException, ExecutionException {
        long nanos = TimeUnit.SECONDS.toNanos(second) - (System.nanoTime() - start);
        CompletableFuture<Void> time = new CompletableFuture<>();
        var unused = threads.schedule(() -> time.complete(null), nanos, TimeUnit.NANOSECONDS);
        CompletableFuture.anyOf(time, failure).get();
    }

    private void sendInbound() {
        while (!stopped) {
            try (SmtpClient client = SmtpClient.from(INBOUND_CLIENT, port)) {
                for (int mail = 0; mail < MAILS_PER_CONNECTION && !stopped; mail++) {
                    expect(client.mail(EXTERNAL_SENDER), ACCEPTED);
                    for (int user = 0; user < RECIPIENTS_PER_MAIL; user++) {
                        timed(inbound, client, user(user), ACCEPTED);
                    }
                    expect(client.send("RSET"), ACCEPTED);
                }
            }
        }
    }

    private void sendCached() {
        try (SmtpClient client = SmtpClient.from(LISTED_CLIENT, port)) {
            long next = System.nanoTime();
            for (int rcpt = 0; !stopped; rcpt++) {
                if (rcpt % RECIPIENTS_PER_MAIL == 0) {
                    expect(client.send("RSET"), ACCEPTED);
                    expect(client.mail("sender@" + INTERNAL_DOMAIN), ACCEPTED);
                }
                timed(cached, client, EXTERNAL_RECIPIENT, ACCEPTED);
                next += TimeUnit.SECONDS.toNanos(1) / CACHED_PER_SECOND;
                pause(next - System.nanoTime());
            }
        }
    }

    private void pause(long nanos) {
        try {
            threads.schedule(() -> {}, nanos, TimeUnit.NANOSECONDS).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private void sendUndecidable() {
        try (SmtpClient client = SmtpClient.from(newAddress(), port)) {
            expect(client.mail(EXTERNAL_SENDER), ACCEPTED);
            timed(undecidable, client, EXTERNAL_RECIPIENT, UNLISTED, UNAVAILABLE);
        }
    }

    /** An address that James has never seen: nothing of it is cached. */
    private String newAddress() {
        int number = addresses.getAndIncrement();
        return "127.2." + number / 250 + "." + (1 + number % 250);
    }

    private static void timed(SecondBySecond series, SmtpClient client, String recipient, String... allowed) {
        long askedAt = System.nanoTime();
        series.add(askedAt, expect(client.rcpt(recipient), allowed));
    }

    /** The one of the allowed that it is. */
    private static String expect(String reply, String... allowed) {
        return Stream.of(allowed)
                .filter(code -> reply.startsWith(code + " "))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("'" + reply + "' instead of "
                        + String.join(" or ", allowed) + (reply.isEmpty() ? ": the connection was dropped" : "")));
    }
}
