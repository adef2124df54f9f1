// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import io.authorizedoutbounds.it.build.Build;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.subethamail.smtp.helper.SimpleMessageListener;
import org.subethamail.smtp.helper.SimpleMessageListenerAdapter;
import org.subethamail.smtp.server.SMTPServer;

/** A real SMTP server that takes nearly all mail: the outside world that James relays to. */
public final class SmtpSink implements AutoCloseable {
    /** How a recipient begins that is refused for good. */
    public static final String REFUSED = "refused";

    /** A mail for one recipient. */
    public record Received(String sender, String recipient, String content) {}

    private final Queue<Received> received = new ConcurrentLinkedQueue<>();
    private final int port = Build.freePort();
    private final SMTPServer server;

    /** Starts on a port of its own of 127.0.0.1. */
    public SmtpSink() {
        server = SMTPServer.port(port)
                .bindAddress(InetAddress.getLoopbackAddress())
                .messageHandlerFactory(new SimpleMessageListenerAdapter(new SimpleMessageListener() {
                    @Override
                    public boolean accept(String from, String recipient) {
                        return !recipient.startsWith(REFUSED);
                    }

                    @Override
                    public void deliver(String from, String recipient, InputStream data) throws IOException {
                        received.add(new Received(
                                from, recipient, new String(data.readAllBytes(), StandardCharsets.ISO_8859_1)));
                    }
                }))
                .build();
        server.start();
    }

    public int port() {
        return port;
    }

    /** Waits for the mail for a recipient. */
    public Received awaitMailTo(String recipient) {
        return Awaitility.await("mail to " + recipient + " at the sink")
                .atMost(Duration.ofSeconds(30))
                .until(
                        () -> received.stream()
                                .filter(mail -> mail.recipient().equals(recipient))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** All that has come until now. */
    public List<Received> received() {
        return List.copyOf(received);
    }

    /** What has come for a recipient until now. */
    public List<Received> mailTo(String recipient) {
        return received.stream()
                .filter(mail -> mail.recipient().equals(recipient))
                .toList();
    }

    @Override
    public void close() {
        server.stop();
    }
}
