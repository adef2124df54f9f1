// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import com.google.auto.value.AutoValue;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSet;
import com.google.common.net.InternetDomainName;
import io.authorizedoutbounds.policy.DomainNames;
import io.authorizedoutbounds.policy.PrintableText;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;

/** Addresses and domains to which the block policy does not apply. A domain does not include its subdomains. */
@AutoValue
abstract class Exemptions {
    abstract ImmutableSet<MailAddress> addresses();

    abstract ImmutableSet<Domain> domains();

    /**
     * Reads a parameter of the mailet.
     *
     * @param text addresses and domains, separated by commas
     * @throws IllegalArgumentException quoting what is neither
     */
    static Exemptions parse(String text) {
        ImmutableSet.Builder<MailAddress> addresses = ImmutableSet.builder();
        ImmutableSet.Builder<Domain> domains = ImmutableSet.builder();
        for (String entry : Splitter.on(',').trimResults().omitEmptyStrings().split(text)) {
            if (entry.indexOf('@') >= 0) {
                addresses.add(address(entry));
            } else {
                domains.add(domain(entry));
            }
        }
        return new AutoValue_Exemptions(addresses.build(), domains.build());
    }

    private static MailAddress address(String text) {
        try {
            return new MailAddress(text);
        } catch (Exception e) {
            // A checked exception of javax.mail or of jakarta.mail, which this class must not name.
            throw rejected(text, "is not a mail address", e);
        }
    }

    private static Domain domain(String text) {
        try {
            Domain domain = DomainNames.canonical(Domain.of(text));
            if (InternetDomainName.isValid(domain.asString())) {
                return domain;
            }
        } catch (IllegalArgumentException e) {
            throw notADomain(text, e);
        }
        throw notADomain(text, null);
    }

    private static IllegalArgumentException notADomain(String text, Throwable cause) {
        return rejected(text, "is neither a mail address nor a domain: give each domain, without patterns", cause);
    }

    private static IllegalArgumentException rejected(String text, String reason, Throwable cause) {
        return new IllegalArgumentException(PrintableText.quoted(text) + " " + reason, cause);
    }

    /** Letter case does not matter. */
    boolean contain(MailAddress address) {
        return addresses().contains(address) || domains().contains(domainOf(address));
    }

    private static Domain domainOf(MailAddress address) {
        try {
            return DomainNames.canonical(address.getDomain());
        } catch (IllegalArgumentException e) {
            // A name without an A-label form, so no domain of the parameter.
            return address.getDomain();
        }
    }
}
