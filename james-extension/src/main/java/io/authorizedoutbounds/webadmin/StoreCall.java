// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import spark.HaltException;

/** Waits for the store in a call of WebAdmin. */
final class StoreCall {
    private static final Logger LOGGER = LoggerFactory.getLogger(StoreCall.class);

    /** Longer than the store retries a change: a bound for anything else that hangs. */
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(45);

    /** For a list of ten thousand addresses while a Cassandra node is down. */
    private static final Duration MANY_CHANGES_TIMEOUT = Duration.ofMinutes(5);

    private StoreCall() {}

    /** @throws HaltException 503 when there is no answer */
    static <T> T await(Supplier<CompletionStage<T>> call) {
        return await(call, CALL_TIMEOUT);
    }

    /**
     * The same for a call that makes many changes.
     *
     * @throws HaltException 503 when there is no answer
     */
    static <T> T awaitMany(Supplier<CompletionStage<T>> call) {
        return await(call, MANY_CHANGES_TIMEOUT);
    }

    private static <T> T await(Supplier<CompletionStage<T>> call, Duration timeout) {
        try {
            return call.get().toCompletableFuture().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw HttpErrors.unavailable("James is shutting down: try again later");
        } catch (ExecutionException e) {
            throw unavailable(e.getCause());
        } catch (TimeoutException e) {
            throw unavailable(e);
        }
    }

    private static HaltException unavailable(Throwable reason) {
        LOGGER.warn("Cassandra did not answer a call of WebAdmin: {}", reason.toString());
        return HttpErrors.unavailable(
                "Cassandra cannot give or take the answer now: try again later; calls are idempotent");
    }
}
