// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Set;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/**
 * For a test class that shares no James with another one: it runs beside others, its tests one after another. A class whose
 * result depends on how fast the machine is needs {@link org.junit.jupiter.api.parallel.Isolated} instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(providers = OwnServers.OfItsClass.class)
public @interface OwnServers {
    /** Nobody else holds it. The tests of a class that holds a lock do not run beside one another. */
    final class OfItsClass implements ResourceLocksProvider {
        @Override
        public Set<Lock> provideForClass(Class<?> testClass) {
            return Set.of(new Lock(testClass.getName()));
        }
    }
}
