// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.base.CharMatcher;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.cache.DomainLocalityCache;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.Sender;
import java.net.IDN;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.domainlist.api.DomainListException;

/**
 * James's {@code DomainList} as the policy sees it, for hook, mailet, routes and orphaning alike. Thread-safe. Answers come
 * from a {@link DomainLocalityCache}, since James's own list is a query to its database in most apps.
 */
public class InternalDomains {
    private static final CharMatcher ASCII = CharMatcher.ascii();
    private static final CharMatcher DIGITS = CharMatcher.inRange('0', '9');
    private static final String ACE_PREFIX = "xn--";
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);

    private final DomainList domainList;
    private final DomainLocalityCache cache;
    private final AtomicLong generation = new AtomicLong();

    public InternalDomains(DomainList domainList, AuthorizedOutboundsConfiguration configuration, Ticker ticker) {
        this.domainList = domainList;
        this.cache = new DomainLocalityCache(
                this::containsAnyForm,
                configuration.lookupTimeout(),
                configuration.propagationInterval(),
                configuration.staleMaximum(),
                configuration.cacheDomainsMaximum(),
                ticker);
    }

    /** Polls James's list once a second, on a thread of its own, until the JVM ends. */
    void start() {
        RepeatingTask.start("authorized-outbounds-domains", POLL_INTERVAL, cache::poll);
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

    /**
     * Whether the domain is internal, for a decision on mail: while James's list fails, the answer may be as old as
     * {@code stale.maximum}. An address literal never is internal, even when James has detected its own address.
     */
    public Locality localityOf(Domain domain) {
        return isAddressLiteral(domain.asString()) ? Locality.EXTERNAL : cache.localityOf(cacheKey(domain));
    }

    /** The same for what cannot be undone: {@link Locality#UNKNOWN} while James's list fails. */
    public Locality freshLocalityOf(Domain domain) {
        return isAddressLiteral(domain.asString()) ? Locality.EXTERNAL : cache.freshLocalityOf(cacheKey(domain));
    }

    /**
     * Whether James's list has the domain in either form, read from James's database now. James keeps no "no" of this in
     * its own cache of domains ({@code read.cache.enable}), as it would of {@link DomainList#containsDomain}. Reads the
     * whole list, and blocks as long as James does.
     *
     * @throws DomainListException when James cannot read it
     */
    public boolean isInDatabase(Domain domain) throws DomainListException {
        Collection<Domain> all = domainList.getDomains();
        return all.contains(domain)
                || otherForm(domain.asString()).filter(all::contains).isPresent();
    }

    /** Holds at once on this node: WebAdmin has added the domain. */
    public void added(Domain domain) {
        put(domain, Locality.INTERNAL);
    }

    /** Holds at once on this node: WebAdmin has removed the domain. */
    public void removed(Domain domain) {
        put(domain, Locality.EXTERNAL);
    }

    private void put(Domain domain, Locality locality) {
        cache.put(cacheKey(domain), locality);
        generation.incrementAndGet();
    }

    /** Whether James's list did not answer the last question in time. */
    boolean isFailing() {
        return cache.isFailing();
    }

    /** Whether James's list has failed so often that nobody waits for it: what is not cached is unknown. */
    boolean isBreakerOpen() {
        return cache.isBreakerOpen();
    }

    /** One key for both forms of a name; what has no canonical form is a key of its own. */
    private static Domain cacheKey(Domain domain) {
        try {
            return canonical(domain);
        } catch (IllegalArgumentException e) {
            return domain;
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

    /** Another number once WebAdmin has added or removed a domain on this node. */
    long generation() {
        return generation.get();
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
