// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import io.authorizedoutbounds.cache.CacheSettings;
import io.authorizedoutbounds.policy.Enforcement;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Function;
import org.apache.commons.configuration2.Configuration;
import org.apache.james.util.DurationParser;

/** The settings of {@code conf/authorized-outbounds.properties}. All keys are optional. */
public final class AuthorizedOutboundsConfiguration {
    /** Name of the file in {@code conf/}, without its ending. */
    public static final String FILE = "authorized-outbounds";

    private static final String ENFORCEMENT = "enforcement";
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
    public static final AuthorizedOutboundsConfiguration DEFAULT = new AuthorizedOutboundsConfiguration(
            Enforcement.ENFORCE,
            true,
            false,
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofHours(1),
            100_000,
            100_000,
            Duration.ofDays(90),
            Duration.ofDays(7));

    private final Enforcement enforcement;
    private final boolean protectLocalRecipients;
    private final boolean allowPrivateAddresses;
    private final Duration lookupTimeout;
    private final Duration propagationInterval;
    private final Duration staleMaximum;
    private final int cacheDomainsMaximum;
    private final int cacheAddressesMaximum;
    private final Duration changesRetention;
    private final Duration refusalsRetention;

    private AuthorizedOutboundsConfiguration(
            Enforcement enforcement,
            boolean protectLocalRecipients,
            boolean allowPrivateAddresses,
            Duration lookupTimeout,
            Duration propagationInterval,
            Duration staleMaximum,
            int cacheDomainsMaximum,
            int cacheAddressesMaximum,
            Duration changesRetention,
            Duration refusalsRetention) {
        this.enforcement = enforcement;
        this.protectLocalRecipients = protectLocalRecipients;
        this.allowPrivateAddresses = allowPrivateAddresses;
        this.lookupTimeout = lookupTimeout;
        this.propagationInterval = propagationInterval;
        this.staleMaximum = staleMaximum;
        this.cacheDomainsMaximum = cacheDomainsMaximum;
        this.cacheAddressesMaximum = cacheAddressesMaximum;
        this.changesRetention = changesRetention;
        this.refusalsRetention = refusalsRetention;
    }

    /**
     * Reads the file.
     *
     * @throws IllegalArgumentException naming the file, the key, the value and what is allowed
     */
    public static AuthorizedOutboundsConfiguration from(Configuration configuration) {
        refuseUnknownKeys(configuration);
        AuthorizedOutboundsConfiguration read = new AuthorizedOutboundsConfiguration(
                read(configuration, ENFORCEMENT, AuthorizedOutboundsConfiguration::enforcement, DEFAULT.enforcement),
                read(
                        configuration,
                        PROTECT_LOCAL_RECIPIENTS,
                        AuthorizedOutboundsConfiguration::flag,
                        DEFAULT.protectLocalRecipients),
                read(
                        configuration,
                        ALLOW_PRIVATE_ADDRESSES,
                        AuthorizedOutboundsConfiguration::flag,
                        DEFAULT.allowPrivateAddresses),
                read(configuration, LOOKUP_TIMEOUT, value -> duration(value, "10ms", "1m"), DEFAULT.lookupTimeout),
                read(
                        configuration,
                        PROPAGATION_INTERVAL,
                        value -> duration(value, "100ms", "1m"),
                        DEFAULT.propagationInterval),
                read(configuration, STALE_MAXIMUM, value -> duration(value, "10s", "24h"), DEFAULT.staleMaximum),
                read(
                        configuration,
                        CACHE_DOMAINS_MAXIMUM,
                        AuthorizedOutboundsConfiguration::entries,
                        DEFAULT.cacheDomainsMaximum),
                read(
                        configuration,
                        CACHE_ADDRESSES_MAXIMUM,
                        AuthorizedOutboundsConfiguration::entries,
                        DEFAULT.cacheAddressesMaximum),
                read(
                        configuration,
                        CHANGES_RETENTION,
                        value -> duration(value, "1h", "3650d"),
                        DEFAULT.changesRetention),
                read(
                        configuration,
                        REFUSALS_RETENTION,
                        value -> duration(value, "1h", "30d"),
                        DEFAULT.refusalsRetention));
        if (read.staleMaximum.compareTo(read.propagationInterval.multipliedBy(MIN_POLLS_BEFORE_STALE)) < 0) {
            // The caches would hold nothing now and then while all is well.
            throw new IllegalArgumentException("conf/" + FILE + ".properties: " + STALE_MAXIMUM + " of "
                    + read.staleMaximum.toSeconds() + "s is shorter than " + MIN_POLLS_BEFORE_STALE + " times "
                    + PROPAGATION_INTERVAL + " of " + read.propagationInterval.toSeconds()
                    + "s: give a longer one, or a"
                    + " shorter " + PROPAGATION_INTERVAL);
        }
        return read;
    }

    private static void refuseUnknownKeys(Configuration configuration) {
        for (Iterator<String> keys = configuration.getKeys(); keys.hasNext(); ) {
            String key = keys.next();
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("conf/" + FILE + ".properties: unknown key '" + key
                        + "'; the known keys are " + String.join(", ", KEYS));
            }
        }
    }

    private static <T> T read(Configuration configuration, String key, Function<String, T> parser, T byDefault) {
        // An array, since commas split a value: 'report, enforce' must not be read as 'report'.
        ImmutableList<String> values = ImmutableList.copyOf(configuration.getStringArray(key));
        if (values.isEmpty()) {
            return byDefault;
        }
        String value = String.join(",", values).trim();
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "conf/" + FILE + ".properties: " + key + "='" + value + "' is not allowed: " + e.getMessage(), e);
        }
    }

    private static Enforcement enforcement(String value) {
        switch (value) {
            case "enforce":
                return Enforcement.ENFORCE;
            case "report":
                return Enforcement.REPORT;
            default:
                throw new IllegalArgumentException("give 'enforce' or 'report'");
        }
    }

    private static boolean flag(String value) {
        switch (value) {
            case "true":
                return true;
            case "false":
                return false;
            default:
                throw new IllegalArgumentException("give 'true' or 'false'");
        }
    }

    private static int entries(String value) {
        if (!value.matches("[1-9][0-9]{2,7}")) {
            throw new IllegalArgumentException("give a number from 100 to 99999999");
        }
        return Integer.parseInt(value);
    }

    private static Duration duration(String value, String least, String most) {
        return parseDuration(value)
                .filter(duration -> duration.compareTo(DurationParser.parse(least)) >= 0)
                .filter(duration -> duration.compareTo(DurationParser.parse(most)) <= 0)
                .orElseThrow(() -> new IllegalArgumentException(
                        "give a number with one of the units ms, s, m, h, d, from " + least + " to " + most));
    }

    private static Optional<Duration> parseDuration(String value) {
        // James's parser would read a bare number as milliseconds: a forgotten unit must not pass.
        if (!value.matches("[0-9]{1,9} ?(ms|s|m|h|d)")) {
            return Optional.empty();
        }
        return Optional.of(DurationParser.parse(value));
    }

    public Enforcement enforcement() {
        return enforcement;
    }

    /** Whether an unlisted client is refused for internal recipients too. */
    public boolean protectLocalRecipients() {
        return protectLocalRecipients;
    }

    /** Whether private, loopback and link-local addresses may be put on a list. */
    public boolean allowPrivateAddresses() {
        return allowPrivateAddresses;
    }

    /** The longest that a decision waits for the lists. */
    public Duration lookupTimeout() {
        return lookupTimeout;
    }

    /** How often the changes of other nodes are read. */
    public Duration propagationInterval() {
        return propagationInterval;
    }

    /** How long what is in memory counts after the last good reading of the changes. */
    public Duration staleMaximum() {
        return staleMaximum;
    }

    /** Domains whose lists are kept in memory. */
    public int cacheDomainsMaximum() {
        return cacheDomainsMaximum;
    }

    /** Addresses that are kept in memory, so many listed ones and as many that nobody lists. */
    public int cacheAddressesMaximum() {
        return cacheAddressesMaximum;
    }

    /** What the caches need of this. */
    CacheSettings cacheSettings() {
        return CacheSettings.builder()
                .lookupTimeout(lookupTimeout)
                .propagationInterval(propagationInterval)
                .staleMaximum(staleMaximum)
                .maximumDomains(cacheDomainsMaximum)
                .maximumAddresses(cacheAddressesMaximum)
                .build();
    }

    /** How long the change log is kept. */
    public Duration changesRetention() {
        return changesRetention;
    }

    /** How long refusals are kept. */
    public Duration refusalsRetention() {
        return refusalsRetention;
    }
}
