// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.common.collect.ImmutableSet;
import com.google.inject.Inject;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.policy.Locality;
import org.apache.james.core.Domain;
import org.apache.james.domainlist.api.DomainListException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import spark.HaltException;

/** The domains of James for calls of WebAdmin: 404 for an unknown domain, 503 when James's list cannot be read. */
class KnownDomains {
    private static final Logger LOGGER = LoggerFactory.getLogger(KnownDomains.class);

    private final InternalDomains domains;

    @Inject
    KnownDomains(InternalDomains domains) {
        this.domains = domains;
    }

    /** @throws HaltException 503 */
    boolean isInternal(Domain domain) {
        Locality locality = domains.localityOf(domain);
        if (locality == Locality.UNKNOWN) {
            throw unavailable();
        }
        return locality == Locality.INTERNAL;
    }

    /** @throws HaltException 404, 503 */
    void requireInternal(Domain domain) {
        if (!isInternal(domain)) {
            throw HttpErrors.unknown(domain);
        }
    }

    /**
     * Whether James's database has the domain, bypassing all caches.
     *
     * @throws HaltException 503
     */
    boolean isInDatabase(Domain domain) {
        return read(() -> domains.isInDatabase(domain));
    }

    /**
     * All internal domains, in their canonical form.
     *
     * @throws HaltException 503
     */
    ImmutableSet<Domain> all() {
        return read(domains::all);
    }

    private interface Read<T> {
        T call() throws DomainListException;
    }

    private static <T> T read(Read<T> read) {
        try {
            return read.call();
        } catch (DomainListException | RuntimeException e) {
            LOGGER.warn("Cannot read James's domain list for a call of WebAdmin: {}", e.toString());
            throw unavailable();
        }
    }

    private static HaltException unavailable() {
        return HttpErrors.unavailable("The domain list of James cannot be read now: try again later");
    }
}
