// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Volume;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.container.ComposeFile.Mount;
import io.authorizedoutbounds.it.container.ComposeFile.Service;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.utility.DockerImageName;

/**
 * Both rules in the containers of {@code docker/compose.yaml}: its images, commands, mounts and health checks. The server
 * that James relays to is another container of the same image, as James's project ships it.
 */
@ExtendWith(ContainerEngine.class)
class ContainerIntegrationTest {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3);
    private static final int SMTP = 25;
    private static final int SMTP_OVER_TLS = 465;
    private static final int WEB_ADMIN = 8000;
    private static final String THIS_HOST = "127.0.0.1";
    private static final String ELSEWHERE = "elsewhere.example.org";
    private static final Pattern REFUSED = Pattern.compile(
            "451 4\\.7\\.1 Open relay not allowed: (\\S+) is not an authorized outbound address of (\\S+)");

    private static Network network;
    private static GenericContainer<?> cassandra;
    private static GenericContainer<?> nextServer;
    private static GenericContainer<?> james;
    private static WebAdmin webAdmin;
    private static WebAdmin nextWebAdmin;

    @BeforeAll
    static void start(@TempDir Path folder) {
        Service cassandraService = ComposeFile.service("cassandra");
        Service jamesService = ComposeFile.service("james");
        network = Network.newNetwork();
        cassandra = container("cassandra", cassandraService, ImmutableMap.of());
        nextServer = container("next-server", asJamesShipsIt(jamesService), ImmutableMap.of())
                .withEnv("DOMAIN", ELSEWHERE)
                .withExposedPorts(WEB_ADMIN);
        Startables.deepStart(cassandra, nextServer).join();
        Path mailetContainer = relayingTo(addressOf(nextServer), folder.resolve("mailetcontainer.xml"));
        james = container("james", jamesService, ImmutableMap.of("/root/conf/mailetcontainer.xml", mailetContainer))
                .withExposedPorts(SMTP, SMTP_OVER_TLS, WEB_ADMIN);
        james.start();

        webAdmin = WebAdmin.at(james.getMappedPort(WEB_ADMIN)).awaitLists();
        nextWebAdmin = WebAdmin.at(nextServer.getMappedPort(WEB_ADMIN));
    }

    @AfterAll
    static void stop() {
        Stream.of(james, nextServer, cassandra).filter(Objects::nonNull).forEach(GenericContainer::stop);
        if (network != null) {
            network.close();
        }
    }

    private static Service asJamesShipsIt(Service james) {
        return new Service(
                james.image(),
                james.command(),
                Map.of(),
                List.of(),
                List.of(),
                "curl -sf http://127.0.0.1:" + WEB_ADMIN + "/healthcheck");
    }

    /** Started once its health check, the one of the compose file, is content. */
    private static GenericContainer<?> container(String name, Service service, Map<String, Path> replaced) {
        List<Bind> binds = service.mounts().stream()
                .map(mount -> bind(mount, replaced.getOrDefault(mount.target(), mount.source())))
                .toList();
        return new GenericContainer<>(DockerImageName.parse(service.image()))
                .withNetwork(network)
                .withNetworkAliases(name)
                .withEnv(service.environment())
                .withCommand(service.command().toArray(new String[0]))
                .withCreateContainerCmdModifier(create -> create.getHostConfig().withBinds(binds))
                .waitingFor(Wait.forSuccessfulCommand(service.healthCheck()).withStartupTimeout(START_TIMEOUT));
    }

    private static Bind bind(Mount mount, Path source) {
        return new Bind(source.toString(), new Volume(mount.target()), AccessMode.ro);
    }

    /** Writes the shipped configuration with another server as its gateway. */
    private static Path relayingTo(String gateway, Path file) {
        String shipped = Build.read(Build.dropIn().resolve("conf/mailetcontainer.xml"));
        String queue = "<outgoingQueue>outgoing</outgoingQueue>";
        assertThat(shipped).contains(queue);
        Build.write(file, shipped.replace(queue, queue + "<gateway>" + gateway + "</gateway>"));
        return file;
    }

    /** In the network of the containers. */
    private static String addressOf(GenericContainer<?> container) {
        return Iterables.getOnlyElement(container
                        .getContainerInfo()
                        .getNetworkSettings()
                        .getNetworks()
                        .values())
                .getIpAddress();
    }

    private static SmtpClient connect() {
        return SmtpClient.from(THIS_HOST, james.getMappedPort(SMTP));
    }

    private static String reply(String domain, String recipient) {
        try (SmtpClient client = connect()) {
            assertThat(client.mail("alice@" + domain)).startsWith("250");
            return client.rcpt(recipient);
        }
    }

    /** A domain that lists the address which James sees of this host: the reply to a refused RCPT names it. */
    private static String domainOfThisHost() {
        String domain = webAdmin.addDomain();
        Matcher refusal = REFUSED.matcher(reply(domain, "friend@" + ELSEWHERE));
        assertThat(refusal.matches()).isTrue();
        webAdmin.put(domain, refusal.group(1)).then().statusCode(204);
        return domain;
    }

    /** A mailbox of the next server. */
    private static String newMailbox(String name) {
        String mailbox = name + "@" + ELSEWHERE;
        nextWebAdmin.addUser(mailbox, "secret");
        return mailbox;
    }

    private static void send(String sender, String recipient) {
        try (SmtpClient client = connect()) {
            assertThat(client.mail(sender)).startsWith("250");
            assertThat(client.rcpt(recipient)).startsWith("250");
            assertThat(client.data("Hello")).startsWith("250");
        }
    }

    @Test
    void mailOfAListedAddressShouldReachTheNextServer() {
        String domain = domainOfThisHost();
        String friend = newMailbox("listed");

        send("alice@" + domain, friend);

        nextWebAdmin.awaitMailsOf(friend, 1);
    }

    @Test
    void listedAddressShouldNotSendAsAnotherDomain() {
        domainOfThisHost();
        String other = webAdmin.addDomain();

        assertThat(reply(other, "friend@" + ELSEWHERE)).matches(REFUSED).endsWith(" of " + other);
    }

    @Test
    void otherContainerShouldBeRefusedByItsOwnAddress() throws IOException, InterruptedException {
        String domain = domainOfThisHost();
        String conversation = "EHLO client.example\\r\\nMAIL FROM:<alice@" + domain + ">\\r\\nRCPT TO:<friend@"
                + ELSEWHERE + ">\\r\\nQUIT\\r\\n";

        String replies = nextServer
                .execInContainer("bash", "-c", "exec 3<>/dev/tcp/james/25; printf '" + conversation + "' >&3; cat <&3")
                .getStdout();

        assertThat(replies)
                .contains("451 4.7.1 Open relay not allowed: " + addressOf(nextServer)
                        + " is not an authorized outbound address of " + domain);
    }

    @Test
    void removedAddressShouldBeRefused() {
        String domain = webAdmin.addDomain();
        Matcher refusal = REFUSED.matcher(reply(domain, "friend@" + ELSEWHERE));
        assertThat(refusal.matches()).isTrue();
        webAdmin.put(domain, refusal.group(1)).then().statusCode(204);
        assertThat(reply(domain, "friend@" + ELSEWHERE)).startsWith("250");

        webAdmin.delete(domain, refusal.group(1)).then().statusCode(204);

        assertThat(reply(domain, "friend@" + ELSEWHERE)).matches(REFUSED);
    }

    @Test
    void mailOfAStrangerOnAListedAddressShouldBeQuarantined() {
        domainOfThisHost();
        String friend = newMailbox("stranger");

        send("stranger@remote.example.com", friend);

        Awaitility.await("the quarantined mail")
                .atMost(Duration.ofMinutes(1))
                .until(() -> webAdmin.mails("blocked-sender").stream()
                        .anyMatch(mail -> mail.recipients().equals(List.of(friend))));
        assertThat(nextWebAdmin.mailsOf(friend)).isZero();
    }

    /** With the keystore that James has made at its start. */
    @Test
    void userShouldSubmitOverTls() {
        String domain = webAdmin.addDomain();
        String friend = newMailbox("submission");
        webAdmin.addUser("alice@" + domain, "secret");

        try (SmtpClient client = SmtpClient.overTls(THIS_HOST, james.getMappedPort(SMTP_OVER_TLS))) {
            assertThat(client.auth("alice@" + domain, "secret")).startsWith("235");
            assertThat(client.mail("alice@" + domain)).startsWith("250");
            assertThat(client.rcpt(friend)).startsWith("250");
            assertThat(client.data("Hello")).startsWith("250");
        }

        nextWebAdmin.awaitMailsOf(friend, 1);
    }

    @Test
    void extensionShouldBeHealthyAndWarnOfNothing() {
        assertThat(webAdmin.awaitHealth("healthy").statusCode()).isEqualTo(200);
        assertThat(james.getLogs().lines().filter(line -> line.matches(".*\\[(WARN |ERROR)] i\\.a\\..*")))
                .isEmpty();
    }
}
