// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.PrintableText;
import java.util.Optional;
import org.apache.james.core.Domain;

/**
 * One entry in the body of a {@code PUT} of a list: {@code {"ip", "comment", "expiresAt"}}, and the other keys that the
 * export and the list itself have. What only the server says ({@code addedBy}, {@code addedAt}, {@code lastUsedAt})
 * is not read.
 */
@JsonIgnoreProperties({"addedBy", "addedAt", "lastUsedAt"})
final class ListEntryRequest {
    static final String EXPECTED = "it is no object with an \"ip\" that is a text";

    private final OutboundAddress address;
    private final EntryRequest details;

    /** Null when the entry names none. */
    private final String domain;

    private final boolean orphaned;

    /**
     * The values of the keys; a missing one is {@code null}, or false.
     *
     * @throws IllegalArgumentException when a value is not what its key says
     */
    @JsonCreator
    ListEntryRequest(
            @JsonProperty("ip") JsonText ip,
            @JsonProperty("comment") JsonText comment,
            @JsonProperty("expiresAt") JsonText expiresAt,
            @JsonProperty("domain") JsonText domain,
            @JsonProperty("orphaned") boolean orphaned) {
        this.address =
                JsonText.of(ip).map(OutboundAddress::parse).orElseThrow(() -> new IllegalArgumentException(EXPECTED));
        this.details = new EntryRequest(comment, expiresAt);
        this.domain = JsonText.of(domain).orElse(null);
        this.orphaned = orphaned;
    }

    OutboundAddress address() {
        return address;
    }

    EntryRequest details() {
        return details;
    }

    /** Whether the entry is in the list without counting, as the export says of the entries of removed domains. */
    boolean isOrphaned() {
        return orphaned;
    }

    /** @throws IllegalArgumentException when the entry names another domain */
    void requireDomain(Domain expected) {
        Optional.ofNullable(domain)
                .filter(name -> !name.equals(expected.asString()))
                .ifPresent(name -> {
                    throw new IllegalArgumentException("it is of another domain, " + PrintableText.quoted(name));
                });
    }
}
