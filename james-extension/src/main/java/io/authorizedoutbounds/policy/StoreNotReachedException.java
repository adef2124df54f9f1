// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** The store has not been reached since James started; its implementation logs why, and tries again. */
public class StoreNotReachedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /** @param store its name in the message */
    public StoreNotReachedException(String store) {
        super(store + " has not been reached since James started");
    }
}
