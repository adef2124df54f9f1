// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import io.authorizedoutbounds.james.ConfigurationFiles;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CassandraConfigurationTest {
    private static final Path SAMPLES = Path.of("..", "james-config", "src", "main", "conf");
    private static final String NODES = "cassandra.nodes=cassandra.example";

    @TempDir
    private Path directory;

    @Test
    void defaultsShouldBeThoseOfJamesAndOfCassandra() {
        CassandraConfiguration configuration = parse(NODES);

        assertThat(configuration.nodes()).containsExactly(unresolved("cassandra.example", 9042));
        assertThat(configuration.keyspace()).isEqualTo(CqlIdentifier.fromInternal("apache_james"));
        assertThat(configuration.createKeyspace()).isFalse();
        assertThat(configuration.replicationFactor()).isEqualTo(1);
        assertThat(configuration.localDatacenter()).isEqualTo("datacenter1");
        assertThat(configuration.credentials()).isEmpty();
    }

    @Test
    void shippedSampleShouldBeRead() {
        CassandraConfiguration configuration =
                CassandraConfiguration.from(ConfigurationFiles.read(SAMPLES, "cassandra"));

        assertThat(configuration.nodes()).containsExactly(unresolved("localhost", 9042));
        assertThat(configuration.keyspace()).isEqualTo(CqlIdentifier.fromInternal("apache_james"));
        assertThat(configuration.createKeyspace()).isTrue();
        assertThat(configuration.replicationFactor()).isEqualTo(1);
        assertThat(configuration.localDatacenter()).isEqualTo("datacenter1");
        assertThat(configuration.credentials()).isEmpty();
    }

    @Test
    void everyKeyOfOneFileShouldBeRead() {
        CassandraConfiguration configuration = parse(
                "cassandra.nodes=one.example:9042, two.example:9043,192.0.2.1",
                "cassandra.keyspace=mail_1",
                "cassandra.keyspace.create=true",
                "cassandra.replication.factor=3",
                "cassandra.local.dc=Paris 1",
                "cassandra.user=james",
                "cassandra.password=secret");

        assertThat(configuration.nodes())
                .containsExactly(
                        unresolved("one.example", 9042),
                        unresolved("two.example", 9043),
                        unresolved("192.0.2.1", 9042));
        assertThat(configuration.keyspace()).isEqualTo(CqlIdentifier.fromInternal("mail_1"));
        assertThat(configuration.createKeyspace()).isTrue();
        assertThat(configuration.replicationFactor()).isEqualTo(3);
        assertThat(configuration.localDatacenter()).isEqualTo("Paris 1");
        assertThat(configuration.credentials()).hasValueSatisfying(credentials -> {
            assertThat(credentials.user).isEqualTo("james");
            assertThat(credentials.password).isEqualTo("secret");
        });
    }

    @Test
    void nodesGivenOnSeveralLinesShouldAllBeRead() {
        assertThat(parse("cassandra.nodes=one.example", "cassandra.nodes=two.example:9043")
                        .nodes())
                .containsExactly(unresolved("one.example", 9042), unresolved("two.example", 9043));
    }

    @Test
    void ipv6NodeShouldBeReadInBrackets() {
        assertThat(parse("cassandra.nodes=[2001:db8::1]:9043").nodes())
                .containsExactly(unresolved("2001:db8::1", 9043));
    }

    @Test
    void nodesShouldNotBeResolvedWhenTheyAreRead() {
        assertThat(parse("cassandra.nodes=localhost").nodes()).allMatch(InetSocketAddress::isUnresolved);
    }

    @Test
    void keyspaceShouldBeThatOfAnUnquotedName() {
        assertThat(parse(NODES, "cassandra.keyspace=Apache_James").keyspace())
                .isEqualTo(CqlIdentifier.fromInternal("apache_james"));
    }

    @Test
    void longestKeyspaceShouldBeRead() {
        assertThat(parse(NODES, "cassandra.keyspace=" + "k".repeat(48)).keyspace())
                .isEqualTo(CqlIdentifier.fromInternal("k".repeat(48)));
    }

    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "cassandra.password=pass\\,word      | pass,word",
                "cassandra.password=pass\\, word     | pass, word",
                "cassandra.password=a\\,\\,b         | a,,b",
                "cassandra.password=\"quoted\"       | \"quoted\"",
                "cassandra.password=it's=#a!:secret  | it's=#a!:secret"
            })
    @ParameterizedTest
    void passwordShouldBeWhatJamesReads(String line, String expected) {
        assertThat(parse(NODES, "cassandra.user=james", line).credentials())
                .hasValueSatisfying(
                        credentials -> assertThat(credentials.password).isEqualTo(expected));
    }

    @Test
    void otherKeysShouldBeLeftToJames() {
        CassandraConfiguration configuration = parse(
                NODES,
                "cassandra.readTimeoutMillis=5000",
                "cassandra.retryConnection.maxRetries=10",
                "cassandra.ssl=false",
                "mailbox.max.retry.acl=1000");

        assertThat(configuration.nodes()).containsExactly(unresolved("cassandra.example", 9042));
    }

    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "cassandra.nodes              | cassandra.example:99999   | host:port",
                "cassandra.nodes              | cassandra.example:port    | host:port",
                "cassandra.nodes              | cassandra.example:-1      | host:port",
                "cassandra.nodes              | :9042                     | host:port",
                "cassandra.keyspace           | apache-james              | letters, digits and underscores",
                "cassandra.keyspace           | 1james                    | letters, digits and underscores",
                "cassandra.keyspace           | _james                    | letters, digits and underscores",
                "cassandra.keyspace           | apache james              | letters, digits and underscores",
                "cassandra.keyspace           | j;DROP                    | letters, digits and underscores",
                "cassandra.keyspace.create    | yes                       | 'true' or 'false'",
                "cassandra.keyspace.create    | TRUE                      | 'true' or 'false'",
                "cassandra.replication.factor | 0                         | from 1 to 99",
                "cassandra.replication.factor | -1                        | from 1 to 99",
                "cassandra.replication.factor | 100                       | from 1 to 99",
                "cassandra.replication.factor | three                     | from 1 to 99",
                "cassandra.replication.factor | 1.5                       | from 1 to 99"
            })
    @ParameterizedTest
    void badValueShouldBeRefusedWithFileKeyValueAndWhatIsAllowed(String key, String value, String allowed) {
        String[] lines = key.equals("cassandra.nodes")
                ? new String[] {key + "=" + value}
                : new String[] {NODES, key + "=" + value};

        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(lines))
                .withMessageContaining("conf/cassandra.properties")
                .withMessageContaining(key + "='" + value + "'")
                .withMessageContaining(allowed);
    }

    @Test
    void tooLongKeyspaceShouldBeRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(NODES, "cassandra.keyspace=" + "k".repeat(49)))
                .withMessageContaining("conf/cassandra.properties: cassandra.keyspace='" + "k".repeat(49) + "'")
                .withMessageContaining("up to 48");
    }

    @Test
    void oneBadNodeShouldBeNamedAmongGoodOnes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("cassandra.nodes=one.example,two.example:99999,three.example"))
                .withMessageContaining("cassandra.nodes='two.example:99999'");
    }

    @Test
    void listShouldNotBeReadAsItsFirstValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(NODES, "cassandra.keyspace=one,two"))
                .withMessageContaining("cassandra.keyspace='one,two'");
    }

    @ValueSource(strings = {"cassandra.keyspace=apache_james", "cassandra.nodes=", "cassandra.nodes= , "})
    @ParameterizedTest
    void missingNodesShouldBeRefused(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(line))
                .withMessageContaining("conf/cassandra.properties: cassandra.nodes=''")
                .withMessageContaining("host:port");
    }

    @ValueSource(strings = {"cassandra.user=james", "cassandra.password=secret"})
    @ParameterizedTest
    void userAndPasswordShouldBeRefusedOneWithoutTheOther(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(NODES, line))
                .withMessageContaining("conf/cassandra.properties")
                .withMessageContaining("cassandra.user and cassandra.password together")
                .withMessageNotContaining("secret");
    }

    private CassandraConfiguration parse(String... lines) {
        return CassandraConfiguration.from(ConfigurationFiles.write(directory, lines));
    }

    private static InetSocketAddress unresolved(String host, int port) {
        return InetSocketAddress.createUnresolved(host, port);
    }
}
