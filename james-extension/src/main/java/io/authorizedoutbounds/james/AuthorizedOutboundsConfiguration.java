// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.auto.value.AutoValue;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import io.authorizedoutbounds.cache.CacheSettings;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.ExternalSenders;
import io.authorizedoutbounds.policy.RelaySettings;
import io.authorizedoutbounds.policy.TrustedNetworks;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Function;
import org.apache.commons.configuration2.Configuration;
import org.apache.james.util.DurationParser;

/** The settings of {@code conf/authorized-outbounds.properties}. All keys are optional. */
@AutoValue
public abstract class AuthorizedOutboundsConfiguration {
    /** Name of the file in {@code conf/}, without its ending. */
    public static final String FILE = "authorized-outbounds";

    private static final String ENFORCEMENT = "enforcement";
    private static final String TRUSTED_NETWORKS = "trusted.networks";
    private static final String EXTERNAL_SENDERS = "external.senders";
    private static final String PROTECT_LOCAL_RECIPIENTS = "protect.local.recipients";
    private static final String ALLOW_PRIVATE_ADDRESSES = "allow.private.addresses";
    private static final String LOOKUP_TIMEOUT = "lookup.timeout";
    private static final String PROPAGATION_INTERVAL = "propagation.interval";
    private static final String STALE_MAXIMUM = "stale.maximum";
    private static final String CACHE_DOMAINS_MAXIMUM = "cache.domains.maximum";
    private static final String CACHE_ADDRESSES_MAXIMUM = "cache.addresses.maximum";
    private static final String CHANGES_RETENTION = "changes.retention";
    private static final String REFUSALS_RETENTION = "refusals.retention";
    private static final int MIN_POLLS_BEFORE_STALE = 5;
    private static final ImmutableSortedSet<String> KEYS = ImmutableSortedSet.of(
            ENFORCEMENT,
            TRUSTED_NETWORKS,
            EXTERNAL_SENDERS,
            PROTECT_LOCAL_RECIPIENTS,
            ALLOW_PRIVATE_ADDRESSES,
            LOOKUP_TIMEOUT,
            PROPAGATION_INTERVAL,
            STALE_MAXIMUM,
            CACHE_DOMAINS_MAXIMUM,
            CACHE_ADDRESSES_MAXIMUM,
            CHANGES_RETENTION,
            REFUSALS_RETENTION);

    /** What holds without the file. */
    public static final AuthorizedOutboundsConfiguration DEFAULT = builder().build();

    AuthorizedOutboundsConfiguration() {}

    /** The defaults. */
    public static Builder builder() {
        return new AutoValue_AuthorizedOutboundsConfiguration.Builder()
                .enforcement(Enforcement.ENFORCE)
                .trustedNetworks(TrustedNetworks.BYPASS)
                .externalSenders(ExternalSenders.ACCEPT)
                .protectLocalRecipients(true)
                .allowPrivateAddresses(false)
                .lookupTimeout(Duration.ofMillis(500))
                .propagationInterval(Duration.ofSeconds(1))
                .staleMaximum(Duration.ofHours(1))
                .cacheDomainsMaximum(100_000)
                .cacheAddressesMaximum(100_000)
                .changesRetention(Duration.ofDays(90))
                .refusalsRetention(Duration.ofDays(7));
    }

    /**
     * Reads the file.
     *
     * @throws IllegalArgumentException naming the file, the key, the value and what is allowed
     */
    public static AuthorizedOutboundsConfiguration from(Configuration file) {
        refuseUnknownKeys(file);
        Builder builder = builder();
        read(file, ENFORCEMENT, Enforcement::parse).ifPresent(builder::enforcement);
        read(file, TRUSTED_NETWORKS, AuthorizedOutboundsConfiguration::parseTrustedNetworks)
                .ifPresent(builder::trustedNetworks);
        read(file, EXTERNAL_SENDERS, AuthorizedOutboundsConfiguration::parseExternalSenders)
                .ifPresent(builder::externalSenders);
        read(file, PROTECT_LOCAL_RECIPIENTS, AuthorizedOutboundsConfiguration::parseFlag)
                .ifPresent(builder::protectLocalRecipients);
        read(file, ALLOW_PRIVATE_ADDRESSES, AuthorizedOutboundsConfiguration::parseFlag)
                .ifPresent(builder::allowPrivateAddresses);
        read(file, LOOKUP_TIMEOUT, value -> parseDuration(value, "10ms", "1m")).ifPresent(builder::lookupTimeout);
        read(file, PROPAGATION_INTERVAL, value -> parseDuration(value, "100ms", "1m"))
                .ifPresent(builder::propagationInterval);
        read(file, STALE_MAXIMUM, value -> parseDuration(value, "10s", "24h")).ifPresent(builder::staleMaximum);
        read(file, CACHE_DOMAINS_MAXIMUM, AuthorizedOutboundsConfiguration::parseSize)
                .ifPresent(builder::cacheDomainsMaximum);
        read(file, CACHE_ADDRESSES_MAXIMUM, AuthorizedOutboundsConfiguration::parseSize)
                .ifPresent(builder::cacheAddressesMaximum);
        read(file, CHANGES_RETENTION, value -> parseDuration(value, "1h", "3650d"))
                .ifPresent(builder::changesRetention);
        read(file, REFUSALS_RETENTION, value -> parseDuration(value, "1h", "30d"))
                .ifPresent(builder::refusalsRetention);
        return builder.build();
    }

    private static void refuseUnknownKeys(Configuration file) {
        for (Iterator<String> keys = file.getKeys(); keys.hasNext(); ) {
            String key = keys.next();
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("conf/" + FILE + ".properties: unknown key '" + key
                        + "'; the known keys are " + String.join(", ", KEYS));
            }
        }
    }

    private static <T> Optional<T> read(Configuration file, String key, Function<String, T> parser) {
        // An array, since commas split a value: 'report, enforce' must not be read as 'report'.
        ImmutableList<String> values = ImmutableList.copyOf(file.getStringArray(key));
        if (values.isEmpty()) {
            return Optional.empty();
        }
        String value = String.join(",", values).trim();
        try {
            return Optional.of(parser.apply(value));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "conf/" + FILE + ".properties: " + key + "='" + value + "' is not allowed: " + e.getMessage(), e);
        }
    }

    private static TrustedNetworks parseTrustedNetworks(String value) {
        switch (value) {
            case "bypass":
                return TrustedNetworks.BYPASS;
            case "judge":
                return TrustedNetworks.JUDGE;
            default:
                throw new IllegalArgumentException("give 'bypass' or 'judge'");
        }
    }

    private static ExternalSenders parseExternalSenders(String value) {
        switch (value) {
            case "accept":
                return ExternalSenders.ACCEPT;
            case "refuse":
                return ExternalSenders.REFUSE;
            default:
                throw new IllegalArgumentException("give 'accept' or 'refuse'");
        }
    }

    private static boolean parseFlag(String value) {
        switch (value) {
            case "true":
                return true;
            case "false":
                return false;
            default:
                throw new IllegalArgumentException("give 'true' or 'false'");
        }
    }

    private static int parseSize(String value) {
        if (!value.matches("[1-9][0-9]{2,7}")) {
            throw new IllegalArgumentException("give a number from 100 to 99999999");
        }
        return Integer.parseInt(value);
    }

    private static Duration parseDuration(String value, String min, String max) {
        return parseDuration(value)
                .filter(duration -> duration.compareTo(DurationParser.parse(min)) >= 0)
                .filter(duration -> duration.compareTo(DurationParser.parse(max)) <= 0)
                .orElseThrow(() -> new IllegalArgumentException(
                        "give a number with one of the units ms, s, m, h, d, from " + min + " to " + max));
    }

    private static Optional<Duration> parseDuration(String value) {
        // James's parser would read a bare number as milliseconds: a missing unit must be refused.
        if (!value.matches("[0-9]{1,9} ?(ms|s|m|h|d)")) {
            return Optional.empty();
        }
        return Optional.of(DurationParser.parse(value));
    }

    /** The default of all domains, and that of rule 2. */
    public abstract Enforcement enforcement();

    /** Whether rule 1 judges internal senders from trusted networks. */
    public abstract TrustedNetworks trustedNetworks();

    /** What becomes of mail of external senders from listed clients. */
    public abstract ExternalSenders externalSenders();

    /** Whether an unlisted client is refused for internal recipients too. */
    public abstract boolean protectLocalRecipients();

    /** Whether private, loopback and link-local addresses may be put on a list. */
    public abstract boolean allowPrivateAddresses();

    /** The longest that a decision waits for the lists. */
    public abstract Duration lookupTimeout();

    /** How often the change log is polled. */
    public abstract Duration propagationInterval();

    /** How long cached answers hold after the last successful poll. */
    public abstract Duration staleMaximum();

    /** Domains whose lists are cached. */
    public abstract int cacheDomainsMaximum();

    /** Addresses that are cached: so many listed ones, and as many unlisted ones. */
    public abstract int cacheAddressesMaximum();

    /** How long changes stay in the change log. */
    public abstract Duration changesRetention();

    /** How long refusals are stored. */
    public abstract Duration refusalsRetention();

    /** The settings of rule 1. */
    public RelaySettings relaySettings() {
        return RelaySettings.builder()
                .enforcement(enforcement())
                .trustedNetworks(trustedNetworks())
                .externalSenders(externalSenders())
                .protectLocalRecipients(protectLocalRecipients())
                .build();
    }

    /** The settings of the caches. */
    CacheSettings cacheSettings() {
        return CacheSettings.builder()
                .lookupTimeout(lookupTimeout())
                .propagationInterval(propagationInterval())
                .staleMaximum(staleMaximum())
                .maximumDomains(cacheDomainsMaximum())
                .maximumAddresses(cacheAddressesMaximum())
                .build();
    }

    /** Has a default for every setting. */
    @AutoValue.Builder
    public abstract static class Builder {
        Builder() {}

        public abstract Builder enforcement(Enforcement enforcement);

        public abstract Builder trustedNetworks(TrustedNetworks trustedNetworks);

        public abstract Builder externalSenders(ExternalSenders externalSenders);

        public abstract Builder protectLocalRecipients(boolean protectLocalRecipients);

        public abstract Builder allowPrivateAddresses(boolean allowPrivateAddresses);

        public abstract Builder lookupTimeout(Duration lookupTimeout);

        public abstract Builder propagationInterval(Duration propagationInterval);

        public abstract Builder staleMaximum(Duration staleMaximum);

        public abstract Builder cacheDomainsMaximum(int cacheDomainsMaximum);

        public abstract Builder cacheAddressesMaximum(int cacheAddressesMaximum);

        public abstract Builder changesRetention(Duration changesRetention);

        public abstract Builder refusalsRetention(Duration refusalsRetention);

        abstract Duration propagationInterval();

        abstract Duration staleMaximum();

        abstract AuthorizedOutboundsConfiguration autoBuild();

        /**
         * Makes the configuration.
         *
         * @throws IllegalArgumentException when the caches would be stale now and then while polls succeed
         */
        public AuthorizedOutboundsConfiguration build() {
            if (staleMaximum().compareTo(propagationInterval().multipliedBy(MIN_POLLS_BEFORE_STALE)) < 0) {
                throw new IllegalArgumentException("conf/" + FILE + ".properties: " + STALE_MAXIMUM + " of "
                        + staleMaximum().toSeconds() + "s is shorter than " + MIN_POLLS_BEFORE_STALE + " times "
                        + PROPAGATION_INTERVAL + " of " + propagationInterval().toSeconds()
                        + "s: give a longer one, or a"
                        + " shorter " + PROPAGATION_INTERVAL);
            }
            return autoBuild();
        }
    }
}
