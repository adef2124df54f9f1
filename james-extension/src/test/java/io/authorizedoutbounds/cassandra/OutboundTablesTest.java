// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OutboundTablesTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```cql\n(.*?)^```$");

    @Test
    void upgradeShouldHaveEachStatement() throws IOException {
        List<String> documented = BLOCK.matcher(Files.readString(Path.of("..", "UPGRADE.md")))
                .results()
                .flatMap(block ->
                        Splitter.on(";\n").trimResults().omitEmptyStrings().splitToStream(block.group(1)))
                .map(OutboundTablesTest::onOneLine)
                .collect(Collectors.toList());

        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(
                        OutboundTables.statements(CqlIdentifier.fromInternal("apache_james")));
    }

    private static String onOneLine(String statement) {
        return statement.replaceAll("\\s+", " ").replace("( ", "(");
    }
}
