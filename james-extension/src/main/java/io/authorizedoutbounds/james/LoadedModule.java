// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.inject.Inject;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.ProvidedBy;
import com.google.inject.Provider;
import com.google.inject.ProvisionException;

/**
 * {@link AuthorizedOutboundsModule} as James has loaded it. The classes that James makes by the names in its files (hook,
 * mailet, routes, health check) get all that they need from here and ask Guice for nothing else: without the module Guice
 * would report each missing binding, and not the line that is missing in {@code extensions.properties}. The first that
 * asks starts the {@link BackgroundTasks}. Thread-safe.
 */
@ProvidedBy(LoadedModule.Missing.class)
public final class LoadedModule {
    private final Injector injector;
    private final BackgroundTasks tasks;

    LoadedModule(Injector injector, BackgroundTasks tasks) {
        this.injector = injector;
        this.tasks = tasks;
    }

    /** The instance that the module, or James, binds. */
    public <T> T get(Class<T> type) {
        return get(Key.get(type));
    }

    /** The same for a generic type. */
    public <T> T get(Key<T> key) {
        tasks.start();
        return injector.getInstance(key);
    }

    /** What Guice asks when no module binds it: the start of James fails. */
    static final class Missing implements Provider<LoadedModule> {
        @Inject
        Missing() {}

        @Override
        public LoadedModule get() {
            // Guice shortens a class name in its messages, unless it is within quotation marks.
            throw new ProvisionException(
                    "conf/extensions.properties does not load the authorized outbounds, which other"
                            + " files of conf/ use. Add this on a line of its own, or with a comma to the modules that are there:"
                            + " \"guice.extension.module=" + AuthorizedOutboundsModule.class.getName() + "\"");
        }
    }
}
