// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.james.core.Domain;

/** The body of a {@code PUT} of a list: an array of entries, see {@link ListEntryRequest}. */
final class ListRequest {
    static final int MAX_ENTRIES = 10_000;

    private static final String EXPECTED =
            "The body is not what is expected: a JSON array of objects with \"ip\", and optionally \"comment\" and"
                    + " \"expiresAt\"";
    private static final ObjectReader READER = StrictJson.readerFor(ListEntryRequest[].class);

    private ListRequest() {}

    /**
     * The entries by address, in the order of the body.
     *
     * @throws IllegalArgumentException when the body is no such array, or has an address twice, or an entry of another
     *     domain
     */
    static ImmutableMap<OutboundAddress, ListEntryRequest> parse(Domain domain, String body) {
        ListEntryRequest[] entries = read(body);
        if (entries.length > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    "The body has " + entries.length + " entries: a list has at most " + MAX_ENTRIES);
        }
        Map<OutboundAddress, ListEntryRequest> byAddress = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i++) {
            try {
                add(byAddress, domain, entries[i]);
            } catch (IllegalArgumentException e) {
                throw ofEntry(i, e.getMessage(), e);
            }
        }
        return ImmutableMap.copyOf(byAddress);
    }

    private static ListEntryRequest[] read(String body) {
        try {
            return Optional.ofNullable(READER.<ListEntryRequest[]>readValue(body))
                    .orElseThrow(() -> new IllegalArgumentException(EXPECTED));
        } catch (JsonMappingException e) {
            if (e.getPath().isEmpty() || StrictJson.parseError(e).isPresent()) {
                throw unexpected(e);
            }
            throw ofEntry(e.getPath().get(0).getIndex(), StrictJson.reason(e).orElse(ListEntryRequest.EXPECTED), e);
        } catch (JsonProcessingException e) {
            throw unexpected(e);
        }
    }

    private static IllegalArgumentException unexpected(JsonProcessingException failure) {
        String reason = StrictJson.reason(failure).map(text -> ": " + text).orElse("");
        return new IllegalArgumentException(EXPECTED + reason, failure);
    }

    private static IllegalArgumentException ofEntry(int index, String reason, Exception failure) {
        return new IllegalArgumentException("Entry " + (index + 1) + ": " + reason, failure);
    }

    private static void add(Map<OutboundAddress, ListEntryRequest> byAddress, Domain domain, ListEntryRequest entry) {
        if (entry == null) {
            throw new IllegalArgumentException(ListEntryRequest.EXPECTED);
        }
        entry.requireDomain(domain);
        if (byAddress.put(entry.address(), entry) != null) {
            throw new IllegalArgumentException(entry.address().asString() + " is there twice");
        }
    }
}
