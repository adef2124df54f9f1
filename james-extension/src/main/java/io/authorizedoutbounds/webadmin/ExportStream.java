// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import io.authorizedoutbounds.policy.LastUses;
import io.authorizedoutbounds.policy.UseStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.HaltException;

/**
 * Entries with their last uses, as one JSON array in UTF-8, a page at a time: one is sent while the next one is read. For
 * one reader.
 *
 * <p>Throws an {@link IOException} when the store does not give the next page: Jetty then closes the connection, so that an
 * incomplete answer does not look like a complete one.
 */
final class ExportStream extends InputStream {
    /** Jetty buffers the first 32 KiB of an answer, and would replace them by an error page after a failure. */
    private static final int READ_AHEAD_BYTES = 40 * 1024;

    /** Entries, and when they were last used. */
    private static final class UsedPage {
        private final Page page;
        private final LastUses lastUses;

        private UsedPage(Page page, LastUses lastUses) {
            this.page = page;
            this.lastUses = lastUses;
        }
    }

    private final UseStore uses;
    private final BiPredicate<AuthorizedOutbound, LastUses> filter;
    private final JsonTransformer json;

    /** The page that is being read; null after the last one. */
    private CompletionStage<UsedPage> next;

    private byte[] rendered;
    private int position;
    private String separator = "[\n";

    private ExportStream(
            Supplier<CompletionStage<Page>> first,
            UseStore uses,
            BiPredicate<AuthorizedOutbound, LastUses> filter,
            JsonTransformer json)
            throws JsonProcessingException {
        this.uses = uses;
        this.filter = filter;
        this.json = json;
        StringBuilder text = new StringBuilder(render(StoreCall.await(() -> withUses(first.get()))));
        while (next != null && text.length() < READ_AHEAD_BYTES) {
            text.append(render(StoreCall.await(() -> next)));
        }
        this.rendered = bytes(text.toString());
    }

    /**
     * The pages from this one on.
     *
     * @param filter which entries to send
     * @throws HaltException 503 when a store fails before anything can be sent
     */
    static ExportStream open(
            Supplier<CompletionStage<Page>> first,
            UseStore uses,
            BiPredicate<AuthorizedOutbound, LastUses> filter,
            JsonTransformer json)
            throws JsonProcessingException {
        return new ExportStream(first, uses, filter, json);
    }

    private CompletionStage<UsedPage> withUses(CompletionStage<Page> page) {
        return page.thenCompose(
                read -> uses.listAll(read.entries()).thenApply(lastUses -> new UsedPage(read, lastUses)));
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

    private static UsedPage await(CompletionStage<UsedPage> page) throws IOException {
        try {
            return StoreCall.await(() -> page);
        } catch (HaltException e) {
            throw new IOException("An export broke off: Cassandra did not give the next page", e);
        }
    }

    private String render(UsedPage used) throws JsonProcessingException {
        next = used.page.next().map(this::withUses).orElse(null);
        StringBuilder text = new StringBuilder();
        for (AuthorizedOutbound entry : used.page.entries()) {
            if (filter.test(entry, used.lastUses)) {
                text.append(separator).append(json.render(EntryResponse.ofAll(entry, used.lastUses)));
                separator = ",\n";
            }
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
