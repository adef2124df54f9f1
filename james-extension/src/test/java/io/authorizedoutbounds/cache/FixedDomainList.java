// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.james.core.Domain;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.domainlist.api.DomainListException;

/** A {@code DomainList} of what it was made with, which can be one that cannot be read. Immutable. */
public final class FixedDomainList implements DomainList {
    private final ImmutableSet<Domain> domains;
    private final Predicate<Domain> unreadable;

    private FixedDomainList(ImmutableSet<Domain> domains, Predicate<Domain> unreadable) {
        this.domains = domains;
        this.unreadable = unreadable;
    }

    public static FixedDomainList of(String... domains) {
        return new FixedDomainList(parse(domains), domain -> false);
    }

    /** Fails whatever is read. */
    public static FixedDomainList unreadable() {
        return new FixedDomainList(ImmutableSet.of(), domain -> true);
    }

    /** The same list, which fails when one of these domains is read. */
    public FixedDomainList unreadableFor(String... failing) {
        return new FixedDomainList(domains, parse(failing)::contains);
    }

    /** The list as the policy sees it, with the settings of tests. */
    public static InternalDomains internalDomains(DomainList list) {
        return new InternalDomains(list, TestCacheSettings.patient(), Ticker.systemTicker());
    }

    private static ImmutableSet<Domain> parse(String... domains) {
        return Stream.of(domains).map(Domain::of).collect(ImmutableSet.toImmutableSet());
    }

    @Override
    public boolean containsDomain(Domain domain) throws DomainListException {
        if (unreadable.test(domain)) {
            throw new DomainListException("The domain list cannot be read");
        }
        return domains.contains(domain);
    }

    @Override
    public List<Domain> getDomains() {
        return ImmutableList.copyOf(domains);
    }

    @Override
    public void addDomain(Domain domain) {
        throw new UnsupportedOperationException("The list is fixed");
    }

    @Override
    public void removeDomain(Domain domain) {
        throw new UnsupportedOperationException("The list is fixed");
    }

    @Override
    public Domain getDefaultDomain() {
        return Domain.LOCALHOST;
    }
}
