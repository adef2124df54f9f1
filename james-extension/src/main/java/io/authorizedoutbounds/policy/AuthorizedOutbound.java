// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.base.MoreObjects;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import org.apache.james.core.Domain;

/**
 * One entry of a domain's list: the domain may send from the address.
 *
 * <p>Instants are kept to the millisecond. The entry stops to count at {@link #expiresAt()}.
 */
public final class AuthorizedOutbound {
    /** Cassandra 4 keeps no row's time to live beyond January 2038. */
    public static final Instant LATEST_EXPIRY = Instant.parse("2038-01-01T00:00:00Z");

    /** Characters (UTF-16 units) of a comment. */
    public static final int MAXIMUM_COMMENT_LENGTH = 1000;

    private final Domain domain;
    private final OutboundAddress address;
    private final Optional<String> comment;
    private final Optional<String> addedBy;
    private final Instant addedAt;
    private final Optional<Instant> expiresAt;
    private final Optional<Instant> orphanedAt;

    /**
     * An entry of what WebAdmin or the store holds.
     *
     * @throws IllegalArgumentException when the comment is too long or the expiry after {@link #LATEST_EXPIRY}
     */
    public AuthorizedOutbound(
            Domain domain,
            OutboundAddress address,
            Optional<String> comment,
            Optional<String> addedBy,
            Instant addedAt,
            Optional<Instant> expiresAt) {
        this(domain, address, comment, addedBy, addedAt, expiresAt, Optional.empty());
    }

    private AuthorizedOutbound(
            Domain domain,
            OutboundAddress address,
            Optional<String> comment,
            Optional<String> addedBy,
            Instant addedAt,
            Optional<Instant> expiresAt,
            Optional<Instant> orphanedAt) {
        if (comment.isPresent() && comment.get().length() > MAXIMUM_COMMENT_LENGTH) {
            throw new IllegalArgumentException("'comment' has " + comment.get().length() + " characters, at most "
                    + MAXIMUM_COMMENT_LENGTH + " are kept");
        }
        if (expiresAt.isPresent() && expiresAt.get().isAfter(LATEST_EXPIRY)) {
            throw new IllegalArgumentException("'expiresAt' " + expiresAt.get() + " is after " + LATEST_EXPIRY
                    + ": leave it out for an address that does not expire");
        }
        this.domain = domain;
        this.address = address;
        this.comment = comment;
        this.addedBy = addedBy;
        this.addedAt = addedAt.truncatedTo(ChronoUnit.MILLIS);
        this.expiresAt = expiresAt.map(instant -> instant.truncatedTo(ChronoUnit.MILLIS));
        this.orphanedAt = orphanedAt.map(instant -> instant.truncatedTo(ChronoUnit.MILLIS));
    }

    public Domain domain() {
        return domain;
    }

    public OutboundAddress address() {
        return address;
    }

    public Optional<String> comment() {
        return comment;
    }

    /** The user of WebAdmin who added it, when WebAdmin knew. */
    public Optional<String> addedBy() {
        return addedBy;
    }

    /** When it was put last. */
    public Instant addedAt() {
        return addedAt;
    }

    /** The first instant at which it no longer counts; without, it does not expire. */
    public Optional<Instant> expiresAt() {
        return expiresAt;
    }

    /** When it was noticed that its domain had left James: since then it does not count, whether the domain comes back or not. */
    public Optional<Instant> orphanedAt() {
        return orphanedAt;
    }

    /** The same, orphaned. */
    public AuthorizedOutbound orphanedAt(Instant at) {
        return new AuthorizedOutbound(domain, address, comment, addedBy, addedAt, expiresAt, Optional.of(at));
    }

    /** The same without what decisions do not need: comment and who added it. */
    public AuthorizedOutbound bare() {
        return new AuthorizedOutbound(
                domain, address, Optional.empty(), Optional.empty(), addedAt, expiresAt, orphanedAt);
    }

    /** Whether it has not expired at {@code now}. */
    public boolean isActiveAt(Instant now) {
        return expiresAt.isEmpty() || now.isBefore(expiresAt.get());
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof AuthorizedOutbound)) {
            return false;
        }
        AuthorizedOutbound that = (AuthorizedOutbound) other;
        return domain.equals(that.domain)
                && address.equals(that.address)
                && comment.equals(that.comment)
                && addedBy.equals(that.addedBy)
                && addedAt.equals(that.addedAt)
                && expiresAt.equals(that.expiresAt)
                && orphanedAt.equals(that.orphanedAt);
    }

    @Override
    public int hashCode() {
        return Objects.hash(domain, address, comment, addedBy, addedAt, expiresAt, orphanedAt);
    }

    @Override
    public String toString() {
        return MoreObjects.toStringHelper(this)
                .add("domain", domain.asString())
                .add("address", address)
                .add("comment", comment)
                .add("addedBy", addedBy)
                .add("addedAt", addedAt)
                .add("expiresAt", expiresAt)
                .add("orphanedAt", orphanedAt)
                .toString();
    }
}
