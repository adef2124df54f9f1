// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalSum;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.apache.james.core.Domain;

/** A {@link RefusalCount} as it grows. Not thread-safe. */
abstract class RefusalTally {
    private static final int MAX_SENDER_LENGTH = 512;

    private final UUID id = UUID.randomUUID();
    private final Domain domain;
    private final Instant hour;
    private final Instant nextHour;
    private final Instant firstSeen;
    private long attempts;
    private long refused;
    private Instant lastSeen;
    private String lastSender = "";
    private String lastRecipientDomain = "";
    private boolean atMail;
    private boolean unwritten;
    private long quarantined;
    private int addresses;

    private RefusalTally(Domain domain, Instant now) {
        this.domain = domain;
        this.hour = hourOf(now);
        this.nextHour = hour.plus(1, ChronoUnit.HOURS);
        this.firstSeen = now;
        this.lastSeen = now;
    }

    /** For the refusals of one address, within the hour of {@code now}. */
    static RefusalTally ofAddress(Domain domain, OutboundAddress client, Instant now) {
        return new RefusalTally(domain, now) {
            @Override
            Optional<OutboundAddress> client() {
                return Optional.of(client);
            }
        };
    }

    /**
     * For the refusals of all addresses together, or of those that have no tally of their own, within the hour of {@code
     * now}.
     */
    static RefusalTally ofAddresses(Domain domain, Instant now) {
        return new RefusalTally(domain, now) {
            @Override
            Optional<OutboundAddress> client() {
                return Optional.empty();
            }
        };
    }

    static Instant hourOf(Instant instant) {
        return instant.truncatedTo(ChronoUnit.HOURS);
    }

    /** The only address, if there is only one. */
    abstract Optional<OutboundAddress> client();

    /** Whether the instant is in its hour. */
    boolean covers(Instant instant) {
        return !instant.isBefore(hour) && instant.isBefore(nextHour);
    }

    /** Counts a refusal at RCPT. */
    void increment(Instant now, Enforcement enforcement, String sender, Domain recipientDomain) {
        incrementAtMail(now, enforcement, sender);
        lastRecipientDomain = recipientDomain.asString();
        atMail = false;
    }

    /** Counts a refusal at MAIL. */
    void incrementAtMail(Instant now, Enforcement enforcement, String sender) {
        attempts++;
        if (enforcement == Enforcement.ENFORCE) {
            refused++;
        }
        lastSeen = now;
        lastSender = cut(sender);
        atMail = true;
    }

    /** Counts what external senders tried. */
    void add(Instant now, ExternalAttempts external) {
        attempts += external.attempts();
        refused += external.refused();
        quarantined += external.quarantined();
        lastSeen = now;
        lastSender = cut(external.lastSender());
        lastRecipientDomain = external.lastRecipientDomain().asString();
        atMail = false;
    }

    private static String cut(String sender) {
        return sender.length() <= MAX_SENDER_LENGTH ? sender : sender.substring(0, MAX_SENDER_LENGTH);
    }

    /** Of a sum: how many addresses it has counted until now. */
    void setAddresses(int value) {
        addresses = value;
    }

    boolean isUnwritten() {
        return unwritten;
    }

    void setUnwritten(boolean value) {
        unwritten = value;
    }

    /** The sum of all addresses until now. */
    RefusalSum sum() {
        return RefusalSum.builder()
                .id(id)
                .domain(domain)
                .hour(hour)
                .attempts(attempts)
                .refused(refused)
                .quarantined(quarantined)
                .addresses(addresses)
                .lastSeen(lastSeen)
                .build();
    }

    /** What was counted until now. */
    RefusalCount count() {
        RefusalCount.Builder count = RefusalCount.builder()
                .id(id)
                .domain(domain)
                .hour(hour)
                .attempts(attempts)
                .refused(refused)
                .quarantined(quarantined)
                .firstSeen(firstSeen)
                .lastSeen(lastSeen)
                .lastSender(lastSender);
        client().ifPresent(count::client);
        if (!atMail) {
            count.lastRecipientDomain(lastRecipientDomain);
        }
        return count.build();
    }
}
