// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.activity.UseRecorder;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.cache.TestCacheSettings;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.MemoryUseStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.Sender;
import io.authorizedoutbounds.policy.SessionTrust;
import io.authorizedoutbounds.policy.TestRelaySettings;
import io.authorizedoutbounds.policy.Uses;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.apache.james.core.Domain;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Rule 1 with so many cached domains: on answers that are there, each asked for in turn, and on some that are not. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class DecisionBenchmark {
    /** Addresses that are looked up whatever the domain: the in-memory store reads through all domains for each. */
    private static final int ADDRESSES = 1000;

    /** More than the cache holds: when one is looked up again, it has been evicted. */
    private static final int STRANGERS = 1 << 18;

    /** How many domains are cached. */
    @Param({"10", "1000", "100000"})
    public int domains;

    private RelayRule rule;
    private Uses uses;
    private Sender[] senders;
    private EntryId[] entries;
    private OutboundAddress[] listed;
    private OutboundAddress[] unlisted;
    private Sender[] strangers;
    private int next;

    /** Fills the store, and the cache from it. */
    @Setup
    public void fill() {
        MemoryAuthorizedOutboundStore store = new MemoryAuthorizedOutboundStore(Clock.systemUTC());
        int firstListed = InetAddresses.coerceToInteger(InetAddresses.forString("198.18.0.0"));
        senders = new Sender[domains];
        entries = new EntryId[domains];
        listed = new OutboundAddress[domains];
        String[] names = new String[domains];
        for (int i = 0; i < domains; i++) {
            Domain domain = Domain.of("d" + i + ".example");
            names[i] = domain.asString();
            senders[i] = Sender.internal(domain);
            listed[i] = OutboundAddress.of(InetAddresses.fromInteger(firstListed + i));
            store.save(AuthorizedOutbound.builder()
                            .domain(domain)
                            .address(listed[i])
                            .addedAt(Instant.now())
                            .build())
                    .toCompletableFuture()
                    .join();
        }
        strangers = new Sender[STRANGERS];
        for (int i = 0; i < STRANGERS; i++) {
            strangers[i] = Sender.internal(Domain.of("stranger" + i + ".example"));
        }
        unlisted = new OutboundAddress[ADDRESSES];
        for (int i = 0; i < ADDRESSES; i++) {
            unlisted[i] = OutboundAddress.of(InetAddresses.fromInteger(
                    InetAddresses.coerceToInteger(InetAddresses.forString("203.0.113.0")) + i));
        }
        CachedLookup lookup = new CachedLookup(
                store,
                FixedDomainList.internalDomains(FixedDomainList.of(names)),
                TestCacheSettings.patient(),
                Clock.systemUTC(),
                Ticker.systemTicker(),
                JamesMetrics.create());
        rule = new RelayRule(lookup, TestRelaySettings.enforced(), () -> true);
        uses = new UseRecorder(new MemoryUseStore(), store, Clock.systemUTC(), () -> {});
        for (int i = 0; i < domains; i++) {
            entries[i] = EntryId.of(senders[i].internalDomain().get(), listed[i]);
            uses.record(entries[i]);
            expect(
                    RelayRow.LISTED_FOR_DOMAIN,
                    rule.judge(SessionTrust.NONE, senders[i], listed[i], () -> Locality.EXTERNAL, () -> false));
        }
        for (int i = 0; i < ADDRESSES; i++) {
            expect(
                    RelayRow.UNLISTED,
                    rule.judge(
                            SessionTrust.NONE, Sender.external(), unlisted[i], () -> Locality.EXTERNAL, () -> false));
            expect(
                    RelayRow.LISTED,
                    rule.judge(
                            SessionTrust.NONE,
                            Sender.external(),
                            listed[i % domains],
                            () -> Locality.EXTERNAL,
                            () -> false));
        }
    }

    private static void expect(RelayRow expected, RelayDecision decision) {
        if (decision.row() != expected) {
            throw new IllegalStateException("Row " + decision.row() + " instead of " + expected);
        }
    }

    private int next() {
        next = next + 1 == Math.max(domains, ADDRESSES) ? 0 : next + 1;
        return next;
    }

    /** Row 2: a listed client of an internal domain. */
    @Benchmark
    public RelayDecision row2ListedForDomain() {
        int i = next() % domains;
        return rule.judge(SessionTrust.NONE, senders[i], listed[i], () -> Locality.EXTERNAL, () -> false);
    }

    /** What the hook does in addition after row 2: the use is recorded, as it was before in this hour. The entry is that of a transaction. */
    @Benchmark
    public void useOfRow2() {
        uses.record(entries[next() % domains]);
    }

    /** Row 3: an unlisted client of an internal domain. */
    @Benchmark
    public RelayDecision row3UnlistedForDomain() {
        int i = next();
        return rule.judge(
                SessionTrust.NONE, senders[i % domains], unlisted[i % ADDRESSES], () -> Locality.EXTERNAL, () -> false);
    }

    /** Row 6: an external sender from a listed client. */
    @Benchmark
    public RelayDecision row6Listed() {
        return rule.judge(
                SessionTrust.NONE,
                Sender.external(),
                listed[next() % Math.min(domains, ADDRESSES)],
                () -> Locality.EXTERNAL,
                () -> false);
    }

    /** Row 7: an external sender from an unlisted client. */
    @Benchmark
    public RelayDecision row7Unlisted() {
        return rule.judge(
                SessionTrust.NONE,
                Sender.external(),
                unlisted[next() % ADDRESSES],
                () -> Locality.EXTERNAL,
                () -> false);
    }

    /** Row 3 for a domain that is not cached: a query of the in-memory store, and its answer cached. */
    @Benchmark
    public RelayDecision missRow3() {
        next = (next + 1) % STRANGERS;
        return rule.judge(SessionTrust.NONE, strangers[next], unlisted[0], () -> Locality.EXTERNAL, () -> false);
    }
}
