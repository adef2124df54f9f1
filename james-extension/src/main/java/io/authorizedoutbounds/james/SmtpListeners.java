// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.server.core.configuration.ConfigurationProvider;

/** The servers of {@code smtpserver.xml}. */
final class SmtpListeners {
    /** James's own default, of {@code AbstractAsyncServer}. */
    private static final int DEFAULT_IO_THREADS = 2 * Runtime.getRuntime().availableProcessors();

    private SmtpListeners() {}

    /**
     * How many of the threads that serve the connections of a listener may wait at once: half of those of the enabled listener
     * that has the fewest.
     *
     * @return at least one
     * @throws ConfigurationException when James itself cannot read the file either
     */
    static int maxWaitingThreads(ConfigurationProvider files) throws ConfigurationException {
        int fewest = files.getConfiguration("smtpserver").configurationsAt("smtpserver").stream()
                .filter(server -> server.getBoolean("[@enabled]", true))
                .mapToInt(SmtpListeners::ioThreads)
                .min()
                .orElse(DEFAULT_IO_THREADS);
        return Math.max(1, fewest / 2);
    }

    private static int ioThreads(HierarchicalConfiguration<?> server) {
        return server.getInt("ioWorkerCount", DEFAULT_IO_THREADS);
    }
}
