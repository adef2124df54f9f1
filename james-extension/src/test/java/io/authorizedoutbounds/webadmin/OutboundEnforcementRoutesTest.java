// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.Enforcement;
import java.net.http.HttpResponse;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The enforcement of one domain over HTTP; the default is {@code enforce}. */
@Timeout(60)
class OutboundEnforcementRoutesTest {
    private static final String PATH = "/domains/a.example/outboundEnforcement";
    private static final String REPORT = "{\"enforcement\":\"report\"}";

    @RegisterExtension
    final InMemoryWebAdmin webAdmin = new InMemoryWebAdmin("a.example", "b.example", "c.example");

    private void assertInherited() throws Exception {
        assertThat(webAdmin.get(PATH).body()).contains("\"enforcement\":\"enforce\",\"inherited\":true");
    }

    @Test
    void domainShouldHaveTheDefaultAtFirst() throws Exception {
        HttpResponse<String> answer = webAdmin.get(PATH);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body())
                .isEqualTo("{\"enforcement\":\"enforce\",\"inherited\":true,\"changedBy\":null,\"changedAt\":null}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"report", "enforce"})
    void domainShouldHaveTheOneThatWasPut(String enforcement) throws Exception {
        HttpResponse<String> put = webAdmin.put(PATH, "{\"enforcement\":\"" + enforcement + "\"}");

        assertThat(put.statusCode()).isEqualTo(204);
        assertThat(put.body()).isEmpty();
        assertThat(webAdmin.get(PATH).body())
                .isEqualTo("{\"enforcement\":\"" + enforcement
                        + "\",\"inherited\":false,\"changedBy\":null,\"changedAt\":\"2026-11-24T10:15:30Z\"}");
    }

    @Test
    void domainShouldHaveTheDefaultAgainAfterADelete() throws Exception {
        webAdmin.put(PATH, REPORT);

        HttpResponse<String> delete = webAdmin.delete(PATH);

        assertThat(delete.statusCode()).isEqualTo(204);
        assertThat(webAdmin.get(PATH).body())
                .isEqualTo("{\"enforcement\":\"enforce\",\"inherited\":true,\"changedBy\":null"
                        + ",\"changedAt\":\"2026-11-24T10:15:30Z\"}");
    }

    @Test
    void deleteOfADomainWithTheDefaultShouldBe204() throws Exception {
        assertThat(webAdmin.delete(PATH).statusCode()).isEqualTo(204);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{}",
                "\"report\"",
                "{\"enforcement\":null}",
                "{\"enforcement\":1}",
                "{\"enforcement\":true}",
                "{\"enforcement\":[\"report\"]}",
                "{\"enforcement\":\"Report\"}",
                "{\"enforcement\":\"off\"}",
                "{\"enforcement\":\"report\",\"inherited\":false}",
                "{\"enforcement\":\"report\",\"enforcement\":\"report\"}",
                "{\"enforcement\":\"report\"}{}"
            })
    void bodyThatIsNotUnderstoodShouldBe400AndChangeNothing(String body) throws Exception {
        HttpResponse<String> put = webAdmin.put(PATH, body);

        assertThat(put.statusCode()).isEqualTo(400);
        assertThat(put.body()).startsWith("{\"statusCode\":400,\"type\":\"InvalidArgument\",\"message\":\"");
        assertInherited();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"enforcement\":\"off\"} | 'enforcement' is 'off': give 'enforce' or 'report'",
                "{\"enforcement\":\"report\",\"inherited\":true} | unknown key 'inherited'",
                "{}                       | either \\\"report\\\" or \\\"enforce\\\"",
                "{\"enforcement\":1}       | \\\"enforcement\\\" is not a text"
            })
    void answerToABadBodyShouldSayWhatIsWrong(String body, String message) throws Exception {
        assertThat(webAdmin.put(PATH, body).body()).contains(message);
    }

    @Test
    void domainThatJamesDoesNotHaveShouldBe404() throws Exception {
        String unknown = "/domains/x.example/outboundEnforcement";

        assertThat(webAdmin.get(unknown).statusCode()).isEqualTo(404);
        assertThat(webAdmin.put(unknown, REPORT).statusCode()).isEqualTo(404);
        assertThat(webAdmin.delete(unknown).statusCode()).isEqualTo(404);
    }

    @Test
    void storeThatDoesNotAnswerShouldBe503() throws Exception {
        webAdmin.fail("findEnforcement");
        webAdmin.fail("setEnforcement");
        webAdmin.fail("resetEnforcement");

        assertThat(webAdmin.get(PATH).statusCode()).isEqualTo(503);
        assertThat(webAdmin.put(PATH, REPORT).statusCode()).isEqualTo(503);
        assertThat(webAdmin.delete(PATH).statusCode()).isEqualTo(503);
    }

    @Test
    void changeThatAnotherOneHasOvertakenShouldBe503() throws Exception {
        webAdmin.overtakeEnforcements();

        HttpResponse<String> put = webAdmin.put(PATH, REPORT);

        assertThat(put.statusCode()).isEqualTo(503);
        assertThat(put.body()).contains("another change of it is later than this one: try again");
    }

    @Test
    void changesShouldBeInTheHistory() throws Exception {
        webAdmin.put(PATH, REPORT);
        webAdmin.delete(PATH);

        assertThat(webAdmin.get("/authorizedOutbounds/changes?domain=a.example").body())
                .isEqualTo("[" + change("inherit") + "," + change("report") + "]");
    }

    private static String change(String action) {
        return "{\"changedAt\":\"2026-11-24T10:15:30Z\",\"changedBy\":null,\"action\":\"" + action
                + "\",\"domain\":\"a.example\",\"ip\":null,\"comment\":null,\"expiresAt\":null}";
    }

    @Test
    void countShouldBeOfTheDomainsOfJamesWithOrWithoutAnEnforcementOfTheirOwn() throws Exception {
        webAdmin.put(PATH, REPORT);
        webAdmin.put("/domains/b.example/outboundEnforcement", "{\"enforcement\":\"enforce\"}");
        webAdmin.lists().setEnforcement(Domain.of("removed.example"), Enforcement.ENFORCE, Author.unknown());

        HttpResponse<String> answer = webAdmin.get("/authorizedOutbounds/enforcement");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body()).isEqualTo("{\"default\":\"enforce\",\"domains\":3,\"enforcing\":2}");
    }

    @Test
    void countShouldBe503WhenTheStoreDoesNotAnswer() throws Exception {
        webAdmin.fail("ownEnforcements");

        assertThat(webAdmin.get("/authorizedOutbounds/enforcement").statusCode())
                .isEqualTo(503);
    }

    @Test
    void decisionShouldSayWhichEnforcementAppliesAndFromWhere() throws Exception {
        String decision = "/authorizedOutbounds/decision?ip=203.0.113.7&recipient=x@y.example&sender=";
        webAdmin.put(PATH, REPORT);

        assertThat(webAdmin.get(decision + "user@a.example").body())
                .startsWith("{\"enforcement\":\"report\",\"inherited\":false,\"rule1\":{\"row\":3")
                .contains("\"outcome\":\"pass\",\"enforcement\":\"enforce\"");
        assertThat(webAdmin.get(decision + "user@x.example").body())
                .startsWith("{\"enforcement\":\"enforce\",\"inherited\":true,\"rule1\":{\"row\":7");
    }
}
