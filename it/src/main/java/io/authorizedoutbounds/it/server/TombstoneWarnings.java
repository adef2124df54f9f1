// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import com.google.common.collect.ImmutableList;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What a Cassandra has logged of reads of the tables of the extension that met many tombstones: more than
 * {@code tombstone_warn_threshold}, or so many that the read was given up.
 */
final class TombstoneWarnings {
    /** From {@code ReadCommand} and {@code TombstoneOverwhelmingException} of Cassandra 4.1. */
    private static final Pattern WARNING = Pattern.compile(
            "^.*(?:Read \\d+ live rows and \\d+ tombstone cells for query|Scanned over \\d+ tombstones during query)"
                    + " .*? FROM (\\w+)\\.authorized_outbound.*$",
            Pattern.MULTILINE);

    private TombstoneWarnings() {}

    /** The lines about these keyspaces. */
    static ImmutableList<String> in(String log, Predicate<String> keyspaces) {
        return WARNING.matcher(log)
                .results()
                .filter(warning -> keyspaces.test(warning.group(1)))
                .map(MatchResult::group)
                .collect(ImmutableList.toImmutableList());
    }
}
