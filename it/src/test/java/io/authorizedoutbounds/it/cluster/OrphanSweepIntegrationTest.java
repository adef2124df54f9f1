// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdmin.Health;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A James whose domain list is that of another one, on the keyspace of a relay, for two hours of its own clock. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class OrphanSweepIntegrationTest {
    private static final int DOMAINS = 12;
    private static final Duration LONGER_THAN_A_SWEEP = Duration.ofMinutes(25);
    private static final String ADDRESS = "203.0.113.7";

    @TempDir
    private Path folder;

    @Test
    @HostileCase(50)
    void nothingShouldBeOrphanedByTheDomainListOfAnotherJamesWithoutAConfirmation(CassandraServer cassandra) {
        String keyspace = Names.newKeyspace();
        Path clock = folder.resolve("clock");
        Build.write(clock, "+0\n");
        try (JamesServer relay =
                        JamesServer.builder().cassandra(cassandra, keyspace).start();
                JamesServer stranger = JamesServer.builder()
                        .cassandra(cassandra, keyspace)
                        .patientLookups()
                        .clockThatJumps(clock)
                        .start()) {
            WebAdmin ofRelay = WebAdmin.of(relay).awaitLists();
            WebAdmin ofStranger = WebAdmin.of(stranger);
            ofStranger.awaitHealth("healthy");
            List<String> domains = Stream.generate(() -> ofRelay.addDomainListing(ADDRESS))
                    .limit(DOMAINS)
                    .toList();

            // A jump in the middle of a sweep is a timeout for James's domain list; a later sweep finds what that one
            // missed.
            Awaitility.await("a sweep that misses all domains")
                    .atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofSeconds(4))
                    .until(() -> {
                        Duration ahead = Duration.ofSeconds(
                                Long.parseLong(Build.read(clock).strip().substring(1)));
                        String cause = ofStranger.health().cause().orElse("");
                        if (ahead.compareTo(Duration.ofHours(2)) > 0 && cause.contains(DOMAINS + " domains")) {
                            return true;
                        }
                        Build.write(clock, "+" + ahead.plus(LONGER_THAN_A_SWEEP).toSeconds() + "\n");
                        return false;
                    });

            Health health = ofStranger.health();
            assertThat(health.status()).isEqualTo("degraded");
            assertThat(health.cause().orElseThrow()).contains(DOMAINS + " domains", "sweep?confirm");
            assertThat(stranger.log()).contains(DOMAINS + " of " + DOMAINS + " domains with authorized outbounds");
            for (String domain : domains) {
                ofRelay.list(domain).then().statusCode(200).body("[0].orphaned", nullValue());
            }

            ofStranger
                    .request()
                    .post("/authorizedOutbounds/sweep?confirm")
                    .then()
                    .body("orphaned", equalTo(DOMAINS));

            for (String domain : domains) {
                ofRelay.list(domain).then().statusCode(200).body("[0].orphaned", equalTo(true));
            }
        }
    }
}
