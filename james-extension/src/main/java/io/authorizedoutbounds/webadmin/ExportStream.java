// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import java.io.IOError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.HaltException;

/**
 * Entries as one JSON array in UTF-8, a page at a time: one is sent while the next one is read. For one reader.
 *
 * <p>Throws an {@link IOError} when the store does not give the next page: Jetty breaks off the connection for it, so that
 * what is missing does not look like a complete answer.
 */
final class ExportStream extends InputStream {
    private final JsonTransformer json;
    private Optional<CompletionStage<Page>> next;
    private byte[] rendered = {};
    private int position;
    private String separator = "[\n";

    ExportStream(Page first, JsonTransformer json) {
        this.json = json;
        this.next = Optional.of(CompletableFuture.completedFuture(first));
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        while (position == rendered.length) {
            if (next.isEmpty()) {
                return -1;
            }
            render(await(next.get()));
        }
        int count = Math.min(length, rendered.length - position);
        System.arraycopy(rendered, position, bytes, offset, count);
        position += count;
        return count;
    }

    private static Page await(CompletionStage<Page> page) {
        try {
            return StoreCall.await(() -> page);
        } catch (HaltException e) {
            // Spark would have its status follow what has been sent.
            throw new IOError(new IOException("An export broke off: Cassandra did not give the next page"));
        }
    }

    private String render(AuthorizedOutbound entry) {
        try {
            return json.render(EntryResponse.ofAll(entry));
        } catch (JsonProcessingException e) {
            throw new IOError(e);
        }
    }

    private void render(Page page) {
        next = page.next();
        StringBuilder text = new StringBuilder();
        for (AuthorizedOutbound entry : page.entries()) {
            text.append(separator).append(render(entry));
            separator = ",\n";
        }
        if (next.isEmpty()) {
            text.append(separator.equals(",\n") ? "\n]\n" : "[]\n");
        }
        rendered = text.toString().getBytes(StandardCharsets.UTF_8);
        position = 0;
    }
}
