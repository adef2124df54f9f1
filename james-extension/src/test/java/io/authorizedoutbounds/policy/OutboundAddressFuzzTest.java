// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** The texts of {@link OutboundAddressPropertyTest}, led by what of the code they reach. {@code ./bench fuzz} runs it for long. */
class OutboundAddressFuzzTest {
    @FuzzTest
    void textShouldBeOneAddressOrBeRejectedWithAMessage(FuzzedDataProvider data) {
        new OutboundAddressPropertyTest()
                .textShouldBeOneAddressOrBeRejectedWithAMessage(data.consumeRemainingAsString());
    }
}
