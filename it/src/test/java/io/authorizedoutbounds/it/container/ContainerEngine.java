// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.google.common.collect.ImmutableList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.dockerclient.DockerClientProviderStrategy;
import org.testcontainers.utility.DockerImageName;

/**
 * Skips a class where no container engine has the images of {@code docker/compose.yaml} or can pull them. Without an engine that
 * takes no time: Testcontainers, which looks for one for seconds, is not asked. The images are looked for before the client of
 * Testcontainers is used, which tries to pull its own image, Ryuk, for minutes.
 */
final class ContainerEngine implements ExecutionCondition {
    private static final int PULL_TIMEOUT_MINUTES = 10;

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (context.getTestMethod().isPresent()) {
            return ConditionEvaluationResult.enabled("its class is");
        }
        Optional<String> obstacle = obstacle();
        // The reports have the reason of a skipped class, but Failsafe does not print it.
        obstacle.ifPresent(reason -> System.out.println("Containers are not tested: " + reason));
        return obstacle.map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("there is a container engine with the images"));
    }

    private static Optional<String> obstacle() {
        String host = System.getenv("DOCKER_HOST");
        List<Path> sockets = sockets();
        if (host == null && sockets.stream().noneMatch(Files::exists)) {
            return Optional.of(
                    "there is no container engine: DOCKER_HOST is not set, and none of " + sockets + " exists");
        }
        DockerClient client;
        try {
            client = DockerClientProviderStrategy.getFirstValidStrategy(
                            ImmutableList.copyOf(ServiceLoader.load(DockerClientProviderStrategy.class)))
                    .getDockerClient();
        } catch (IllegalStateException e) {
            return Optional.of("the container engine does not answer at " + (host == null ? sockets : host));
        }
        return Stream.of("cassandra", "james")
                .map(service -> ComposeFile.service(service).image())
                .flatMap(image -> obstacleTo(image, client).stream())
                .findFirst();
    }

    /** Where Docker's server listens: as a service, on a desktop, and without root. */
    private static List<Path> sockets() {
        Path docker = Path.of(System.getProperty("user.home"), ".docker");
        ImmutableList.Builder<Path> sockets = ImmutableList.<Path>builder()
                .add(Path.of("/var/run/docker.sock"))
                .add(docker.resolve("run/docker.sock"), docker.resolve("desktop/docker.sock"));
        String runtimeFolder = System.getenv("XDG_RUNTIME_DIR");
        if (runtimeFolder != null) {
            sockets.add(Path.of(runtimeFolder, "docker.sock"));
        }
        return sockets.build();
    }

    private static Optional<String> obstacleTo(String image, DockerClient client) {
        try {
            client.inspectImageCmd(image).exec();
            return Optional.empty();
        } catch (NotFoundException e) {
            return pull(client, DockerImageName.parse(image));
        }
    }

    private static Optional<String> pull(DockerClient client, DockerImageName image) {
        try {
            client.pullImageCmd(image.getUnversionedPart())
                    .withTag(image.getVersionPart())
                    .start()
                    .awaitCompletion(PULL_TIMEOUT_MINUTES, TimeUnit.MINUTES);
            return Optional.empty();
        } catch (RuntimeException e) {
            // Whatever it is: of the answer of Podman the client makes a NullPointerException, which says nothing.
            String reason = e instanceof DockerException ? ": " + e.getMessage() : "";
            return Optional.of("the engine does not have " + image + " and cannot pull it" + reason);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
