// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import com.google.common.net.InetAddresses;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** An SMTP client that sends exactly what it is given, from a loopback address of choice. */
public final class SmtpClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 30_000;
    private static final String HOST = "127.0.0.1";

    private final Consumer<String> transcript;
    private Socket socket;
    private InputStream in;
    private OutputStream out;

    private SmtpClient(Socket socket, Consumer<String> transcript) throws IOException {
        this.transcript = transcript;
        use(socket);
    }

    /** Connects from a loopback address, reads the greeting and says EHLO. */
    public static SmtpClient from(String loopbackAddress, int port) {
        return from(loopbackAddress, port, line -> {});
    }

    /** The same, with a transcript of each line that goes over the wire. */
    public static SmtpClient from(String loopbackAddress, int port, Consumer<String> transcript) {
        SmtpClient client = connect(loopbackAddress, port, transcript);
        client.reply();
        client.send("EHLO client.example");
        return client;
    }

    /** The same to a listener with TLS from the start. */
    public static SmtpClient overTls(String loopbackAddress, int port) {
        SmtpClient client = connect(loopbackAddress, port, line -> {});
        client.encrypt();
        client.reply();
        client.send("EHLO client.example");
        return client;
    }

    /** Connects to a listener with {@code proxyRequired} and says which client it stands for. */
    public static SmtpClient proxied(String proxyHeader, int port) {
        SmtpClient client = connect(HOST, port, line -> {});
        client.write(proxyHeader + "\r\n");
        client.reply();
        client.send("EHLO client.example");
        return client;
    }

    /** Connects and says nothing. */
    public static SmtpClient connect(String loopbackAddress, int port, Consumer<String> transcript) {
        try {
            Socket socket = new Socket();
            socket.bind(new InetSocketAddress(InetAddresses.forString(loopbackAddress), 0));
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddresses.forString(HOST), port), TIMEOUT_MILLIS);
            return new SmtpClient(socket, transcript);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void use(Socket newSocket) throws IOException {
        socket = newSocket;
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /** Sends one command and returns the last line of the reply. */
    public String send(String command) {
        transcript.accept("C: " + command);
        write(command + "\r\n");
        return reply();
    }

    /** MAIL FROM an address; {@code ""} is the null sender. */
    public String mail(String sender) {
        return send("MAIL FROM:<" + sender + ">");
    }

    /** RCPT TO an address. */
    public String rcpt(String recipient) {
        return send("RCPT TO:<" + recipient + ">");
    }

    /** Sends the same RCPT so many times at once (RFC 2920) and returns the last line of each reply. */
    public List<String> rcpts(String recipient, int times) {
        write(("RCPT TO:<" + recipient + ">\r\n").repeat(times));
        return Stream.generate(this::reply).limit(times).toList();
    }

    /** DATA with a message of one line. */
    public String data(String subject) {
        String reply = send("DATA");
        if (!reply.startsWith("354")) {
            return reply;
        }
        transcript.accept("C: Subject: " + subject + "\nC: .");
        write("Subject: " + subject + "\r\n\r\nHello.\r\n.\r\n");
        return reply();
    }

    /** DATA with this message, lines ending in CRLF; adds the dots of RFC 5321 and the last line. */
    public String message(String content) {
        String reply = send("DATA");
        if (!reply.startsWith("354")) {
            return reply;
        }
        write(content.replaceAll("(?m)^\\.", "..") + ".\r\n");
        return reply();
    }

    /** AUTH PLAIN. */
    public String auth(String user, String password) {
        byte[] plain = ("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8);
        return send("AUTH PLAIN " + Base64.getEncoder().encodeToString(plain));
    }

    /** STARTTLS, trusting whatever certificate comes, and EHLO again. */
    public void startTls() {
        String reply = send("STARTTLS");
        if (!reply.startsWith("220")) {
            throw new IllegalStateException("STARTTLS: " + reply);
        }
        encrypt();
        send("EHLO client.example");
    }

    private void encrypt() {
        try {
            SSLSocket tls =
                    (SSLSocket) trustingContext().getSocketFactory().createSocket(socket, HOST, socket.getPort(), true);
            tls.startHandshake();
            use(tls);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext trustingContext() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustsAll()}, null);
        return context;
    }

    /** The certificate of a test server, made a moment ago. */
    private static final class TrustsAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** Writes as it is, without waiting for a reply. */
    public void write(String text) {
        write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Writes as it is, without waiting for a reply. */
    public void write(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says that nothing more will be written. */
    public void endOfInput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last line of the next reply; empty when the server has closed the connection. */
    public String reply() {
        try {
            String line;
            do {
                line = readLine();
                transcript.accept("S: " + line);
            } while (line.length() > 3 && line.charAt(3) == '-');
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        int octet = in.read();
        while (octet >= 0 && octet != '\n') {
            line.append((char) octet);
            octet = in.read();
        }
        return line.toString().stripTrailing();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
