// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.authorizedoutbounds.it.documentation.Documents.Block;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That a command which does not do what its document says is noticed. */
class DocumentedCommandsTest {
    @TempDir
    Path folder;

    private final List<String> restarts = new ArrayList<>();

    private void run(String text) {
        new DocumentedCommands(folder, folder, command -> command, () -> restarts.add("restart"))
                .run(new Block("some.md", "Some section", 1, "shell", text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "true",
                "name=value\n[ $name = value ]",
                "printf 'HTTP/1.1 204 No Content\\r\\n'   # 204",
                "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n{\"row\":2}'   # 200: {\"row\":2}",
                "printf '<-  250 sender\\n -> RCPT TO:<a@b.example>\\n<** 451 refused\\n'   # 451",
                "printf '<-  250 sender\\n -> RCPT TO:<a@b.example>\\n<-  250 accepted\\n'   # 250",
                "true   # no output",
                "echo true   # output: true",
                "for i in 1 2; do\n    echo $i\ndone   # output: 2",
                "touch $JAMES/here\n# Restart James.\n[ -e here ]"
            })
    void commandThatDoesWhatItSaysShouldPass(String text) {
        assertThatCode(() -> run(text)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "false",
                "false | true",
                "exit 0",
                "no-such-command",
                "printf 'HTTP/1.1 404 Not Found\\r\\n'   # 204",
                "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n{\"row\":3}'   # 200: {\"row\":2}",
                "printf '<-  250 sender\\n -> RCPT TO:<a@b.example>\\n<** 451 refused\\n'   # 250",
                "echo something   # no output",
                "echo false   # output: true",
                "false   # no output",
                "for i in 1 2; do\n    exit 1\ndone",
                "true\n# Some remark."
            })
    void commandThatDoesSomethingElseShouldFail(String text) {
        assertThatThrownBy(() -> run(text)).isInstanceOf(AssertionError.class);
    }

    @Test
    void jamesShouldBeRestartedWhereTheDocumentSaysSo() {
        run("true\n# Restart James.\ntrue\n# Restart James.\n");

        assertThat(restarts).hasSize(2);
    }
}
