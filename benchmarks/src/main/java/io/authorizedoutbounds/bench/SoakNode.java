// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.List;

/** One James of a soak. */
final class SoakNode implements AutoCloseable {
    private static final int HEAP_MEGABYTES = 768;

    private final int number;
    private final JamesServer james;
    private final String user;
    private volatile boolean up;

    private SoakNode(int number, JamesServer james, String user) {
        this.number = number;
        this.james = james;
        this.user = user;
    }

    /**
     * Starts a James and waits for its lists.
     *
     * @param domains its internal domains
     * @param user    who gets inbound mail
     * @param sink    who gets mail to outside
     */
    static SoakNode start(
            int number,
            CassandraServer cassandra,
            String keyspace,
            String staleMaximum,
            List<String> domains,
            String user,
            SmtpSink sink) {
        JamesServerBuilder builder = JamesServer.builder()
                .cassandra(cassandra, keyspace)
                // Its mails survive the end of James.
                .withDurableQueue()
                .sink(sink)
                // The clients have loopback addresses.
                .setting("allow.private.addresses", "true")
                .setting("stale.maximum", staleMaximum)
                .heap(HEAP_MEGABYTES);
        domains.forEach(builder::domain);
        SoakNode node = new SoakNode(number, builder.start(), user);
        node.webAdmin().awaitLists();
        node.open();
        return node;
    }

    private void open() {
        // The memory app has lost its users when it is started again.
        webAdmin().addUser(user, "secret");
        up = true;
    }

    /** Kills it and starts it again. */
    void restart() {
        up = false;
        james.restart();
        open();
    }

    /** Whether it is started. */
    boolean isUp() {
        return up;
    }

    int number() {
        return number;
    }

    int smtpPort() {
        return james.smtpPort();
    }

    /** What it holds now, after a full collection. */
    JamesServer.Footprint footprint() {
        return james.footprint();
    }

    WebAdmin webAdmin() {
        return WebAdmin.of(james);
    }

    @Override
    public void close() {
        up = false;
        james.close();
    }
}
