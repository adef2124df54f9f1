// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmtpListenersTest {
    private static String smtpServer(String enabled, String threads) {
        return "<smtpserver enabled=\"" + enabled + "\">" + threads + "</smtpserver>";
    }

    private static int maxWaitingThreads(String... smtpServers) throws Exception {
        return SmtpListeners.maxWaitingThreads(
                XmlFiles.complete().smtpServers(smtpServers).provider());
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "3, 1", "4, 2", "20, 10"})
    void halfOfTheThreadsOfAListenerMayWait(int threads, int waiting) throws Exception {
        assertThat(maxWaitingThreads(smtpServer("true", "<ioWorkerCount>" + threads + "</ioWorkerCount>")))
                .isEqualTo(waiting);
    }

    /** James's default is two threads for each processor. */
    @Test
    void asManyThreadsAsProcessorsMayWaitByDefault() throws Exception {
        assertThat(maxWaitingThreads(smtpServer("true", "")))
                .isEqualTo(Runtime.getRuntime().availableProcessors());
    }

    @Test
    void listenerWithTheFewestThreadsShouldCount() throws Exception {
        assertThat(maxWaitingThreads(
                        smtpServer("true", "<ioWorkerCount>40</ioWorkerCount>"),
                        smtpServer("true", "<ioWorkerCount>6</ioWorkerCount>"),
                        smtpServer("false", "<ioWorkerCount>2</ioWorkerCount>")))
                .isEqualTo(3);
    }
}
