// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

class MemoryUseStoreTest implements UseStoreContract {
    private final MemoryUseStore store = new MemoryUseStore();

    @Override
    public UseStore store() {
        return store;
    }
}
