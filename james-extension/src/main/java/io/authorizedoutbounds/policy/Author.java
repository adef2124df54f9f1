// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.util.Optional;

/** The author of a change: a user of WebAdmin, or unknown, as when WebAdmin needs no token. */
@AutoValue
public abstract class Author {
    private static final Author UNKNOWN = new AutoValue_Author(Optional.empty());

    Author() {}

    public static Author of(String user) {
        return new AutoValue_Author(Optional.of(user));
    }

    public static Author unknown() {
        return UNKNOWN;
    }

    /** Name of the user, as the token has it. */
    public abstract Optional<String> user();
}
