// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TombstoneWarningsTest {
    private static final String WARNING =
            "17:26:16.975 [WARN ] o.a.c.d.ReadCommand - Read 200 live rows and 1001 tombstone cells for query SELECT domain, ip,"
                    + " comment FROM keyspace1.authorized_outbound WHERE domain = 'a.example' LIMIT 5000; token 42 (see"
                    + " tombstone_warn_threshold)";
    private static final String FAILURE =
            "17:26:17.001 [ERROR] o.a.c.s.StorageProxy - Scanned over 100001 tombstones during query 'SELECT id FROM"
                    + " keyspace2.authorized_outbound_change WHERE hour = '2026-11-27 17:00Z' LIMIT 1' (last scanned row token"
                    + " was 42 and partion key was (2026-11-27 17:00Z)); query aborted";
    private static final String OF_JAMES =
            "17:26:17.002 [WARN ] o.a.c.d.ReadCommand - Read 0 live rows and 2000 tombstone cells for query SELECT domain FROM"
                    + " keyspace1.domains LIMIT 5000; token 42 (see tombstone_warn_threshold)";
    private static final String SETTINGS =
            "17:26:00.000 [INFO ] o.a.c.c.Config - Node configuration:[read_request_timeout=5s;"
                    + " tombstone_failure_threshold=100000; tombstone_warn_threshold=1000]";
    private static final String LOG = String.join("\n", SETTINGS, WARNING, OF_JAMES, FAILURE, "");

    @Test
    void readsOfTablesOfTheExtensionThatMetManyTombstonesShouldBeFound() {
        assertThat(TombstoneWarnings.in(LOG, keyspace -> true)).containsExactly(WARNING, FAILURE);
    }

    @Test
    void readsOfOtherKeyspacesShouldBeLeftOut() {
        assertThat(TombstoneWarnings.in(LOG, "keyspace2"::equals)).containsExactly(FAILURE);
    }
}
