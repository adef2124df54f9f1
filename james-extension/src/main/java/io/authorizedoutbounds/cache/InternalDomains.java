// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableSet;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.policy.DomainNames;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.Sender;
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
 * James's {@code DomainList} as the policy sees it, for hook, mailet, routes and orphaning alike. Cached by a {@link
 * DomainLocalityCache}, since James's own list is a query to its database in most apps. Thread-safe.
 */
public class InternalDomains {
    /** Between two polls. */
    public static final Duration POLL_INTERVAL = Duration.ofSeconds(1);

    private static final CharMatcher DIGITS = CharMatcher.inRange('0', '9');

    private final DomainList domainList;
    private final DomainLocalityCache cache;
    private final AtomicLong generation = new AtomicLong();

    /** Used by the thread that polls. */
    private boolean configured;

    public InternalDomains(DomainList domainList, CacheSettings settings, Ticker ticker) {
        this.domainList = domainList;
        this.cache = new DomainLocalityCache(
                this::containsAnyForm,
                settings.lookupTimeout(),
                settings.propagationInterval(),
                settings.staleMaximum(),
                settings.maximumDomains(),
                ticker);
    }

    /**
     * Reads James's list once, so that a failure, or its end, is noticed without mail; to be called once a {@link
     * #POLL_INTERVAL} from one thread. Does nothing until James has configured its list, which may take a while at the start.
     */
    public void poll() {
        configured = configured || isConfigured();
        if (configured) {
            cache.poll();
        }
    }

    /** Until then James's list throws a {@link NullPointerException} for each domain. */
    private boolean isConfigured() {
        try {
            domainList.getDefaultDomain();
            return true;
        } catch (DomainListException e) {
            return false;
        }
    }

    /**
     * Whether the domain is internal, for a decision on mail: while James's list fails, the locality may be as old as
     * {@code stale.maximum}. An address literal is never internal, even when James has detected its own address.
     */
    public Locality localityOf(Domain domain) {
        return isAddressLiteral(domain.asString()) ? Locality.EXTERNAL : cache.localityOf(cacheKey(domain));
    }

    /** The same for what cannot be undone: {@link Locality#UNKNOWN} while James's list fails. */
    public Locality freshLocalityOf(Domain domain) {
        return isAddressLiteral(domain.asString()) ? Locality.EXTERNAL : cache.freshLocalityOf(cacheKey(domain));
    }

    /**
     * Whether James's list has the domain in either form, read from James's database now. Unlike
     * {@link DomainList#containsDomain}, this puts no negative answer into James's own cache of domains ({@code
     * read.cache.enable}). Reads the whole list, and blocks as long as James does.
     *
     * @throws DomainListException when James cannot read it
     */
    public boolean isInDatabase(Domain domain) throws DomainListException {
        Collection<Domain> all = domainList.getDomains();
        return all.contains(domain)
                || DomainNames.otherForm(domain).filter(all::contains).isPresent();
    }

    /**
     * All internal domains, each in one form, read from James now. Blocks as long as James does.
     *
     * @throws DomainListException when James cannot read its list
     */
    public ImmutableSet<Domain> all() throws DomainListException {
        return domainList.getDomains().stream()
                .filter(domain -> !isAddressLiteral(domain.asString()))
                .map(InternalDomains::cacheKey)
                .collect(ImmutableSet.toImmutableSet());
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

    /** Whether the last read of James's list failed, or was late. */
    public boolean isFailing() {
        return cache.isFailing();
    }

    /** Whether James's list has failed so often that nobody waits for it: what is not cached is unknown. */
    public boolean isBreakerOpen() {
        return cache.isBreakerOpen();
    }

    /** One key for both forms of a name; what has no canonical form is a key of its own. */
    private static Domain cacheKey(Domain domain) {
        try {
            return DomainNames.canonical(domain);
        } catch (IllegalArgumentException e) {
            return domain;
        }
    }

    private static boolean isAddressLiteral(String name) {
        // The last character rules out most names; a Domain holds no IPv6 address.
        return DIGITS.matches(name.charAt(name.length() - 1)) && InetAddresses.isInetAddress(name);
    }

    private boolean containsAnyForm(Domain domain) throws DomainListException {
        if (domainList.containsDomain(domain)) {
            return true;
        }
        Optional<Domain> otherForm = DomainNames.otherForm(domain);
        return otherForm.isPresent() && domainList.containsDomain(otherForm.get());
    }

    /** Another number once WebAdmin has added or removed a domain on this node. */
    long generation() {
        return generation.get();
    }

    /** The sender as the rules see it. */
    public Sender senderOf(MaybeSender sender) {
        return sender.asOptional()
                .map(MailAddress::getDomain)
                .map(this::senderIn)
                .orElse(Sender.nullSender());
    }

    private Sender senderIn(Domain domain) {
        switch (localityOf(domain)) {
            case INTERNAL:
                return Sender.internal(DomainNames.canonical(domain));
            case EXTERNAL:
                return Sender.external();
            case UNKNOWN:
                return Sender.unknown(cacheKey(domain));
        }
        throw new IllegalStateException("No sender for the locality of " + domain.asString());
    }
}
