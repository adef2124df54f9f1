// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

/** Cassandra has not been reached since James started; {@link CassandraConnection} logs why, and tries again. */
public class NotReachedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public NotReachedException() {
        super("Cassandra has not been reached since James started");
    }
}
