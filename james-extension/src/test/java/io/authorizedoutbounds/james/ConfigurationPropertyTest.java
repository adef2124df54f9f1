// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.apache.commons.configuration2.BaseConfiguration;

/** Whatever the properties file holds, it is a configuration within its bounds or a message that names file and key. */
class ConfigurationPropertyTest {
    private static final ImmutableList<String> KEYS = ImmutableList.of(
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

    @Provide
    Arbitrary<Map<String, String>> settings() {
        Arbitrary<String> values = Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(12),
                Arbitraries.of(
                        "report",
                        "enforce",
                        "judge",
                        "bypass",
                        "accept",
                        "refuse",
                        "true",
                        "false",
                        "0",
                        "-1",
                        "1",
                        "500ms",
                        "1s",
                        "1h",
                        "24h",
                        "7d",
                        "99999999999999999999",
                        "1e3",
                        "1 s",
                        "report, enforce",
                        "\u0661s"));
        return Arbitraries.maps(
                        Arbitraries.frequencyOf(
                                Tuple.of(20, Arbitraries.of(KEYS)),
                                Tuple.of(1, Arbitraries.strings().alpha().ofMinLength(1))),
                        values)
                .ofMaxSize(4);
    }

    static void assertReadOrRefused(Map<String, String> settings) {
        BaseConfiguration file = new BaseConfiguration();
        settings.forEach(file::addProperty);
        AuthorizedOutboundsConfiguration configuration;
        try {
            configuration = AuthorizedOutboundsConfiguration.from(file);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("conf/authorized-outbounds.properties: ");
            assertThat(settings.keySet()).anyMatch(e.getMessage()::contains);
            return;
        }
        assertThat(KEYS).containsAll(settings.keySet());
        assertThat(configuration.lookupTimeout()).isBetween(Duration.ofMillis(10), Duration.ofMinutes(1));
        assertThat(configuration.propagationInterval()).isBetween(Duration.ofMillis(100), Duration.ofMinutes(1));
        assertThat(configuration.staleMaximum()).isBetween(Duration.ofSeconds(10), Duration.ofHours(24));
        assertThat(configuration.cacheDomainsMaximum()).isPositive();
        assertThat(configuration.cacheAddressesMaximum()).isPositive();
        assertThat(configuration.changesRetention()).isBetween(Duration.ofHours(1), Duration.ofDays(3650));
        assertThat(configuration.refusalsRetention()).isBetween(Duration.ofHours(1), Duration.ofDays(30));
    }

    @Property
    void anySettingsShouldBeReadOrRefusedWithAMessage(@ForAll("settings") Map<String, String> settings) {
        assertReadOrRefused(settings);
    }
}
