// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.ExternalSenders;
import io.authorizedoutbounds.policy.RelaySettings;
import io.authorizedoutbounds.policy.TrustedNetworks;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.commons.configuration2.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizedOutboundsConfigurationTest {
    private static final Path SAMPLES = Path.of("..", "james-config", "src", "main", "conf");

    @TempDir
    private Path directory;

    @Test
    void defaultsShouldBeThoseOfTheDesign() {
        AuthorizedOutboundsConfiguration configuration = AuthorizedOutboundsConfiguration.DEFAULT;

        assertThat(configuration.enforcement()).isEqualTo(Enforcement.ENFORCE);
        assertThat(configuration.trustedNetworks()).isEqualTo(TrustedNetworks.BYPASS);
        assertThat(configuration.externalSenders()).isEqualTo(ExternalSenders.ACCEPT);
        assertThat(configuration.protectLocalRecipients()).isTrue();
        assertThat(configuration.allowPrivateAddresses()).isFalse();
        assertThat(configuration.lookupTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(configuration.propagationInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(configuration.staleMaximum()).isEqualTo(Duration.ofHours(1));
        assertThat(configuration.cacheDomainsMaximum()).isEqualTo(100_000);
        assertThat(configuration.cacheAddressesMaximum()).isEqualTo(100_000);
        assertThat(configuration.changesRetention()).isEqualTo(Duration.ofDays(90));
        assertThat(configuration.refusalsRetention()).isEqualTo(Duration.ofDays(7));
    }

    @Test
    void emptyFileShouldGiveTheDefaults() {
        assertThat(parse("# nothing but a comment"))
                .usingRecursiveComparison()
                .isEqualTo(AuthorizedOutboundsConfiguration.DEFAULT);
    }

    @Test
    void shippedSampleShouldGiveTheDefaults() {
        Configuration sample = ConfigurationFiles.read(SAMPLES, "authorized-outbounds");

        assertThat(AuthorizedOutboundsConfiguration.from(sample))
                .usingRecursiveComparison()
                .isEqualTo(AuthorizedOutboundsConfiguration.DEFAULT);
    }

    @Test
    void shippedSampleShouldShowEveryKey() {
        Configuration sample = ConfigurationFiles.read(SAMPLES, "authorized-outbounds");

        assertThat(ImmutableList.copyOf(sample.getKeys()))
                .contains(
                        "enforcement",
                        "trusted.networks",
                        "external.senders",
                        "protect.local.recipients",
                        "allow.private.addresses",
                        "lookup.timeout",
                        "propagation.interval",
                        "stale.maximum",
                        "cache.domains.maximum",
                        "cache.addresses.maximum",
                        "changes.retention",
                        "refusals.retention");
    }

    @Test
    void fileShouldBeTheOneOfTheDocumentation() {
        assertThat(AuthorizedOutboundsConfiguration.FILE).isEqualTo("authorized-outbounds");
    }

    @CsvSource({"enforce, ENFORCE", "report, REPORT"})
    @ParameterizedTest
    void enforcementShouldBeRead(String value, Enforcement expected) {
        assertThat(parse("enforcement=" + value).enforcement()).isEqualTo(expected);
    }

    @CsvSource({"bypass, BYPASS", "judge, JUDGE"})
    @ParameterizedTest
    void trustedNetworksShouldBeRead(String value, TrustedNetworks expected) {
        assertThat(parse("trusted.networks=" + value).trustedNetworks()).isEqualTo(expected);
    }

    @CsvSource({"accept, ACCEPT", "refuse, REFUSE"})
    @ParameterizedTest
    void externalSendersShouldBeRead(String value, ExternalSenders expected) {
        assertThat(parse("external.senders=" + value).externalSenders()).isEqualTo(expected);
    }

    @Test
    void settingsOfRule1ShouldBeThoseOfTheFile() {
        AuthorizedOutboundsConfiguration configuration = parse(
                "enforcement=report",
                "trusted.networks=judge",
                "external.senders=refuse",
                "protect.local.recipients=false");

        RelaySettings settings = configuration.relaySettings();

        assertThat(settings.enforcement()).isEqualTo(Enforcement.REPORT);
        assertThat(settings.trustedNetworks()).isEqualTo(TrustedNetworks.JUDGE);
        assertThat(settings.externalSenders()).isEqualTo(ExternalSenders.REFUSE);
        assertThat(settings.protectLocalRecipients()).isFalse();
    }

    @ValueSource(booleans = {true, false})
    @ParameterizedTest
    void protectLocalRecipientsShouldBeRead(boolean value) {
        assertThat(parse("protect.local.recipients=" + value).protectLocalRecipients())
                .isEqualTo(value);
    }

    @ValueSource(booleans = {true, false})
    @ParameterizedTest
    void allowPrivateAddressesShouldBeRead(boolean value) {
        assertThat(parse("allow.private.addresses=" + value).allowPrivateAddresses())
                .isEqualTo(value);
    }

    @CsvSource({"10ms, PT0.01S", "750ms, PT0.75S", "2s, PT2S", "60s, PT1M", "1m, PT1M"})
    @ParameterizedTest
    void lookupTimeoutShouldBeRead(String value, Duration expected) {
        assertThat(parse("lookup.timeout=" + value).lookupTimeout()).isEqualTo(expected);
    }

    @CsvSource({"1h, PT1H", "60m, PT1H", "36h, PT36H", "30d, P30D", "3650d, P3650D"})
    @ParameterizedTest
    void changesRetentionShouldBeRead(String value, Duration expected) {
        assertThat(parse("changes.retention=" + value).changesRetention()).isEqualTo(expected);
    }

    @CsvSource({"100ms, PT0.1S", "5s, PT5S", "1m, PT1M"})
    @ParameterizedTest
    void propagationIntervalShouldBeRead(String value, Duration expected) {
        assertThat(parse("propagation.interval=" + value).propagationInterval()).isEqualTo(expected);
    }

    @CsvSource({"10s, PT10S", "90m, PT90M", "24h, PT24H"})
    @ParameterizedTest
    void staleMaximumShouldBeRead(String value, Duration expected) {
        assertThat(parse("stale.maximum=" + value).staleMaximum()).isEqualTo(expected);
    }

    @ValueSource(ints = {100, 5000, 99_999_999})
    @ParameterizedTest
    void sizesOfTheCachesShouldBeRead(int value) {
        assertThat(parse("cache.domains.maximum=" + value).cacheDomainsMaximum())
                .isEqualTo(value);
        assertThat(parse("cache.addresses.maximum=" + value).cacheAddressesMaximum())
                .isEqualTo(value);
    }

    @Test
    void everyKeyOfOneFileShouldBeRead() {
        AuthorizedOutboundsConfiguration configuration = parse(
                "enforcement = report",
                "trusted.networks = judge",
                "external.senders = refuse",
                "protect.local.recipients = false",
                "allow.private.addresses = true",
                "lookup.timeout = 100ms",
                "changes.retention = 7d",
                "refusals.retention = 2d");

        assertThat(configuration.enforcement()).isEqualTo(Enforcement.REPORT);
        assertThat(configuration.trustedNetworks()).isEqualTo(TrustedNetworks.JUDGE);
        assertThat(configuration.externalSenders()).isEqualTo(ExternalSenders.REFUSE);
        assertThat(configuration.protectLocalRecipients()).isFalse();
        assertThat(configuration.allowPrivateAddresses()).isTrue();
        assertThat(configuration.lookupTimeout()).isEqualTo(Duration.ofMillis(100));
        assertThat(configuration.changesRetention()).isEqualTo(Duration.ofDays(7));
        assertThat(configuration.refusalsRetention()).isEqualTo(Duration.ofDays(2));
    }

    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "enforcement              | Enforce          | 'enforce' or 'report'",
                "enforcement              | REPORT           | 'enforce' or 'report'",
                "enforcement              | off              | 'enforce' or 'report'",
                "enforcement              | true             | 'enforce' or 'report'",
                "enforcement              | report enforce   | 'enforce' or 'report'",
                "trusted.networks         | Judge            | 'bypass' or 'judge'",
                "trusted.networks         | true             | 'bypass' or 'judge'",
                "external.senders         | block            | 'accept' or 'refuse'",
                "protect.local.recipients | yes              | 'true' or 'false'",
                "protect.local.recipients | TRUE             | 'true' or 'false'",
                "protect.local.recipients | 1                | 'true' or 'false'",
                "allow.private.addresses  | no               | 'true' or 'false'",
                "allow.private.addresses  | False            | 'true' or 'false'",
                "lookup.timeout           | 500              | from 10ms to 1m",
                "lookup.timeout           | 0ms              | from 10ms to 1m",
                "lookup.timeout           | 9ms              | from 10ms to 1m",
                "lookup.timeout           | 61s              | from 10ms to 1m",
                "lookup.timeout           | 1h               | from 10ms to 1m",
                "lookup.timeout           | -5s              | from 10ms to 1m",
                "lookup.timeout           | 0.5s             | from 10ms to 1m",
                "lookup.timeout           | 5 parsecs        | from 10ms to 1m",
                "lookup.timeout           | ms               | from 10ms to 1m",
                "lookup.timeout           | 99999999999999ms | from 10ms to 1m",
                "propagation.interval     | 99ms             | from 100ms to 1m",
                "propagation.interval     | 2m               | from 100ms to 1m",
                "stale.maximum            | 9s               | from 10s to 24h",
                "stale.maximum            | 25h              | from 10s to 24h",
                "cache.domains.maximum    | 0                | from 100 to 99999999",
                "cache.domains.maximum    | 99               | from 100 to 99999999",
                "cache.addresses.maximum  | 1e6              | from 100 to 99999999",
                "cache.addresses.maximum  | -1               | from 100 to 99999999",
                "cache.addresses.maximum  | 100000000        | from 100 to 99999999",
                "changes.retention        | 90               | from 1h to 3650d",
                "changes.retention        | 59m              | from 1h to 3650d",
                "changes.retention        | 3651d            | from 1h to 3650d",
                "changes.retention        | 999999999d       | from 1h to 3650d",
                "changes.retention        | forever          | from 1h to 3650d",
                "refusals.retention       | 7                | from 1h to 30d",
                "refusals.retention       | 31d              | from 1h to 30d",
                "refusals.retention       | 59m              | from 1h to 30d"
            })
    @ParameterizedTest
    void badValueShouldBeRefusedWithFileKeyValueAndWhatIsAllowed(String key, String value, String allowed) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(key + "=" + value))
                .withMessageContaining("conf/authorized-outbounds.properties")
                .withMessageContaining(key + "='" + value + "'")
                .withMessageContaining(allowed);
    }

    @Test
    void cacheThatGoesStaleBetweenTwoPollsShouldBeRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("propagation.interval=1m", "stale.maximum=299s"))
                .withMessageContaining("conf/authorized-outbounds.properties: stale.maximum of 299s is shorter than"
                        + " 5 times propagation.interval of 60s");
        assertThat(parse("propagation.interval=1m", "stale.maximum=5m").staleMaximum())
                .isEqualTo(Duration.ofMinutes(5));
    }

    @ValueSource(strings = {"lookup.timeout=500", "changes.retention=90"})
    @ParameterizedTest
    void unitsShouldBeNamedWhenADurationHasNone(String line) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(line))
                .withMessageContaining("units ms, s, m, h, d");
    }

    @Test
    void listShouldNotBeReadAsItsFirstValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("enforcement=report, enforce"))
                .withMessageContaining("conf/authorized-outbounds.properties: enforcement='report,enforce'");
    }

    @Test
    void keyThatIsGivenTwiceShouldNotBeReadAsEither() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("protect.local.recipients=true", "protect.local.recipients=false"))
                .withMessageContaining("protect.local.recipients='true,false'");
    }

    @ValueSource(strings = {"enforcment", "Enforcement", "lookup.timeout.ms", "lookup"})
    @ParameterizedTest
    void unknownKeyShouldBeRefusedWithTheKnownOnes(String key) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("enforcement=enforce", key + "=1"))
                .withMessageContaining("conf/authorized-outbounds.properties: unknown key '" + key + "'")
                .withMessageContaining("allow.private.addresses")
                .withMessageContaining("changes.retention")
                .withMessageContaining(" enforcement")
                .withMessageContaining("lookup.timeout")
                .withMessageContaining("protect.local.recipients");
    }

    private AuthorizedOutboundsConfiguration parse(String... lines) {
        return AuthorizedOutboundsConfiguration.from(ConfigurationFiles.write(directory, lines));
    }
}
