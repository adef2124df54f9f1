// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** The bodies of {@link RequestBodyPropertyTest}, led by what of the code they reach. {@code ./bench fuzz} runs it for long. */
class RequestBodyFuzzTest {
    @FuzzTest
    void bodyShouldBeUnderstoodOrRefusedWithAMessage(FuzzedDataProvider data) {
        RequestBodyPropertyTest.parseAll(data.consumeRemainingAsString());
    }
}
