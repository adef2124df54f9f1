// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.annotations.VisibleForTesting;
import io.authorizedoutbounds.it.build.ClassFileReferences.Member;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ClassFileReferencesTest {
    private static final ClassFileReferences REFERENCES = referencesOf(Sample.class);

    @FunctionalInterface
    interface Annotated {
        void run();
    }

    /** Names each class in one way only. */
    abstract static class Sample extends Thread implements Callable<Void> {
        List<Short> generic;
        Byte[][] array;

        abstract void declares() throws FileNotFoundException;

        Object classConstant() {
            return Float.class;
        }

        Supplier<Object> methodReference() {
            return Runtime::getRuntime;
        }

        boolean catches(String text) {
            try {
                return text.isBlank();
            } catch (ArithmeticException e) {
                return isDaemon();
            }
        }
    }

    private static ClassFileReferences referencesOf(Class<?> type) {
        try (InputStream in =
                ClassLoader.getSystemResourceAsStream(type.getName().replace('.', '/') + ".class")) {
            return ClassFileReferences.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void superTypesShouldBeReferences() {
        assertThat(REFERENCES.classes()).contains("java/lang/Thread", "java/util/concurrent/Callable");
    }

    @Test
    void signaturesAndElementsOfArraysShouldBeReferences() {
        assertThat(REFERENCES.classes()).contains("java/util/List", "java/lang/Short", "java/lang/Byte");
    }

    @Test
    void exceptionsShouldBeReferences() {
        assertThat(REFERENCES.classes()).contains("java/io/FileNotFoundException", "java/lang/ArithmeticException");
    }

    @Test
    void classConstantsShouldBeReferences() {
        assertThat(REFERENCES.classes()).contains("java/lang/Float");
    }

    @Test
    void annotationsShouldBeReferences() {
        assertThat(referencesOf(Annotated.class).classes()).contains("java/lang/FunctionalInterface");
    }

    /** The retention of Guava's is CLASS. */
    @VisibleForTesting
    private interface AnnotatedForTheCompiler {}

    @Test
    void annotationsThatNoJvmReadsShouldNotBeReferences() {
        assertThat(referencesOf(AnnotatedForTheCompiler.class).classes())
                .doesNotContain("com/google/common/annotations/VisibleForTesting");
    }

    @Test
    void calledMethodsShouldBeReferences() {
        assertThat(REFERENCES.members()).contains(new Member("java/lang/String", "isBlank", "()Z"));
    }

    @Test
    void bootstrapMethodsAndTheirArgumentsShouldBeReferences() {
        assertThat(REFERENCES.members())
                .contains(new Member("java/lang/Runtime", "getRuntime", "()Ljava/lang/Runtime;"))
                .anyMatch(member -> member.owner().equals("java/lang/invoke/LambdaMetafactory"));
    }

    @Test
    void onlyInheritedMembersOfTheClassItselfShouldBeReferences() {
        String sample = REFERENCES.className();

        assertThat(REFERENCES.classes()).doesNotContain(sample);
        assertThat(REFERENCES.members().stream().filter(member -> member.owner().equals(sample)))
                .containsExactly(new Member(sample, "isDaemon", "()Z"));
    }
}
