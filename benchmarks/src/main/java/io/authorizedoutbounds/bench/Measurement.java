// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.it.server.CassandraServer;
import java.util.List;

/** One part of {@code ./bench}. It starts what it needs, prints how far it is, and ends what it started. */
interface Measurement {
    /**
     * What was measured, held against a budget of the design.
     *
     * @param what     what is bounded, in a few words
     * @param allowed  the budget with its unit
     * @param measured the figure with its unit
     * @param holds    whether the figure is within the budget
     */
    record Budget(String what, String allowed, String measured, boolean holds) {
        /** No read of the extension's tables met many tombstones, by the log of Cassandra. */
        static Budget ofTombstones(CassandraServer cassandra, String keyspace) {
            List<String> warnings = cassandra.tombstoneWarnings(keyspace);
            warnings.forEach(System.out::println);
            return new Budget(
                    "tombstone warnings in the log of Cassandra, keyspace " + keyspace,
                    "none",
                    Integer.toString(warnings.size()),
                    warnings.isEmpty());
        }
    }

    /**
     * The outcome, for people.
     *
     * @param title   heading of the part
     * @param text    Markdown: how it was measured and the tables
     * @param budgets those that this part measures, all of them
     */
    record Report(String title, String text, List<Budget> budgets) {}

    /** Measures; takes minutes. */
    Report run() throws Exception;
}
