// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import com.google.common.collect.ImmutableSet;
import com.google.common.io.ByteStreams;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A reverse proxy that has the WebAdmin of a James below a path of its own. */
final class PrefixProxy implements AutoCloseable {
    private static final String PREFIX = "/james/admin";
    private static final ImmutableSet<String> REQUEST_HEADERS = ImmutableSet.of("Accept", "Content-Type");

    private final int target;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    PrefixProxy(JamesServer james) {
        target = james.webAdminPort();
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), Build.freePort()), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext(PREFIX + "/", this::forward);
        server.start();
    }

    String webAdmin() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + PREFIX;
    }

    private void forward(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().toString().substring(PREFIX.length());
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + target + path).toURL().openConnection();
            connection.setRequestMethod(exchange.getRequestMethod());
            connection.setInstanceFollowRedirects(false);
            for (String name : REQUEST_HEADERS) {
                connection.setRequestProperty(name, exchange.getRequestHeaders().getFirst(name));
            }
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (body.length > 0) {
                connection.setDoOutput(true);
                connection.getOutputStream().write(body);
            }
            int status = connection.getResponseCode();
            for (String name : ImmutableSet.of("Content-Type", "Content-Security-Policy", "Location")) {
                if (connection.getHeaderField(name) != null) {
                    exchange.getResponseHeaders().set(name, connection.getHeaderField(name));
                }
            }
            boolean empty = status == 204 || status == 301;
            exchange.sendResponseHeaders(status, empty ? -1 : 0);
            if (!empty) {
                ByteStreams.copy(
                        status < 400 ? connection.getInputStream() : connection.getErrorStream(),
                        exchange.getResponseBody());
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
