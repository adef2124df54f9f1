// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.base.CharMatcher;
import com.google.common.net.InetAddresses;
import com.google.inject.Inject;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.Sender;
import java.net.IDN;
import java.util.Optional;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.domainlist.api.DomainListException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** James's {@code DomainList} as the policy sees it. Thread-safe. Every answer costs what James's own list costs. */
public class InternalDomains {
    private static final Logger LOGGER = LoggerFactory.getLogger(InternalDomains.class);
    private static final CharMatcher ASCII = CharMatcher.ascii();
    private static final CharMatcher DIGITS = CharMatcher.inRange('0', '9');
    private static final String ACE_PREFIX = "xn--";

    private final DomainList domainList;

    @Inject
    public InternalDomains(DomainList domainList) {
        this.domainList = domainList;
    }

    /**
     * The form in which the lists name a domain: lower case, international labels as A-labels (RFC 5890).
     *
     * @throws IllegalArgumentException when a label has no A-label of its own
     */
    public static Domain canonical(Domain domain) {
        String name = domain.asString();
        return ASCII.matchesAllOf(name) ? domain : Domain.of(aLabels(name));
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

    /** Whether the domain is internal. An address literal never is, even when James has detected its own address. */
    public Locality localityOf(Domain domain) {
        try {
            if (isAddressLiteral(domain.asString())) {
                return Locality.EXTERNAL;
            }
            return containsAnyForm(domain) ? Locality.INTERNAL : Locality.EXTERNAL;
        } catch (DomainListException | RuntimeException e) {
            LOGGER.warn("Cannot read the domain list of James: mail that depends on it is put off", e);
            return Locality.UNKNOWN;
        }
    }

    private static boolean isAddressLiteral(String name) {
        // Most names are told apart by their last character; a Domain holds no IPv6 address.
        return DIGITS.matches(name.charAt(name.length() - 1)) && InetAddresses.isInetAddress(name);
    }

    private boolean containsAnyForm(Domain domain) throws DomainListException {
        if (domainList.containsDomain(domain)) {
            return true;
        }
        Optional<Domain> otherForm = otherForm(domain.asString());
        return otherForm.isPresent() && domainList.containsDomain(otherForm.get());
    }

    /** The A-label form of a name with U-labels and the reverse; most names have none. */
    private static Optional<Domain> otherForm(String name) {
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

    /** The sender as the rules see it. */
    public Sender senderOf(MaybeSender sender) {
        return sender.asOptional()
                .map(MailAddress::getDomain)
                .map(this::senderOf)
                .orElse(Sender.nullSender());
    }

    private Sender senderOf(Domain domain) {
        switch (localityOf(domain)) {
            case INTERNAL:
                return Sender.internal(canonical(domain));
            case EXTERNAL:
                return Sender.external();
            case UNKNOWN:
                return Sender.unknown();
        }
        throw new IllegalStateException("No sender for the locality of " + domain.asString());
    }
}
