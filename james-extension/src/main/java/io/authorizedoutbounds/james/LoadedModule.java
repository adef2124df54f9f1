// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.inject.Inject;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.ProvidedBy;
import com.google.inject.Provider;
import com.google.inject.ProvisionException;

/**
 * {@link AuthorizedOutboundsModule} as James has loaded it. James makes some classes by the names in its files: hook,
 * mailet, routes, health check. They get everything from here and ask Guice for nothing else. Without the module Guice
 * would otherwise report each missing binding instead of the line that is missing in {@code extensions.properties}.
 *
 * <p>The first use starts the {@link BackgroundTasks}. Thread-safe.
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

    /** Guice uses it when no module binds a {@link LoadedModule}: the start of James fails. */
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
