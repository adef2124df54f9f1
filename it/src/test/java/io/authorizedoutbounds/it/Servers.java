// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import java.util.concurrent.atomic.AtomicInteger;

/** What the test classes of one run share. */
final class Servers {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static CassandraServer cassandra;

    private Servers() {}

    /** One Cassandra for all classes that do not stop it. It ends with the JVM. */
    static synchronized CassandraServer cassandra() {
        if (cassandra == null) {
            cassandra = new CassandraServer().start();
        }
        return cassandra;
    }

    /** A name that nobody else uses: of a domain ({@code d1.example}), or of a keyspace without the dot. */
    static String newDomain() {
        return "d" + NAMES.incrementAndGet() + ".example";
    }

    static String newKeyspace() {
        return "keyspace" + NAMES.incrementAndGet();
    }
}
