// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import java.util.concurrent.atomic.AtomicInteger;

/** Names that nothing else in this JVM uses, so that tests can share servers. */
public final class Names {
    private static final AtomicInteger COUNTER = new AtomicInteger();

    private Names() {}

    /** A name of a domain, as {@code d1.example}. */
    public static String newDomain() {
        return "d" + COUNTER.incrementAndGet() + ".example";
    }

    /** A name of a keyspace, as {@code keyspace2}. */
    public static String newKeyspace() {
        return "keyspace" + COUNTER.incrementAndGet();
    }
}
