// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The numbers of the cases in docs/security.md that a test shows. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface HostileCase {
    int[] value();
}
