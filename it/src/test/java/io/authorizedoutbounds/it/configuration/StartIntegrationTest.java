// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a James says that cannot start as configured, and the hosts that it starts in. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class StartIntegrationTest {
    @Test
    void unknownKeyShouldStopTheStart() {
        String log = JamesServer.builder()
                .edit("authorized-outbounds.properties", text -> text + "\nlookup.timeuot=1s\n")
                .startInVain();

        assertThat(log)
                .contains("conf/authorized-outbounds.properties: unknown key 'lookup.timeuot'; the known keys are"
                        + " allow.private.addresses, cache.addresses.maximum, cache.domains.maximum, changes.retention,"
                        + " enforcement, external.senders, lookup.timeout, propagation.interval, protect.local.recipients,"
                        + " refusals.retention, stale.maximum, trusted.networks");
    }

    @Test
    void badValueShouldStopTheStart() {
        String log = JamesServer.builder()
                .edit("cassandra.properties", "cassandra\\.nodes=.*", "cassandra.nodes=")
                .startInVain();

        assertThat(log)
                .contains("conf/cassandra.properties: cassandra.nodes='' is not allowed:"
                        + " give host:port of one or more members, separated by commas");
    }

    /** CASES 64. */
    @Test
    @HostileCase(64)
    void moduleThatIsNotLoadedShouldStopTheStartAndNameTheLine() {
        String log = JamesServer.builder()
                // Appended to a comment without a newline.
                .edit("extensions.properties", "\nguice\\.extension\\.module=", "guice.extension.module=")
                .startInVain();

        assertThat(log)
                .contains(
                        "conf/extensions.properties does not load the authorized outbounds, which other files of conf/"
                                + " use. Add this on a line of its own, or with a comma to the modules that are there:"
                                + " \"guice.extension.module=io.authorizedoutbounds.james.AuthorizedOutboundsModule\"")
                .doesNotContain("No injectable constructor")
                .doesNotContain("No implementation for");
    }

    @Test
    void healthyStartShouldLogNoWarning(CassandraServer cassandra) {
        try (JamesServer james =
                JamesServer.builder().cassandra(cassandra, Names.newKeyspace()).start()) {
            WebAdmin.of(james).awaitHealth("healthy");

            assertThat(james.warnings()).isEmpty();
        }
    }

    /** A stand-in for the JPA apps, which are not to be had as a class path: the driver is missing there. */
    @Test
    void hostWithoutTheDriverShouldUseTheOneOfTheDropIn(CassandraServer cassandra) {
        try (JamesServer james = JamesServer.builder()
                .withoutJars(Pattern.compile("/(java-driver-|native-protocol-|config-1|jnr-|jffi-|asm-)"))
                .cassandra(cassandra, Names.newKeyspace())
                .start()) {
            WebAdmin webAdmin = WebAdmin.of(james).awaitLists();
            String domain = webAdmin.addDomainListing("203.0.113.7");

            webAdmin.get(domain, "203.0.113.7").then().statusCode(200);
        }
    }
}
