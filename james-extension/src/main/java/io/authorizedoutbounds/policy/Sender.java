// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.util.Optional;
import org.apache.james.core.Domain;

/** The envelope sender as the rules see it: of an internal domain, external (the null sender too), or unknown. */
@AutoValue
public abstract class Sender {
    private static final Sender EXTERNAL = new AutoValue_Sender(Locality.EXTERNAL, false, Optional.empty());
    private static final Sender NULL = new AutoValue_Sender(Locality.EXTERNAL, true, Optional.empty());
    private static final Sender UNKNOWN = new AutoValue_Sender(Locality.UNKNOWN, false, Optional.empty());

    Sender() {}

    /**
     * A sender of an internal domain.
     *
     * @param domain in the form that the lists use
     */
    public static Sender internal(Domain domain) {
        return new AutoValue_Sender(Locality.INTERNAL, false, Optional.of(domain));
    }

    public static Sender external() {
        return EXTERNAL;
    }

    /** {@code <>}, of no domain: the sender of bounces. */
    public static Sender nullSender() {
        return NULL;
    }

    /** A sender whose domain could not be looked up in the {@code DomainList}. */
    public static Sender unknown() {
        return UNKNOWN;
    }

    /**
     * The same, of a known domain.
     *
     * @param domain in the form that the lists use
     */
    public static Sender unknown(Domain domain) {
        return new AutoValue_Sender(Locality.UNKNOWN, false, Optional.of(domain));
    }

    public abstract Locality locality();

    /** Whether it is {@code <>}. */
    public abstract boolean isNull();

    /** Present for an internal sender, and for an unknown one if it was given. */
    abstract Optional<Domain> domain();

    /** Present for an internal sender only. */
    public Optional<Domain> internalDomain() {
        return locality() == Locality.INTERNAL ? domain() : Optional.empty();
    }
}
