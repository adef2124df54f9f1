// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import com.google.common.net.InetAddresses;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Transactions of MAIL, RCPTs and RSET over some connections at once, as many as the server answers. Every reply is
 * read and must be the expected one. The commands are made beforehand, since the client shares the processors with the
 * server.
 */
class SmtpLoad {
    /** Below what James and Postfix allow as they are shipped. */
    static final int RECIPIENTS = 100;

    static final int CONNECTIONS = 4;
    private static final Duration RUN_UP = Duration.ofMillis(500);
    private static final int TIMEOUT_MILLIS = 30_000;

    private final ImmutableList<byte[]> mails;
    private final ImmutableList<byte[]> rcpts;
    private final byte[] rset = command("RSET");
    private final ImmutableList<byte[]> transactions;

    /**
     * @param from       senders, one for each transaction in turn
     * @param recipients of each transaction, {@link #RECIPIENTS} of them
     */
    SmtpLoad(List<String> from, List<String> recipients) {
        rcpts = recipients.stream()
                .map(recipient -> command("RCPT TO:<" + recipient + ">"))
                .collect(ImmutableList.toImmutableList());
        String pipelined = recipients.stream()
                .map(recipient -> "RCPT TO:<" + recipient + ">\r\n")
                .collect(Collectors.joining());
        ImmutableList.Builder<byte[]> senders = ImmutableList.builder();
        ImmutableList.Builder<byte[]> whole = ImmutableList.builder();
        for (String sender : from) {
            String mail = "MAIL FROM:<" + sender + ">";
            senders.add(command(mail));
            whole.add(command(mail + "\r\n" + pipelined + "RSET"));
        }
        mails = senders.build();
        transactions = whole.build();
    }

    private static byte[] command(String command) {
        return (command + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Replies to RCPT per second, of all connections.
     *
     * @param loopbackAddress where the connections come from
     * @param pipelined       whether a transaction is one write, or each command waits for the reply to the last
     * @param rcptReply       the code that each RCPT must be answered with
     */
    double rcptsPerSecond(int port, String loopbackAddress, boolean pipelined, int rcptReply, Duration duration)
            throws InterruptedException, ExecutionException {
        long begin = System.nanoTime() + RUN_UP.toNanos();
        List<Callable<Double>> connections = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            int first = i;
            connections.add(() -> {
                try (Connection connection = new Connection(loopbackAddress, port)) {
                    return connection.rcptsPerSecond(first, pipelined, rcptReply, begin, duration);
                }
            });
        }
        ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
        try {
            double sum = 0;
            for (Future<Double> connection : threads.invokeAll(connections)) {
                sum += connection.get();
            }
            return sum;
        } finally {
            threads.shutdownNow();
        }
    }

    private final class Connection implements AutoCloseable {
        private final Socket socket = new Socket();
        private final InputStream in;
        private final OutputStream out;
        private final byte[] received = new byte[1 << 16];
        private int position;
        private int limit;

        private Connection(String loopbackAddress, int port) throws IOException {
            socket.bind(new InetSocketAddress(InetAddresses.forString(loopbackAddress), 0));
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddresses.forString("127.0.0.1"), port), TIMEOUT_MILLIS);
            in = socket.getInputStream();
            out = socket.getOutputStream();
            expect(220);
            out.write(command("EHLO client.example"));
            expect(250);
        }

        private double rcptsPerSecond(int first, boolean pipelined, int rcptReply, long begin, Duration duration)
                throws IOException {
            int next = first;
            do {
                transaction(next++ % mails.size(), pipelined, rcptReply);
            } while (System.nanoTime() - begin < 0);
            long start = System.nanoTime();
            long count = 0;
            long elapsed;
            do {
                transaction(next++ % mails.size(), pipelined, rcptReply);
                count += RECIPIENTS;
                elapsed = System.nanoTime() - start;
            } while (elapsed < duration.toNanos());
            return count * 1e9 / elapsed;
        }

        private void transaction(int number, boolean pipelined, int rcptReply) throws IOException {
            if (pipelined) {
                out.write(transactions.get(number));
                expect(250);
                for (int i = 0; i < RECIPIENTS; i++) {
                    expect(rcptReply);
                }
                expect(250);
                return;
            }
            out.write(mails.get(number));
            expect(250);
            for (int i = 0; i < RECIPIENTS; i++) {
                out.write(rcpts.get(i));
                expect(rcptReply);
            }
            out.write(rset);
            expect(250);
        }

        /** Reads one reply, of one line or many. */
        private void expect(int code) throws IOException {
            boolean last;
            do {
                int answer = (next() - '0') * 100 + (next() - '0') * 10 + next() - '0';
                if (answer != code) {
                    throw new IllegalStateException(answer + restOfLine() + " instead of " + code);
                }
                byte octet = next();
                last = octet != '-';
                while (octet != '\n') {
                    octet = next();
                }
            } while (!last);
        }

        private String restOfLine() throws IOException {
            StringBuilder line = new StringBuilder();
            for (byte octet = next(); octet != '\n'; octet = next()) {
                line.append((char) octet);
            }
            return line.toString().stripTrailing();
        }

        private byte next() throws IOException {
            if (position == limit) {
                position = 0;
                limit = in.read(received);
                if (limit < 0) {
                    throw new IllegalStateException("The server has closed the connection");
                }
            }
            return received[position++];
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
