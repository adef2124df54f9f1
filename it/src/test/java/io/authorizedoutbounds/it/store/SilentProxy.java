// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.store;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Stands between a client and a server on TCP, and loses its connections as a firewall does that was started again. */
final class SilentProxy implements AutoCloseable {
    private static final int BUFFER_SIZE = 8192;

    private static final class Connection {
        private final Socket client;
        private final Socket server;
        private volatile boolean silent;

        private Connection(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        private void close() {
            try (client;
                    server) {
                // Both, whichever fails.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(
            new ThreadFactoryBuilder().setDaemon(true).setNameFormat("proxy-%d").build());

    SilentProxy(InetSocketAddress target) {
        this.target = target;
        try {
            listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    String hostAndPort() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    /** From now on nothing comes over the connections that are open, and nobody ends them. New ones work. */
    void silenceConnections() {
        connections.forEach(connection -> connection.silent = true);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Connection connection = new Connection(client, new Socket(target.getAddress(), target.getPort()));
                connections.add(connection);
                threads.execute(() -> forward(connection, connection.client, connection.server));
                threads.execute(() -> forward(connection, connection.server, connection.client));
            } catch (IOException e) {
                // Closed, or a server that is away: the client tries again.
            }
        }
    }

    private static void forward(Connection connection, Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_SIZE];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                if (!connection.silent) {
                    out.write(buffer, 0, length);
                }
            }
        } catch (IOException e) {
            // One side has ended it.
        }
        if (!connection.silent) {
            connection.close();
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        connections.forEach(Connection::close);
        threads.shutdownNow();
    }
}
