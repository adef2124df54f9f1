// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
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
    private static final String CHANGES_RETENTION = "changes.retention";
    private static final ImmutableSortedSet<String> KEYS = ImmutableSortedSet.of(
            ENFORCEMENT, PROTECT_LOCAL_RECIPIENTS, ALLOW_PRIVATE_ADDRESSES, LOOKUP_TIMEOUT, CHANGES_RETENTION);

    /** What holds without the file. */
    public static final AuthorizedOutboundsConfiguration DEFAULT = new AuthorizedOutboundsConfiguration(
            Enforcement.ENFORCE, true, false, Duration.ofMillis(500), Duration.ofDays(90));

    private final Enforcement enforcement;
    private final boolean protectLocalRecipients;
    private final boolean allowPrivateAddresses;
    private final Duration lookupTimeout;
    private final Duration changesRetention;

    private AuthorizedOutboundsConfiguration(
            Enforcement enforcement,
            boolean protectLocalRecipients,
            boolean allowPrivateAddresses,
            Duration lookupTimeout,
            Duration changesRetention) {
        this.enforcement = enforcement;
        this.protectLocalRecipients = protectLocalRecipients;
        this.allowPrivateAddresses = allowPrivateAddresses;
        this.lookupTimeout = lookupTimeout;
        this.changesRetention = changesRetention;
    }

    /**
     * Reads the file.
     *
     * @throws IllegalArgumentException naming the file, the key, the value and what is allowed
     */
    public static AuthorizedOutboundsConfiguration from(Configuration configuration) {
        refuseUnknownKeys(configuration);
        return new AuthorizedOutboundsConfiguration(
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
                        CHANGES_RETENTION,
                        value -> duration(value, "1h", "3650d"),
                        DEFAULT.changesRetention));
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

    /** How long the trail of changes is kept. */
    public Duration changesRetention() {
        return changesRetention;
    }
}
