// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.OutboundChange.Action;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class NewestByHourTest {
    private static final Instant FIRST_HOUR = Instant.parse("2024-05-01T10:00:00Z");

    /** What was read: the hour, counted from the first, and how many changes were enough. */
    private final List<String> reads = new ArrayList<>();

    private static List<Instant> hours(int count) {
        return IntStream.range(0, count).mapToObj(NewestByHourTest::hour).collect(Collectors.toList());
    }

    private static Instant hour(int number) {
        return FIRST_HOUR.plus(number, ChronoUnit.HOURS);
    }

    /** Two changes, the newest first, in each hour. */
    private CompletionStage<List<OutboundChange>> twoChanges(Instant hour, int enough) {
        reads.add(Duration.between(FIRST_HOUR, hour).toHours() + ":" + enough);
        return CompletableFuture.completedFuture(List.of(change(hour.plusSeconds(20)), change(hour.plusSeconds(10))));
    }

    private static OutboundChange change(Instant changedAt) {
        return OutboundChange.builder()
                .id(new UUID(0, changedAt.getEpochSecond()))
                .changedAt(changedAt)
                .action(Action.PUT)
                .domain(Domain.of("alpha.example"))
                .address(OutboundAddress.parse("203.0.113.7"))
                .build();
    }

    private List<Instant> read(int hours, int limit) {
        return new NewestByHour<>(this::twoChanges)
                .read(hours(hours), limit).toCompletableFuture().join().stream()
                        .map(OutboundChange::changedAt)
                        .collect(Collectors.toList());
    }

    @Test
    void changesShouldBeTheNewestFirst() {
        assertThat(read(2, 10))
                .containsExactly(
                        hour(1).plusSeconds(20),
                        hour(1).plusSeconds(10),
                        hour(0).plusSeconds(20),
                        hour(0).plusSeconds(10));
    }

    @Test
    void changesShouldBeTheNewestFirstOverMoreHoursThanAreReadAtOnce() {
        assertThat(read(60, 1000)).hasSize(120).isSortedAccordingTo((one, other) -> other.compareTo(one));
    }

    @Test
    void noMoreThanTheLimitShouldBeReturned() {
        assertThat(read(2, 3))
                .containsExactly(hour(1).plusSeconds(20), hour(1).plusSeconds(10), hour(0).plusSeconds(20));
    }

    @Test
    void noOlderHoursShouldBeReadWhenThereAreEnoughChanges() {
        read(60, 48);

        assertThat(reads).hasSize(24).startsWith("59:48").endsWith("36:48");
    }

    @Test
    void olderHoursShouldBeReadForTheChangesThatAreMissing() {
        read(60, 49);

        assertThat(reads)
                .hasSize(48)
                .startsWith("59:49")
                .contains("36:49", "35:1")
                .endsWith("12:1");
    }

    @Test
    void nothingShouldBeReadWithoutHours() {
        assertThat(read(0, 10)).isEmpty();
        assertThat(reads).isEmpty();
    }

    @Test
    void historyShouldFailWhenAnHourCannotBeRead() {
        IllegalStateException unreachable = new IllegalStateException("no quorum");
        NewestByHour<OutboundChange> history = new NewestByHour<>((hour, enough) ->
                hour.equals(hour(1)) ? CompletableFuture.failedFuture(unreachable) : twoChanges(hour, enough));

        assertThat(history.read(hours(3), 10).toCompletableFuture())
                .failsWithin(Duration.ZERO)
                .withThrowableOfType(ExecutionException.class)
                .withCause(unreachable);
    }
}
