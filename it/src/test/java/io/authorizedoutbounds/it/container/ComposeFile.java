// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.container;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.it.build.Build;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What {@code docker/compose.yaml} says while none of its variables is set. */
final class ComposeFile {
    private static final Path FILE = Build.repository().resolve("docker/compose.yaml");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{\\w+:-([^}]*)}");

    /** A file or folder of this machine in a container. */
    record Mount(Path source, String target) {}

    /**
     * A service.
     *
     * @param mounts      without the volumes
     * @param healthCheck a command of the shell
     */
    record Service(
            String image,
            List<String> command,
            Map<String, String> environment,
            List<String> ports,
            List<Mount> mounts,
            String healthCheck) {}

    private ComposeFile() {}

    static Service service(String name) {
        String text = VARIABLE.matcher(Build.read(FILE)).replaceAll("$1");
        Map<?, ?> file = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
        Map<?, ?> service = map(map(file, "services"), name);
        return new Service(
                (String) service.get("image"),
                texts(service, "command"),
                map(service, "environment").entrySet().stream()
                        .collect(ImmutableMap.toImmutableMap(
                                entry -> (String) entry.getKey(), entry -> (String) entry.getValue())),
                texts(service, "ports"),
                list(service, "volumes").stream()
                        .filter(volume -> volume instanceof Map)
                        .map(volume -> mount((Map<?, ?>) volume))
                        .toList(),
                (String) map(service, "healthcheck").get("test"));
    }

    private static Mount mount(Map<?, ?> volume) {
        Path source = FILE.resolveSibling((String) volume.get("source")).normalize();
        return new Mount(source, (String) volume.get("target"));
    }

    private static Map<?, ?> map(Map<?, ?> parent, String key) {
        return parent.containsKey(key) ? (Map<?, ?>) parent.get(key) : ImmutableMap.of();
    }

    private static Collection<?> list(Map<?, ?> parent, String key) {
        return parent.containsKey(key) ? (Collection<?>) parent.get(key) : ImmutableList.of();
    }

    private static List<String> texts(Map<?, ?> parent, String key) {
        return list(parent, key).stream().map(String.class::cast).toList();
    }
}
