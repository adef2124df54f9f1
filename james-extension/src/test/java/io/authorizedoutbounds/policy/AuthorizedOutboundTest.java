// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class AuthorizedOutboundTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final OutboundAddress ADDRESS = OutboundAddress.parse("192.0.2.1");
    private static final Instant ADDED_AT = Instant.parse("2024-05-01T10:00:00Z");
    private static final Instant EXPIRES_AT = Instant.parse("2024-06-01T10:00:00Z");
    private static final Instant LATEST_EXPIRY = Instant.parse("2038-01-01T00:00:00Z");

    @Test
    void entryShouldBeActiveUntilItExpires() {
        assertThat(expiring(EXPIRES_AT).isActiveAt(Instant.parse("2024-06-01T09:59:59.999Z")))
                .isTrue();
    }

    @Test
    void entryShouldNotBeActiveAtTheInstantItExpires() {
        assertThat(expiring(EXPIRES_AT).isActiveAt(EXPIRES_AT)).isFalse();
    }

    @Test
    void entryShouldNotBeActiveAfterItHasExpired() {
        assertThat(expiring(EXPIRES_AT).isActiveAt(Instant.MAX)).isFalse();
    }

    @Test
    void entryWithoutExpiryShouldAlwaysBeActive() {
        AuthorizedOutbound entry = entry().build();

        assertThat(entry.isActiveAt(Instant.MAX)).isTrue();
    }

    @Test
    void entryShouldSayWhoAddedItAndWhatTheCommentIs() {
        AuthorizedOutbound entry = entry("a.example", "192.0.2.1", "mail server", "admin", ADDED_AT, EXPIRES_AT);

        assertThat(entry.addedBy()).isEqualTo(Author.of("admin"));
        assertThat(entry.addedBy().user()).contains("admin");
        assertThat(entry.comment()).contains("mail server");
    }

    @Test
    void commentOfTheGreatestLengthShouldBeAccepted() {
        String comment = "x".repeat(1000);

        assertThat(commented(comment).comment()).contains(comment);
    }

    @Test
    void longerCommentShouldBeRejectedWithItsLengthAndWhatIsAllowed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> commented("x".repeat(1001)))
                .withMessageContaining("'comment'")
                .withMessageContaining("1001")
                .withMessageContaining("1000");
    }

    @Test
    void latestExpiryShouldBeWhatCassandraCanStore() {
        assertThat(AuthorizedOutbound.LATEST_EXPIRY).isEqualTo(LATEST_EXPIRY);
    }

    @Test
    void latestExpiryShouldBeAccepted() {
        assertThat(expiring(LATEST_EXPIRY).expiresAt()).contains(LATEST_EXPIRY);
    }

    @Test
    void laterExpiryShouldBeRejectedWithBothInstants() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> expiring(Instant.parse("2038-01-01T00:00:00.001Z")))
                .withMessageContaining("'expiresAt' 2038-01-01T00:00:00.001Z")
                .withMessageContaining("2038-01-01T00:00:00Z");
    }

    @Test
    void lastInstantOfAllShouldBeRejectedAsAnExpiry() {
        assertThatIllegalArgumentException().isThrownBy(() -> expiring(Instant.MAX));
    }

    @Test
    void expiryInThePastShouldBeLeftToTheCaller() {
        assertThatCode(() -> expiring(Instant.EPOCH)).doesNotThrowAnyException();
    }

    @Test
    void instantsShouldBeStoredToTheMillisecond() {
        AuthorizedOutbound entry = entry().addedAt(Instant.parse("2024-05-01T10:00:00.123999999Z"))
                .expiresAt(Instant.parse("2024-06-01T10:00:00.456000001Z"))
                .build();

        assertThat(entry.addedAt()).isEqualTo(Instant.parse("2024-05-01T10:00:00.123Z"));
        assertThat(entry.expiresAt()).contains(Instant.parse("2024-06-01T10:00:00.456Z"));
    }

    @Test
    void entriesThatDifferBelowTheMillisecondShouldBeEqual() {
        AuthorizedOutbound entry = expiring(Instant.parse("2024-06-01T10:00:00.456Z"));

        assertThat(expiring(Instant.parse("2024-06-01T10:00:00.456999Z")))
                .isEqualTo(entry)
                .hasSameHashCodeAs(entry);
    }

    @Test
    void entriesThatDifferInAnyFieldShouldNotBeEqual() {
        AuthorizedOutbound entry = entry("a.example", "192.0.2.1", "comment", "user", ADDED_AT, EXPIRES_AT);

        assertThat(entry)
                .isEqualTo(entry("A.Example", "::ffff:192.0.2.1", "comment", "user", ADDED_AT, EXPIRES_AT))
                .isNotEqualTo(entry("b.example", "192.0.2.1", "comment", "user", ADDED_AT, EXPIRES_AT))
                .isNotEqualTo(entry("a.example", "192.0.2.2", "comment", "user", ADDED_AT, EXPIRES_AT))
                .isNotEqualTo(entry("a.example", "192.0.2.1", "other", "user", ADDED_AT, EXPIRES_AT))
                .isNotEqualTo(entry("a.example", "192.0.2.1", "comment", "other", ADDED_AT, EXPIRES_AT))
                .isNotEqualTo(entry("a.example", "192.0.2.1", "comment", "user", EXPIRES_AT, EXPIRES_AT))
                .isNotEqualTo(entry("a.example", "192.0.2.1", "comment", "user", ADDED_AT, LATEST_EXPIRY));
    }

    @Test
    void orphanedEntryShouldBeDatedToTheMillisecondAndRevivedEntryShouldCountAgain() {
        AuthorizedOutbound entry = entry("a.example", "192.0.2.1", "comment", "user", ADDED_AT, EXPIRES_AT);

        AuthorizedOutbound orphaned = entry.orphaned(Instant.parse("2024-05-02T10:00:00.123999Z"));

        assertThat(orphaned.orphanedAt()).contains(Instant.parse("2024-05-02T10:00:00.123Z"));
        assertThat(orphaned.revived()).isEqualTo(entry);
    }

    /** As decisions need it. */
    @Test
    void bareEntryShouldHaveAllButCommentAndAuthor() {
        Instant orphanedAt = Instant.parse("2024-05-02T10:00:00Z");
        AuthorizedOutbound entry = entry("a.example", "192.0.2.1", "comment", "user", ADDED_AT, EXPIRES_AT);

        assertThat(entry.orphaned(orphanedAt).bare())
                .isEqualTo(expiring(EXPIRES_AT).orphaned(orphanedAt));
    }

    private static AuthorizedOutbound.Builder entry() {
        return AuthorizedOutbound.builder().domain(DOMAIN).address(ADDRESS).addedAt(ADDED_AT);
    }

    private static AuthorizedOutbound expiring(Instant expiresAt) {
        return entry().expiresAt(expiresAt).build();
    }

    private static AuthorizedOutbound commented(String comment) {
        return entry().comment(comment).build();
    }

    private static AuthorizedOutbound entry(
            String domain, String address, String comment, String addedBy, Instant addedAt, Instant expiresAt) {
        return AuthorizedOutbound.builder()
                .domain(Domain.of(domain))
                .address(OutboundAddress.parse(address))
                .comment(comment)
                .addedBy(Author.of(addedBy))
                .addedAt(addedAt)
                .expiresAt(expiresAt)
                .build();
    }
}
