// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.google.auto.value.AutoValue;
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
@AutoValue
public abstract class CassandraConfiguration {
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

    /** A user and its password; {@code toString} shows neither. */
    static final class Credentials {
        final String user;
        final String password;

        Credentials(String user, String password) {
            this.user = user;
            this.password = password;
        }
    }

    CassandraConfiguration() {}

    /**
     * Reads the file.
     *
     * @throws IllegalArgumentException naming the file, the key, the value and what is allowed
     */
    public static CassandraConfiguration from(Configuration configuration) {
        Builder builder = new AutoValue_CassandraConfiguration.Builder()
                .nodes(nodes(configuration))
                .keyspace(parseKeyspace(text(configuration, KEYSPACE).orElse(DEFAULT_KEYSPACE)))
                .createKeyspace(
                        parseCreateKeyspace(text(configuration, KEYSPACE_CREATE).orElse("false")))
                .replicationFactor(parseReplicationFactor(
                        text(configuration, REPLICATION_FACTOR).orElse("1")))
                .localDatacenter(text(configuration, LOCAL_DC).orElse(DEFAULT_LOCAL_DC));
        credentials(configuration).ifPresent(builder::credentials);
        return builder.build();
    }

    private static ImmutableList<InetSocketAddress> nodes(Configuration configuration) {
        ImmutableList.Builder<InetSocketAddress> builder = ImmutableList.builder();
        for (String value : configuration.getStringArray(NODES)) {
            for (String node : Splitter.on(',').trimResults().omitEmptyStrings().split(value)) {
                builder.add(parseNode(node));
            }
        }
        ImmutableList<InetSocketAddress> nodes = builder.build();
        if (nodes.isEmpty()) {
            throw notAllowed(NODES, "", NODES_ALLOWED);
        }
        return nodes;
    }

    private static Optional<String> text(Configuration configuration, String key) {
        String value = String.join(",", configuration.getStringArray(key)).trim();
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    /** As James reads it: quotes, escaped commas and the blanks after them are part of it. */
    private static Optional<String> secret(Configuration configuration, String key) {
        return Optional.ofNullable(configuration.getString(key, null)).filter(value -> !value.isBlank());
    }

    private static InetSocketAddress parseNode(String text) {
        HostAndPort node;
        try {
            node = HostAndPort.fromString(text).withDefaultPort(DEFAULT_PORT);
        } catch (IllegalArgumentException e) {
            throw notAllowed(NODES, text, NODES_ALLOWED);
        }
        if (node.getHost().isEmpty()) {
            throw notAllowed(NODES, text, NODES_ALLOWED);
        }
        // Unresolved: the driver resolves the host name again whenever it connects.
        return InetSocketAddress.createUnresolved(node.getHost(), node.getPort());
    }

    private static CqlIdentifier parseKeyspace(String name) {
        if (!name.matches("[A-Za-z][A-Za-z0-9_]{0,47}")) {
            throw notAllowed(KEYSPACE, name, "give up to 48 letters, digits and underscores, a letter first");
        }
        // As in James, which does not quote the name of its keyspace.
        return CqlIdentifier.fromCql(name);
    }

    private static boolean parseCreateKeyspace(String value) {
        if (!value.equals("true") && !value.equals("false")) {
            throw notAllowed(KEYSPACE_CREATE, value, "give 'true' or 'false'");
        }
        return Boolean.parseBoolean(value);
    }

    private static int parseReplicationFactor(String value) {
        if (!value.matches("[1-9][0-9]?")) {
            throw notAllowed(REPLICATION_FACTOR, value, "give a number from 1 to 99");
        }
        return Integer.parseInt(value);
    }

    private static Optional<Credentials> credentials(Configuration configuration) {
        Optional<String> user = secret(configuration, USER);
        Optional<String> password = secret(configuration, PASSWORD);
        if (user.isPresent() != password.isPresent()) {
            throw new IllegalArgumentException(
                    "conf/" + FILE + ".properties: give " + USER + " and " + PASSWORD + " together, or neither");
        }
        return user.map(name -> new Credentials(name, password.orElseThrow()));
    }

    private static IllegalArgumentException notAllowed(String key, String value, String allowed) {
        return new IllegalArgumentException(
                "conf/" + FILE + ".properties: " + key + "='" + value + "' is not allowed: " + allowed);
    }

    abstract ImmutableList<InetSocketAddress> nodes();

    abstract CqlIdentifier keyspace();

    abstract boolean createKeyspace();

    abstract int replicationFactor();

    abstract String localDatacenter();

    abstract Optional<Credentials> credentials();

    @AutoValue.Builder
    abstract static class Builder {
        abstract Builder nodes(ImmutableList<InetSocketAddress> nodes);

        abstract Builder keyspace(CqlIdentifier keyspace);

        abstract Builder createKeyspace(boolean createKeyspace);

        abstract Builder replicationFactor(int replicationFactor);

        abstract Builder localDatacenter(String localDatacenter);

        abstract Builder credentials(Credentials credentials);

        abstract CassandraConfiguration build();
    }
}
