// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Optional;

/** The entity tag (RFC 9110) of a list: another one when an entry is added, removed or changed in any way. */
final class ListTag {
    private static final String ANY = "*";

    private ListTag() {}

    /** @param entries sorted by address */
    static String of(Collection<AuthorizedOutbound> entries) {
        Hasher hasher = Hashing.sha256().newHasher();
        for (AuthorizedOutbound entry : entries) {
            // toString names each value, and quotes none: the length keeps two entries apart.
            String text = entry.toString();
            hasher.putInt(text.length()).putString(text, StandardCharsets.UTF_8);
        }
        return '"' + hasher.hash().toString() + '"';
    }

    /**
     * Whether a request may change the list.
     *
     * @param ifMatch the header {@code If-Match}: tags, separated by commas, or {@code *}; null for none
     */
    static boolean matches(String ifMatch, Collection<AuthorizedOutbound> entries) {
        return Optional.ofNullable(ifMatch)
                .map(tags -> tags.trim().equals(ANY) || tags.contains(of(entries)))
                .orElse(true);
    }
}
