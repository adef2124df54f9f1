// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import io.authorizedoutbounds.it.server.JamesServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Requests that no HTTP client would send. */
final class RawHttp {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final int port;

    RawHttp(JamesServer james) {
        port = james.webAdminPort();
    }

    /** The final status, 0 when the connection was closed without one, and the body. */
    record Answer(int status, String body) {
        private static Answer of(String text) {
            String continued = "HTTP/1.1 100 Continue\r\n\r\n";
            String last = text.startsWith(continued) ? text.substring(continued.length()) : text;
            return last.isEmpty()
                    ? new Answer(0, "")
                    : new Answer(
                            Integer.parseInt(last.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length())),
                            last.substring(last.indexOf("\r\n\r\n") + 4));
        }
    }

    /**
     * Sends a request on a connection of its own, ends its own direction, and waits for the end of the answer.
     *
     * @param requestLine the method and the path
     */
    Answer send(String requestLine, List<String> headers, String body) {
        String request = requestLine + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nConnection: close\r\n"
                + String.join(
                        "", headers.stream().map(header -> header + "\r\n").toList()) + "\r\n" + body;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return Answer.of(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
