// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import static io.restassured.RestAssured.given;

import groovy.json.JsonSlurper;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;

/** The WebAdmin of one James, with a token or without. Paths go over the wire as they are given. */
public final class WebAdmin {
    private final String baseUri;
    private final Optional<String> authorization;

    private WebAdmin(String baseUri, Optional<String> authorization) {
        this.baseUri = baseUri;
        this.authorization = authorization;
    }

    /** Of this James, without a token. */
    public static WebAdmin of(JamesServer james) {
        return at(james.webAdminPort());
    }

    /** On this port of 127.0.0.1, without a token. */
    public static WebAdmin at(int port) {
        return new WebAdmin("http://127.0.0.1:" + port, Optional.empty());
    }

    /** Waits until James has found its way to Cassandra. */
    public WebAdmin awaitLists() {
        Awaitility.await("the lists")
                .atMost(Duration.ofMinutes(1))
                .until(() -> list("nobody.example").statusCode() == 404);
        return this;
    }

    /** Waits for a poll of the change log that begins from now on; what is changed before it has been seen then. */
    public void awaitPoll() {
        long start = System.nanoTime();
        Awaitility.await("a poll").atMost(Duration.ofSeconds(30)).until(() -> {
            double seconds = (System.nanoTime() - start) / 1e9;
            return metrics().value("authorizedOutbounds_propagation_lag_seconds") < seconds;
        });
    }

    public WebAdmin withAuthorization(String header) {
        return new WebAdmin(baseUri, Optional.of(header));
    }

    public RequestSpecification request() {
        RequestSpecification request = given().baseUri(baseUri).urlEncodingEnabled(false);
        authorization.ifPresent(header -> request.header("Authorization", header));
        return request;
    }

    public String addDomain() {
        String domain = Names.newDomain();
        addDomain(domain);
        return domain;
    }

    public void addDomain(String domain) {
        putOk("/domains/" + domain);
    }

    public void addUser(String user, String password) {
        int status = request()
                .body(Map.of("password", password))
                .contentType("application/json")
                .put("/users/" + user)
                .statusCode();
        Assertions.assertThat(status).isEqualTo(204);
    }

    /** A domain that lists the addresses. */
    public String addDomainListing(String... addresses) {
        String domain = addDomain();
        for (String address : addresses) {
            Assertions.assertThat(put(domain, address).statusCode()).isEqualTo(204);
        }
        return domain;
    }

    public Response put(String domain, String address) {
        return request().put(entry(domain, address));
    }

    public Response put(String domain, String address, String json) {
        return request().contentType("application/json").body(json).put(entry(domain, address));
    }

    public Response delete(String domain, String address) {
        return request().delete(entry(domain, address));
    }

    public Response get(String domain, String address) {
        return request().get(entry(domain, address));
    }

    public Response list(String domain) {
        return request().get("/domains/" + domain + "/authorizedOutbounds");
    }

    /** Gives a domain an enforcement of its own. */
    public Response setEnforcement(String domain, String enforcement) {
        return request()
                .contentType("application/json")
                .body(Map.of("enforcement", enforcement))
                .put(enforcementPath(domain));
    }

    public Response resetEnforcement(String domain) {
        return request().delete(enforcementPath(domain));
    }

    private static String enforcementPath(String domain) {
        return "/domains/" + domain + "/outboundEnforcement";
    }

    private static String entry(String domain, String address) {
        return "/domains/" + domain + "/authorizedOutbounds/" + address;
    }

    /** What James's check of the extension says. */
    public record Health(int statusCode, String status, Optional<String> cause) {}

    public Health health() {
        Response answer = request().get("/healthcheck/checks/AuthorizedOutbounds");
        Map<?, ?> json = (Map<?, ?>) new JsonSlurper().parseText(answer.asString());
        return new Health(
                answer.statusCode(), (String) json.get("status"), Optional.ofNullable((String) json.get("cause")));
    }

    /** Waits for it, up to a minute, and returns it. */
    public Health awaitHealth(String status) {
        return Awaitility.await(status).atMost(Duration.ofMinutes(1)).until(this::health, health -> health.status()
                .equals(status));
    }

    public Metrics metrics() {
        Response answer = request().get("/metrics");
        Assertions.assertThat(answer.statusCode()).isEqualTo(200);
        return Metrics.parse(answer.asString());
    }

    /** How many mails a user has in INBOX. */
    public int mailsOf(String user) {
        Response count = request().get("/users/" + user + "/mailboxes/INBOX/messageCount");
        return count.statusCode() == 200 ? Integer.parseInt(count.asString()) : 0;
    }

    public void awaitMailsOf(String user, int count) {
        Awaitility.await(count + " mails of " + user)
                .atMost(Duration.ofSeconds(30))
                .until(() -> mailsOf(user) == count);
    }

    /** A PUT that James answers with 204. */
    public void putOk(String path) {
        Assertions.assertThat(request().put(path).statusCode()).isEqualTo(204);
    }

    /** A mail in a repository. */
    public record StoredMail(String key, String sender, List<String> recipients, String error, Set<String> attributes) {
        private static StoredMail of(String key, Map<?, ?> json) {
            return new StoredMail(
                    key,
                    (String) json.get("sender"),
                    texts((List<?>) json.get("recipients")),
                    (String) json.get("error"),
                    Set.copyOf(texts(((Map<?, ?>) json.get("attributes")).keySet())));
        }

        private static List<String> texts(Collection<?> json) {
            return json.stream().map(String.class::cast).toList();
        }

        /** Whether it has been reprocessed before. */
        public boolean isReprocessed() {
            return attributes.contains("mailRepository-reprocessing");
        }
    }

    /** What a repository of {@code var/mail} holds. */
    public List<StoredMail> mails(String repository) {
        return keys(repository).stream()
                .map(key -> mail(repository, key))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Nothing when it is gone meanwhile. */
    private Optional<StoredMail> mail(String repository, String key) {
        Response answer = request()
                .accept("application/json")
                .get(mailsPath(repository) + "/" + key + "?additionalFields=attributes");
        return answer.statusCode() == 200
                // Not by paths of REST Assured: each is compiled again, and there may be thousands of mails.
                ? Optional.of(StoredMail.of(key, (Map<?, ?>) new JsonSlurper().parseText(answer.asString())))
                : Optional.empty();
    }

    /** Reprocesses a mail of a repository from the beginning. */
    public void reprocess(String repository, String key) {
        Response task = request().patch(mailsPath(repository) + "/" + key + "?action=reprocess&processor=root");
        Assertions.assertThat(task.statusCode()).isEqualTo(201);
    }

    private static String mailsPath(String repository) {
        return "/mailRepositories/var%2Fmail%2F" + repository + "%2F/mails";
    }

    /** How many mails a repository of {@code var/mail} holds. */
    public int mailsIn(String repository) {
        return keys(repository).size();
    }

    /** None of a repository that James has not made yet. */
    private List<String> keys(String repository) {
        Response keys = request().get(mailsPath(repository));
        Assertions.assertThat(keys.statusCode()).isIn(200, 404);
        return keys.statusCode() == 200 ? keys.jsonPath().getList("", String.class) : List.of();
    }
}
