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

/** Waits for Cassandra, as a call of WebAdmin does. */
final class StoreCall {
    private static final Logger LOGGER = LoggerFactory.getLogger(StoreCall.class);

    /** Longer than the store tries a change: it bounds what is stuck elsewhere. */
    private static final Duration PATIENCE = Duration.ofSeconds(45);

    /** What a list of ten thousand addresses may take while a member of Cassandra is lost. */
    private static final Duration PATIENCE_WITH_MANY = Duration.ofMinutes(5);

    private StoreCall() {}

    /** @throws HaltException 503 when there is no answer */
    static <T> T await(Supplier<CompletionStage<T>> call) {
        return await(call, PATIENCE);
    }

    /**
     * The same for a call that makes many changes.
     *
     * @throws HaltException 503 when there is no answer
     */
    static <T> T awaitMany(Supplier<CompletionStage<T>> call) {
        return await(call, PATIENCE_WITH_MANY);
    }

    private static <T> T await(Supplier<CompletionStage<T>> call, Duration patience) {
        try {
            return call.get().toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw HttpErrors.unavailable("James is shutting down: try again later");
        } catch (ExecutionException e) {
            throw unanswered(e.getCause());
        } catch (TimeoutException e) {
            throw unanswered(e);
        }
    }

    private static HaltException unanswered(Throwable reason) {
        LOGGER.warn("Cassandra did not answer a call of WebAdmin: {}", reason.toString());
        return HttpErrors.unavailable(
                "Cassandra cannot give or take the answer now: try again later; calls are idempotent");
    }
}
