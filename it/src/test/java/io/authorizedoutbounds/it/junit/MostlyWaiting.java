// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * For a test class that waits for its own servers most of the time. Such classes run one after another beside all other
 * classes, so that the processors are not idle meanwhile. A class whose result depends on how fast the machine is needs
 * {@link org.junit.jupiter.api.parallel.Isolated} instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("classes that mostly wait")
public @interface MostlyWaiting {}
