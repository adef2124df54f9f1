// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.bench.SoakOracle.Answer;
import io.authorizedoutbounds.bench.SoakOracle.Verdict;
import io.authorizedoutbounds.bench.SoakOutages.Outage;
import org.junit.jupiter.api.Test;

/** A propagation time of 2, a recovery time of 10 and a stale maximum of 30, whatever their unit. */
class SoakOracleTest {
    private static final SoakEntry ENTRY = new SoakEntry("soak.example", "127.1.0.1");
    private static final int NODE = 0;
    private static final int OTHER_NODE = 1;

    private final SoakOutages outages = new SoakOutages(10);
    private final SoakOracle oracle = new SoakOracle(2, 30, outages);

    private void changed(boolean listed, long requestedAt, long acknowledgedAt) {
        oracle.change(ENTRY, listed, NODE, requestedAt).acknowledge(acknowledgedAt);
    }

    private void outage(long beginsAt, long endsAt) {
        outages.begin("outage", SoakOutages.ALL_NODES, beginsAt).end(endsAt);
    }

    private Verdict judge(Answer answer, int node, long askedAt, long answeredAt) {
        return oracle.judge(ENTRY, answer, node, askedAt, answeredAt);
    }

    @Test
    void anEntryThatWasNeverChangedShouldBeOnNoList() {
        assertThat(judge(Answer.REFUSED, NODE, 0, 1)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.ACCEPTED, NODE, 0, 1)).isEqualTo(Verdict.WRONGLY_ACCEPTED);
    }

    @Test
    void eitherAnswerShouldBeRightWhileAChangeIsUnderWay() {
        oracle.change(ENTRY, true, NODE, 100);

        assertThat(judge(Answer.ACCEPTED, NODE, 100, 101)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.REFUSED, NODE, 100, 101)).isEqualTo(Verdict.RIGHT);
    }

    @Test
    void anAnswerThatCameBeforeTheChangeWasRequestedShouldBeWrong() {
        changed(true, 100, 101);

        assertThat(judge(Answer.ACCEPTED, NODE, 98, 99)).isEqualTo(Verdict.WRONGLY_ACCEPTED);
    }

    @Test
    void aChangeShouldHoldAtOnceOnItsNode() {
        changed(true, 100, 101);

        assertThat(judge(Answer.REFUSED, NODE, 101, 103)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.REFUSED, NODE, 102, 103)).isEqualTo(Verdict.WRONGLY_REFUSED);
    }

    @Test
    void aChangeShouldHoldWithinThePropagationTimeOnAnotherNode() {
        changed(true, 100, 101);

        assertThat(judge(Answer.REFUSED, OTHER_NODE, 103, 105)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.REFUSED, OTHER_NODE, 104, 105)).isEqualTo(Verdict.WRONGLY_REFUSED);
    }

    @Test
    void anEntryThatWasRemovedShouldNotBeAcceptedAfterThePropagationTime() {
        changed(true, 100, 101);
        changed(false, 200, 201);

        assertThat(judge(Answer.ACCEPTED, OTHER_NODE, 203, 204)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.ACCEPTED, OTHER_NODE, 204, 205)).isEqualTo(Verdict.WRONGLY_ACCEPTED);
    }

    @Test
    void aChangeToWhatTheEntryIsShouldChangeNoAnswer() {
        changed(true, 100, 101);
        changed(true, 200, 201);

        assertThat(judge(Answer.ACCEPTED, OTHER_NODE, 300, 301)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.REFUSED, OTHER_NODE, 200, 201)).isEqualTo(Verdict.WRONGLY_REFUSED);
    }

    @Test
    void eitherAnswerShouldBeRightAfterAChangeThatWasNotAcknowledged() {
        changed(true, 100, 101);
        oracle.change(ENTRY, false, NODE, 200);

        assertThat(judge(Answer.ACCEPTED, NODE, 300, 301)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.REFUSED, OTHER_NODE, 300, 301)).isEqualTo(Verdict.RIGHT);
    }

    @Test
    void theNextAcknowledgedChangeShouldDecideAfterOneThatWasNot() {
        oracle.change(ENTRY, true, NODE, 100);
        changed(false, 200, 201);

        assertThat(judge(Answer.ACCEPTED, OTHER_NODE, 203, 204)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.ACCEPTED, OTHER_NODE, 204, 205)).isEqualTo(Verdict.WRONGLY_ACCEPTED);
    }

    @Test
    void aLostChangeShouldBeAsOneThatWasNotAcknowledged() {
        changed(true, 100, 101);
        changed(false, 200, 201);

        oracle.loseChangesSince(201);

        assertThat(judge(Answer.ACCEPTED, NODE, 300, 301)).isEqualTo(Verdict.RIGHT);
        assertThat(judge(Answer.REFUSED, NODE, 300, 301)).isEqualTo(Verdict.RIGHT);
    }

    @Test
    void aChangeBeforeTheLostOnesShouldHold() {
        changed(true, 100, 101);

        oracle.loseChangesSince(102);

        assertThat(judge(Answer.REFUSED, NODE, 300, 301)).isEqualTo(Verdict.WRONGLY_REFUSED);
    }

    @Test
    void anAnswerThatAnOutageKeptFromChangingShouldBeStale() {
        changed(true, 100, 101);
        outage(102, 120);

        assertThat(judge(Answer.REFUSED, OTHER_NODE, 130, 131)).isEqualTo(Verdict.STALE);
        assertThat(judge(Answer.REFUSED, OTHER_NODE, 131, 132)).isEqualTo(Verdict.WRONGLY_REFUSED);
    }

    @Test
    void anOutageShouldNotKeepAChangeFromItsOwnNode() {
        changed(true, 100, 101);
        outage(102, 120);

        assertThat(judge(Answer.REFUSED, NODE, 110, 111)).isEqualTo(Verdict.WRONGLY_REFUSED);
    }

    @Test
    void anOutageThatBeginsAfterThePropagationTimeShouldAllowNoStaleAnswer() {
        changed(true, 100, 101);
        outage(104, 120);

        assertThat(judge(Answer.REFUSED, OTHER_NODE, 110, 111)).isEqualTo(Verdict.WRONGLY_REFUSED);
    }

    @Test
    void anAnswerShouldNotBeStalerThanTheMaximum() {
        changed(true, 100, 101);
        outage(102, 200);

        assertThat(judge(Answer.REFUSED, OTHER_NODE, 133, 134)).isEqualTo(Verdict.STALE);
        assertThat(judge(Answer.REFUSED, OTHER_NODE, 134, 135)).isEqualTo(Verdict.WRONGLY_REFUSED);
    }

    @Test
    void aDeferralShouldBeAllowedInAnOutageAndUntilTheEndOfTheRecovery() {
        outage(100, 120);

        assertThat(judge(Answer.DEFERRED, NODE, 99, 100)).isEqualTo(Verdict.DEFERRED);
        assertThat(judge(Answer.DEFERRED, NODE, 130, 131)).isEqualTo(Verdict.DEFERRED);
        assertThat(judge(Answer.DEFERRED, NODE, 131, 132)).isEqualTo(Verdict.DEFERRED_WITHOUT_OUTAGE);
        assertThat(judge(Answer.DEFERRED, NODE, 98, 99)).isEqualTo(Verdict.DEFERRED_WITHOUT_OUTAGE);
    }

    @Test
    void theOutageOfANodeShouldAllowTheOtherOneNothing() {
        outages.begin("outage", NODE, 100).end(120);

        assertThat(judge(Answer.DEFERRED, NODE, 110, 111)).isEqualTo(Verdict.DEFERRED);
        assertThat(judge(Answer.DEFERRED, OTHER_NODE, 110, 111)).isEqualTo(Verdict.DEFERRED_WITHOUT_OUTAGE);
    }

    @Test
    void aConnectionShouldBeDroppedOnlyWhileItsNodeIsAway() {
        outage(0, 50);
        Outage restart = outages.begin("restart", NODE, 100);

        assertThat(outages.allowDrop(NODE, 99, 100)).isTrue();
        assertThat(outages.allowDrop(OTHER_NODE, 99, 100)).isFalse();
        assertThat(outages.allowDrop(NODE, 40, 41)).isFalse();
        restart.end(120);
        assertThat(outages.allowDrop(NODE, 121, 122)).isFalse();
    }
}
