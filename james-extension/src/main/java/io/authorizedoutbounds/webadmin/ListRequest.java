// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.PrintableText;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.james.core.Domain;

/**
 * The body of a {@code PUT} of a list: an array of entries, {@code {"ip", "comment", "expiresAt"}} each, as the export and
 * the list itself have them. What is only told by those ({@code addedBy}, {@code addedAt}) is not read. One that is
 * {@code orphaned} is refused: the list would count again without anybody having said so.
 */
final class ListRequest {
    static final int MOST_ENTRIES = 10_000;

    private static final String EXPECTED =
            "The body is not what is expected: a JSON array of objects with \"ip\", and optionally \"comment\" and"
                    + " \"expiresAt\"";
    private static final ImmutableSet<String> KNOWN =
            ImmutableSet.of("ip", "comment", "expiresAt", "domain", "addedBy", "addedAt", "orphaned");
    private static final ObjectReader READER = StrictJson.readerFor(JsonNode.class);

    private ListRequest() {}

    /**
     * The entries by address, in the order of the body.
     *
     * @throws IllegalArgumentException when the body is no such array, or has an address twice, or an entry of another
     *     domain
     */
    static ImmutableMap<OutboundAddress, EntryRequest> parse(Domain domain, String body) {
        JsonNode array = read(body);
        if (array.size() > MOST_ENTRIES) {
            throw new IllegalArgumentException(
                    "The body has " + array.size() + " entries: a list has " + MOST_ENTRIES + " at the most");
        }
        Map<OutboundAddress, EntryRequest> entries = new LinkedHashMap<>();
        for (int i = 0; i < array.size(); i++) {
            try {
                OutboundAddress address = address(domain, array.get(i));
                EntryRequest entry = EntryRequest.of(
                        array.get(i).get("comment"), array.get(i).get("expiresAt"));
                if (entries.put(address, entry) != null) {
                    throw new IllegalArgumentException(address.asString() + " is there twice");
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("Entry " + (i + 1) + ": " + e.getMessage(), e);
            }
        }
        return ImmutableMap.copyOf(entries);
    }

    private static JsonNode read(String body) {
        try {
            JsonNode array = READER.readValue(body);
            if (array == null || !array.isArray()) {
                throw new IllegalArgumentException(EXPECTED);
            }
            return array;
        } catch (JsonProcessingException e) {
            // Its message may quote the body, which may be long.
            throw new IllegalArgumentException(EXPECTED, e);
        }
    }

    private static OutboundAddress address(Domain domain, JsonNode entry) {
        if (!entry.isObject() || !entry.path("ip").isTextual()) {
            throw new IllegalArgumentException("it is no object with an \"ip\" that is a text");
        }
        for (Iterator<String> keys = entry.fieldNames(); keys.hasNext(); ) {
            String key = keys.next();
            if (!KNOWN.contains(key)) {
                throw new IllegalArgumentException("unknown key " + PrintableText.quoted(key));
            }
        }
        JsonNode of = entry.path("domain");
        if (!of.isMissingNode() && !of.asText().equals(domain.asString())) {
            throw new IllegalArgumentException("it is of another domain, " + PrintableText.quoted(of.asText()));
        }
        if (entry.path("orphaned").asBoolean()) {
            throw new IllegalArgumentException(
                    "it is orphaned, since its domain was removed from James: take \"orphaned\" out to have it count again");
        }
        return OutboundAddress.parse(entry.path("ip").textValue());
    }
}
