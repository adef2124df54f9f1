// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.Optional;
import org.apache.james.core.Domain;

/** The envelope sender as the rules see it: of an internal domain, or external (the null sender too), or unknown. */
public final class Sender {
    private static final Sender EXTERNAL = new Sender(Locality.EXTERNAL, Optional.empty());
    private static final Sender NULL = new Sender(Locality.EXTERNAL, Optional.empty());
    private static final Sender UNKNOWN = new Sender(Locality.UNKNOWN, Optional.empty());

    private final Locality locality;
    private final Optional<Domain> domain;

    private Sender(Locality locality, Optional<Domain> domain) {
        this.locality = locality;
        this.domain = domain;
    }

    /**
     * A sender of ours.
     *
     * @param domain the internal domain, in the form that the lists use
     */
    public static Sender internal(Domain domain) {
        return new Sender(Locality.INTERNAL, Optional.of(domain));
    }

    public static Sender external() {
        return EXTERNAL;
    }

    /** {@code <>}, of no domain: the sender of bounces. */
    public static Sender nullSender() {
        return NULL;
    }

    /** A sender whose domain could not be held against the {@code DomainList}. */
    public static Sender unknown() {
        return UNKNOWN;
    }

    public Locality locality() {
        return locality;
    }

    /** Whether it is {@code <>}. */
    public boolean isNull() {
        return this == NULL;
    }

    /** Present for an internal sender only. */
    public Optional<Domain> internalDomain() {
        return domain;
    }
}
