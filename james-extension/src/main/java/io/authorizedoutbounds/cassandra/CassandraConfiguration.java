// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.net.HostAndPort;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.apache.commons.configuration2.Configuration;

/**
 * Where Cassandra is, from the keys that James itself reads from {@code conf/cassandra.properties}. Other keys of James
 * in that file are left to James.
 */
public final class CassandraConfiguration {
    /** Name of the file in {@code conf/}, without its ending. */
    public static final String FILE = "cassandra";

    private static final String NODES = "cassandra.nodes";
    private static final String KEYSPACE = "cassandra.keyspace";
    private static final String KEYSPACE_CREATE = "cassandra.keyspace.create";
    private static final String REPLICATION_FACTOR = "cassandra.replication.factor";
    private static final String USER = "cassandra.user";
    private static final String PASSWORD = "cassandra.password";
    private static final String LOCAL_DC = "cassandra.local.dc";
    private static final String DEFAULT_KEYSPACE = "apache_james";
    private static final String DEFAULT_LOCAL_DC = "datacenter1";
    private static final int DEFAULT_PORT = 9042;
    private static final String NODES_ALLOWED = "give host:port of one or more members, separated by commas";

    /** A user and its password. */
    static final class Credentials {
        final String user;
        final String password;

        Credentials(String user, String password) {
            this.user = user;
            this.password = password;
        }
    }

    private final ImmutableList<InetSocketAddress> nodes;
    private final CqlIdentifier keyspace;
    private final boolean createKeyspace;
    private final int replicationFactor;
    private final String localDatacenter;
    private final Optional<Credentials> credentials;

    private CassandraConfiguration(
            ImmutableList<InetSocketAddress> nodes,
            CqlIdentifier keyspace,
            boolean createKeyspace,
            int replicationFactor,
            String localDatacenter,
            Optional<Credentials> credentials) {
        this.nodes = nodes;
        this.keyspace = keyspace;
        this.createKeyspace = createKeyspace;
        this.replicationFactor = replicationFactor;
        this.localDatacenter = localDatacenter;
        this.credentials = credentials;
    }

    /**
     * Reads the file.
     *
     * @throws IllegalArgumentException naming the file, the key, the value and what is allowed
     */
    public static CassandraConfiguration from(Configuration configuration) {
        ImmutableList.Builder<InetSocketAddress> nodes = ImmutableList.builder();
        for (String value : configuration.getStringArray(NODES)) {
            for (String node : Splitter.on(',').trimResults().omitEmptyStrings().split(value)) {
                nodes.add(node(node));
            }
        }
        ImmutableList<InetSocketAddress> contactPoints = nodes.build();
        if (contactPoints.isEmpty()) {
            throw refused(NODES, "", NODES_ALLOWED);
        }
        return new CassandraConfiguration(
                contactPoints,
                keyspace(text(configuration, KEYSPACE).orElse(DEFAULT_KEYSPACE)),
                createKeyspace(text(configuration, KEYSPACE_CREATE).orElse("false")),
                replicationFactor(text(configuration, REPLICATION_FACTOR).orElse("1")),
                text(configuration, LOCAL_DC).orElse(DEFAULT_LOCAL_DC),
                credentials(secret(configuration, USER), secret(configuration, PASSWORD)));
    }

    private static Optional<String> text(Configuration configuration, String key) {
        String value = String.join(",", configuration.getStringArray(key)).trim();
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    /** As James reads it: quotes, escaped commas and the blanks after them belong to it. */
    private static Optional<String> secret(Configuration configuration, String key) {
        return Optional.ofNullable(configuration.getString(key, null)).filter(value -> !value.isBlank());
    }

    private static InetSocketAddress node(String text) {
        HostAndPort node;
        try {
            node = HostAndPort.fromString(text).withDefaultPort(DEFAULT_PORT);
        } catch (IllegalArgumentException e) {
            throw refused(NODES, text, NODES_ALLOWED);
        }
        if (node.getHost().isEmpty()) {
            throw refused(NODES, text, NODES_ALLOWED);
        }
        // Unresolved: the driver asks for the host's addresses anew whenever it connects.
        return InetSocketAddress.createUnresolved(node.getHost(), node.getPort());
    }

    private static CqlIdentifier keyspace(String name) {
        if (!name.matches("[A-Za-z][A-Za-z0-9_]{0,47}")) {
            throw refused(KEYSPACE, name, "give up to 48 letters, digits and underscores, a letter first");
        }
        // As James does, which names its keyspace without quotes.
        return CqlIdentifier.fromCql(name);
    }

    private static boolean createKeyspace(String value) {
        if (!value.equals("true") && !value.equals("false")) {
            throw refused(KEYSPACE_CREATE, value, "give 'true' or 'false'");
        }
        return Boolean.parseBoolean(value);
    }

    private static int replicationFactor(String value) {
        if (!value.matches("[1-9][0-9]?")) {
            throw refused(REPLICATION_FACTOR, value, "give a number from 1 to 99");
        }
        return Integer.parseInt(value);
    }

    private static Optional<Credentials> credentials(Optional<String> user, Optional<String> password) {
        if (user.isPresent() != password.isPresent()) {
            throw new IllegalArgumentException(
                    "conf/" + FILE + ".properties: give " + USER + " and " + PASSWORD + " together, or neither");
        }
        return user.map(name -> new Credentials(name, password.orElseThrow()));
    }

    private static IllegalArgumentException refused(String key, String value, String allowed) {
        return new IllegalArgumentException(
                "conf/" + FILE + ".properties: " + key + "='" + value + "' is not allowed: " + allowed);
    }

    ImmutableList<InetSocketAddress> nodes() {
        return nodes;
    }

    CqlIdentifier keyspace() {
        return keyspace;
    }

    boolean createKeyspace() {
        return createKeyspace;
    }

    int replicationFactor() {
        return replicationFactor;
    }

    String localDatacenter() {
        return localDatacenter;
    }

    Optional<Credentials> credentials() {
        return credentials;
    }
}
