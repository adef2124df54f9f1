// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.junit.OwnServers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a newcomer runs first. */
@OwnServers
class DemoIntegrationTest {
    @Test
    void everyStepShouldDoWhatItSays() throws IOException, InterruptedException {
        Process demo = new ProcessBuilder("./demo", "--built", "--once")
                .directory(Build.repository().toFile())
                .redirectErrorStream(true)
                .start();

        String output = new String(demo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(demo.waitFor()).as(output).isZero();
        assertThat(output).endsWith("All steps did what they say.\n");
    }
}
