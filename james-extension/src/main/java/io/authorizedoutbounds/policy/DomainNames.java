// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.base.CharMatcher;
import java.net.IDN;
import java.util.Optional;
import org.apache.james.core.Domain;
import org.apache.james.core.MaybeSender;

/** The two forms of an international domain name, with U-labels and with A-labels (RFC 5890). */
public final class DomainNames {
    private static final CharMatcher ASCII = CharMatcher.ascii();
    private static final String ACE_PREFIX = "xn--";

    private DomainNames() {}

    /**
     * The form in which the lists name a domain: lower case, international labels as A-labels.
     *
     * @throws IllegalArgumentException when a label has no A-label of its own
     */
    public static Domain canonical(Domain domain) {
        String name = domain.asString();
        return ASCII.matchesAllOf(name) ? domain : Domain.of(aLabels(name));
    }

    /** The A-label form of a name with U-labels, and the reverse; empty for most names, which have one form. */
    public static Optional<Domain> otherForm(Domain domain) {
        String name = domain.asString();
        try {
            if (!ASCII.matchesAllOf(name)) {
                return Optional.of(Domain.of(aLabels(name)));
            }
            return name.contains(ACE_PREFIX) ? Optional.of(Domain.of(IDN.toUnicode(name))) : Optional.empty();
        } catch (IllegalArgumentException e) {
            // Not a name that James's DomainList could hold.
            return Optional.empty();
        }
    }

    /** The domain of a sender as printable ASCII, for replies and log lines. James takes none of more than 253 characters. */
    public static String printable(MaybeSender sender) {
        return PrintableText.of(sender.asOptional()
                .map(address -> address.getDomain().asString())
                .orElse("<>"));
    }

    /** The JDK maps some letters to others (sharp s to ss): such a name would be taken for another domain. */
    private static String aLabels(String name) {
        String aLabels = IDN.toASCII(name);
        if (!IDN.toUnicode(aLabels).equals(name)) {
            throw new IllegalArgumentException("it has a letter that international domain names replace; give '"
                    + aLabels + "' if that is what you mean");
        }
        return aLabels;
    }
}
