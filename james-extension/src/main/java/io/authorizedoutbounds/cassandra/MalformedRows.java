// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.cql.Row;
import io.authorizedoutbounds.policy.PrintableText;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows of another program that cannot be read. */
final class MalformedRows {
    private static final Logger LOGGER = LoggerFactory.getLogger(MalformedRows.class);

    private MalformedRows() {}

    /** Logs the row and returns nothing. */
    static <T> Optional<T> skip(Row row, RuntimeException reason) {
        LOGGER.warn(
                "Skipped a malformed row: {}: {}",
                PrintableText.of(row.getFormattedContents()),
                PrintableText.of(String.valueOf(reason.getMessage())));
        return Optional.empty();
    }
}
