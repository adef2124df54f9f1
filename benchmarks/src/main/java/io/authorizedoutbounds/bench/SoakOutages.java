// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The outages of a soak until now, and what they allow. All times are nanoseconds of one clock. Thread-safe. */
final class SoakOutages {
    /** In place of a node: Cassandra is away, for all of them. */
    static final int ALL_NODES = -1;

    /** One outage. */
    static final class Outage {
        private final String name;
        private final int node;
        private final long beginsAt;
        private volatile long endsAt = Long.MAX_VALUE;

        private Outage(String name, int node, long beginsAt) {
            this.name = name;
            this.node = node;
            this.beginsAt = beginsAt;
        }

        String name() {
            return name;
        }

        /** Of Cassandra rather than of a node. */
        boolean isOfCassandra() {
            return node == ALL_NODES;
        }

        long beginsAt() {
            return beginsAt;
        }

        /** The maximum while it lasts. */
        long endsAt() {
            return endsAt;
        }

        /** What was away is back. */
        void end(long at) {
            endsAt = at;
        }

        private boolean concerns(int someNode) {
            return node == ALL_NODES || node == someNode;
        }
    }

    private final long recovery;
    private final List<Outage> outages = new CopyOnWriteArrayList<>();

    /** @param recovery how long after its end an outage may still be noticed */
    SoakOutages(long recovery) {
        this.recovery = recovery;
    }

    /**
     * Begins an outage; to be called before anything is stopped.
     *
     * @param node the James that is stopped, or {@link #ALL_NODES}
     */
    Outage begin(String name, int node, long at) {
        Outage outage = new Outage(name, node, at);
        outages.add(outage);
        return outage;
    }

    /** In the order in which they began. */
    List<Outage> all() {
        return ImmutableList.copyOf(outages);
    }

    /** Whether a node may defer what was asked and answered at these times. */
    boolean allowDeferral(int node, long askedAt, long answeredAt) {
        return outages.stream()
                .anyMatch(outage -> outage.concerns(node)
                        && answeredAt >= outage.beginsAt
                        && askedAt <= plus(outage.endsAt, recovery));
    }

    /** Whether a node may drop a connection on which a command was sent at the one time and not answered at the other. */
    boolean allowDrop(int node, long askedAt, long droppedAt) {
        return isKilledBetween(node, askedAt, droppedAt);
    }

    /** Whether a node was killed between these times, or was down. */
    boolean isKilledBetween(int node, long from, long until) {
        return outages.stream()
                .anyMatch(outage -> outage.node == node && until >= outage.beginsAt && from <= outage.endsAt);
    }

    /** When a node is to know by the latest what it would know at the due time without outages; the maximum while one lasts. */
    long deadline(int node, long due) {
        long deadline = due;
        for (Outage outage : outages) {
            if (outage.concerns(node) && outage.beginsAt <= deadline) {
                deadline = Math.max(deadline, plus(outage.endsAt, recovery));
            }
        }
        return deadline;
    }

    private static long plus(long time, long duration) {
        return time == Long.MAX_VALUE ? time : time + duration;
    }
}
