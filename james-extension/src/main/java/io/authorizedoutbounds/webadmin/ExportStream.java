// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.HaltException;

/**
 * Entries as one JSON array in UTF-8, a page at a time: one is sent while the next one is read. For one reader.
 *
 * <p>Throws an {@link IOException} when the store does not give the next page: Jetty then closes the connection, so that an
 * incomplete answer does not look like a complete one.
 */
final class ExportStream extends InputStream {
    /** Jetty buffers the first 32 KiB of an answer, and would replace them by an error page after a failure. */
    private static final int READ_AHEAD_BYTES = 40 * 1024;

    private final JsonTransformer json;

    /** The page that is being read; null after the last one. */
    private CompletionStage<Page> next;

    private byte[] rendered;
    private int position;
    private String separator = "[\n";

    private ExportStream(Page first, JsonTransformer json) throws JsonProcessingException {
        this.json = json;
        StringBuilder text = new StringBuilder(render(first));
        while (next != null && text.length() < READ_AHEAD_BYTES) {
            text.append(render(StoreCall.await(() -> next)));
        }
        this.rendered = bytes(text.toString());
    }

    /** @throws HaltException 503 when the store fails before anything can be sent */
    static ExportStream open(Supplier<CompletionStage<Page>> first, JsonTransformer json)
            throws JsonProcessingException {
        return new ExportStream(StoreCall.await(first), json);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        while (position == rendered.length) {
            if (next == null) {
                return -1;
            }
            rendered = bytes(render(await(next)));
            position = 0;
        }
        int count = Math.min(length, rendered.length - position);
        System.arraycopy(rendered, position, bytes, offset, count);
        position += count;
        return count;
    }

    private static Page await(CompletionStage<Page> page) throws IOException {
        try {
            return StoreCall.await(() -> page);
        } catch (HaltException e) {
            throw new IOException("An export broke off: Cassandra did not give the next page", e);
        }
    }

    private String render(Page page) throws JsonProcessingException {
        next = page.next().orElse(null);
        StringBuilder text = new StringBuilder();
        for (AuthorizedOutbound entry : page.entries()) {
            text.append(separator).append(json.render(EntryResponse.ofAll(entry)));
            separator = ",\n";
        }
        if (next == null) {
            text.append(separator.equals(",\n") ? "\n]\n" : "[]\n");
        }
        return text.toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
