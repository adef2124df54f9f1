// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.cql.Row;
import io.authorizedoutbounds.policy.PrintableText;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows that another program wrote, and that cannot be read. */
final class SpoiltRows {
    private static final Logger LOGGER = LoggerFactory.getLogger(SpoiltRows.class);

    private SpoiltRows() {}

    /** Nothing, and a line in the log. */
    static <T> Optional<T> skip(Row row, RuntimeException reason) {
        LOGGER.warn(
                "Skipped a spoilt row: {}: {}",
                PrintableText.of(row.getFormattedContents()),
                PrintableText.of(String.valueOf(reason.getMessage())));
        return Optional.empty();
    }
}
