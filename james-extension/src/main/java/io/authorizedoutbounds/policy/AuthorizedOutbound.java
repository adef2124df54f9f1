// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.apache.james.core.Domain;

/**
 * One entry of a domain's list: the domain may send from the address.
 *
 * <p>Instants are stored to the millisecond. The entry counts until {@link #expiresAt()}.
 */
@AutoValue
public abstract class AuthorizedOutbound {
    /** Cassandra 4 keeps no row's time to live beyond January 2038. */
    public static final Instant LATEST_EXPIRY = Instant.parse("2038-01-01T00:00:00Z");

    /** Characters (UTF-16 units) of a comment. */
    public static final int MAX_COMMENT_LENGTH = 1000;

    AuthorizedOutbound() {}

    /** An entry by an unknown author, without comment and expiry, that is not orphaned. */
    public static Builder builder() {
        return new AutoValue_AuthorizedOutbound.Builder().addedBy(Author.unknown());
    }

    abstract Builder toBuilder();

    public abstract Domain domain();

    public abstract OutboundAddress address();

    /** Its domain and its address. */
    public EntryId id() {
        return EntryId.of(domain(), address());
    }

    public abstract Optional<String> comment();

    /** Who added it. */
    public abstract Author addedBy();

    /** When it was last put. */
    public abstract Instant addedAt();

    /** The first instant at which it no longer counts; without, it does not expire. */
    public abstract Optional<Instant> expiresAt();

    /**
     * When its domain was found to be removed from James. From then on the entry does not count, even if the domain is
     * added again.
     */
    public abstract Optional<Instant> orphanedAt();

    /** The same entry, orphaned at an instant. */
    public AuthorizedOutbound orphaned(Instant at) {
        return toBuilder().orphanedAt(at).build();
    }

    /** The same entry, which counts again. */
    public AuthorizedOutbound revived() {
        return toBuilder().orphanedAt(Optional.empty()).build();
    }

    /** The same entry without comment and author, which decisions do not need. */
    public AuthorizedOutbound bare() {
        Builder bare = builder().domain(domain()).address(address()).addedAt(addedAt());
        expiresAt().ifPresent(bare::expiresAt);
        orphanedAt().ifPresent(bare::orphanedAt);
        return bare.build();
    }

    /** Whether it has not expired at {@code now}. */
    public boolean isActiveAt(Instant now) {
        return expiresAt().isEmpty() || now.isBefore(expiresAt().get());
    }

    /** Needs a domain, an address and the instant at which the entry is added. */
    @AutoValue.Builder
    public abstract static class Builder {
        Builder() {}

        public abstract Builder domain(Domain domain);

        public abstract Builder address(OutboundAddress address);

        public abstract Builder comment(String comment);

        public abstract Builder addedBy(Author addedBy);

        public abstract Builder addedAt(Instant addedAt);

        public abstract Builder expiresAt(Instant expiresAt);

        public abstract Builder orphanedAt(Instant orphanedAt);

        abstract Builder orphanedAt(Optional<Instant> orphanedAt);

        abstract Optional<String> comment();

        abstract Instant addedAt();

        abstract Optional<Instant> expiresAt();

        abstract Optional<Instant> orphanedAt();

        abstract AuthorizedOutbound autoBuild();

        /**
         * Makes the entry, its instants to the millisecond.
         *
         * @throws IllegalArgumentException when the comment is too long or the expiry after {@link #LATEST_EXPIRY}
         */
        public AuthorizedOutbound build() {
            comment().ifPresent(Builder::requireShort);
            expiresAt().ifPresent(Builder::requireStorable);
            addedAt(milliseconds(addedAt()));
            expiresAt().ifPresent(expiry -> expiresAt(milliseconds(expiry)));
            orphanedAt().ifPresent(at -> orphanedAt(milliseconds(at)));
            return autoBuild();
        }

        private static void requireShort(String comment) {
            if (comment.length() > MAX_COMMENT_LENGTH) {
                throw new IllegalArgumentException("'comment' has " + comment.length() + " characters, at most "
                        + MAX_COMMENT_LENGTH + " are kept");
            }
        }

        private static void requireStorable(Instant expiry) {
            if (expiry.isAfter(LATEST_EXPIRY)) {
                throw new IllegalArgumentException("'expiresAt' " + expiry + " is after " + LATEST_EXPIRY
                        + ": leave it out for an address that does not expire");
            }
        }

        private static Instant milliseconds(Instant instant) {
            return instant.truncatedTo(ChronoUnit.MILLIS);
        }
    }
}
