// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows when each entry was changed, and judges answers by that. A change holds at some time between its request and its
 * response, at once on the node that made it and after the propagation time on the others. A change that was not
 * acknowledged holds or does not until the next one that is. All times are nanoseconds of one clock. Thread-safe.
 */
final class SoakOracle {
    enum Answer {
        ACCEPTED,
        REFUSED,
        DEFERRED
    }

    enum Verdict {
        RIGHT("right"),
        /** As the entry was before, which an outage allows. */
        STALE("stale"),
        /** Deferred in an outage, or shortly after. */
        DEFERRED("deferred"),
        /** Deferred at another time. */
        DEFERRED_WITHOUT_OUTAGE("deferred without an outage"),
        /** Accepted although the entry was on no list. */
        WRONGLY_ACCEPTED("wrongly accepted"),
        /** Refused although the entry was on its list. */
        WRONGLY_REFUSED("wrongly refused");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** A change of an entry. */
    static final class Change {
        private final boolean listed;
        private final int node;
        private final long requestedAt;
        private volatile long acknowledgedAt = Long.MAX_VALUE;

        private Change(boolean listed, int node, long requestedAt) {
            this.listed = listed;
            this.node = node;
            this.requestedAt = requestedAt;
        }

        /** The node has acknowledged it. */
        void acknowledge(long at) {
            acknowledgedAt = at;
        }

        /** What of other nodes is due at the returned time is due at the acknowledgement on its own node. */
        private long dueAt(int otherNode, long propagation) {
            return otherNode == node ? acknowledgedAt : acknowledgedAt + propagation;
        }
    }

    private final long propagation;
    private final long staleMaximum;
    private final SoakOutages outages;
    private final Map<SoakEntry, List<Change>> changes = new ConcurrentHashMap<>();

    /**
     * An oracle that knows of no entry: each is on no list.
     *
     * @param propagation  within which other nodes know of a change
     * @param staleMaximum how long an outage may keep a node from knowing of it
     */
    SoakOracle(long propagation, long staleMaximum, SoakOutages outages) {
        this.propagation = propagation;
        this.staleMaximum = staleMaximum;
        this.outages = outages;
    }

    /**
     * Records a change; to be called before it is sent. An entry is changed by one thread at a time.
     *
     * @param listed whether the entry is on its list then
     */
    Change change(SoakEntry entry, boolean listed, int node, long requestedAt) {
        Change change = new Change(listed, node, requestedAt);
        List<Change> ofEntry = changes.computeIfAbsent(entry, key -> new ArrayList<>());
        synchronized (ofEntry) {
            ofEntry.add(change);
        }
        return change;
    }

    /** What was acknowledged since then may be lost: a Cassandra that is killed has not written it all to its files. */
    void loseChangesSince(long time) {
        for (List<Change> ofEntry : changes.values()) {
            synchronized (ofEntry) {
                ofEntry.stream()
                        .filter(change -> change.acknowledgedAt >= time)
                        .forEach(change -> change.acknowledgedAt = Long.MAX_VALUE);
            }
        }
    }

    /** Judges the answer of a node to a RCPT whose client and sender are those of the entry. */
    Verdict judge(SoakEntry entry, Answer answer, int node, long askedAt, long answeredAt) {
        if (answer == Answer.DEFERRED) {
            return outages.allowDeferral(node, askedAt, answeredAt)
                    ? Verdict.DEFERRED
                    : Verdict.DEFERRED_WITHOUT_OUTAGE;
        }
        boolean listed = answer == Answer.ACCEPTED;
        List<Change> ofEntry = changes.getOrDefault(entry, List.of());
        synchronized (ofEntry) {
            if (mayBe(listed, ofEntry, askedAt, answeredAt, change -> change.dueAt(node, propagation))) {
                return Verdict.RIGHT;
            }
            if (mayBe(listed, ofEntry, askedAt, answeredAt, change -> dueAfterOutages(change, node))) {
                return Verdict.STALE;
            }
        }
        return listed ? Verdict.WRONGLY_ACCEPTED : Verdict.WRONGLY_REFUSED;
    }

    /** When the other changes than this one are over on a node. */
    @FunctionalInterface
    private interface Due {
        long at(Change change);
    }

    private long dueAfterOutages(Change change, int node) {
        long due = change.dueAt(node, propagation);
        return node == change.node ? due : Math.max(due, Math.min(outages.deadline(node, due), due + staleMaximum));
    }

    /** Whether the entry may have been like this at some time from the question to the answer. */
    private static boolean mayBe(boolean listed, List<Change> changes, long askedAt, long answeredAt, Due due) {
        // What it was before each change lasts until the first acknowledged change after that is due.
        long endsAt = Long.MAX_VALUE;
        for (int number = changes.size() - 1; number >= 0; number--) {
            Change change = changes.get(number);
            if (change.listed == listed && answeredAt >= change.requestedAt && askedAt <= endsAt) {
                return true;
            }
            if (change.acknowledgedAt != Long.MAX_VALUE) {
                endsAt = Math.min(endsAt, due.at(change));
            }
        }
        return !listed && askedAt <= endsAt;
    }
}
