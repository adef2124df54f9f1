// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.build;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.build.ClassFileReferences.Member;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * One jar serves James 3.8 and 3.9: every class and member that our classes name is in both. Bundled libraries are not
 * checked. The driver is the host's where the host has one, so our classes are held against that one and not against the
 * copy in the jar.
 */
class LinkageTest {
    private static final Path JAR = Build.dropInJar();
    private static final List<ClassFileReferences> OUR_CLASSES = ClassFileReferences.ofJar(
            JAR,
            name -> name.startsWith("io/authorizedoutbounds/") && !name.startsWith("io/authorizedoutbounds/shaded/"));

    private static final Pattern UNDER_OTHER_NAMES =
            Pattern.compile(" -> (javax/(inject|mail|annotation|servlet)|jakarta)/");

    private static final KnownClasses DROP_IN =
            KnownClasses.ofJars(List.of(JAR)).without("com/datastax/");
    private static final KnownClasses JAMES_381 = KnownClasses.ofJars(
                    Build.classPathOf("james-server").stream().map(Path::of).toList())
            .or(DROP_IN);
    private static final KnownClasses JAMES_390 = membersOfJames390()
            .or(KnownClasses.ofJars(Build.librariesOfJames390()))
            .or(DROP_IN);

    /** The members of James 3.9.0 and its libraries that an extension may touch; some packages are left out. */
    private static KnownClasses membersOfJames390() {
        try (InputStream list =
                new GZIPInputStream(LinkageTest.class.getResourceAsStream("/james-3.9.0-members.txt.gz"))) {
            return KnownClasses.ofMemberList(list);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> missing(KnownClasses host) {
        return OUR_CLASSES.stream().flatMap(references -> host.missing(references).stream());
    }

    /** A class with a method that calls methods; it is only read, never loaded. */
    private static ClassFileReferences caller(Member... methods) {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V11, Opcodes.ACC_PUBLIC, "example/Caller", null, "java/lang/Object", null);
        MethodVisitor code = writer.visitMethod(Opcodes.ACC_STATIC, "call", "()V", null, null);
        code.visitCode();
        for (Member method : methods) {
            code.visitMethodInsn(Opcodes.INVOKEVIRTUAL, method.owner(), method.name(), method.descriptor(), false);
        }
        code.visitInsn(Opcodes.RETURN);
        code.visitMaxs(0, 0);
        code.visitEnd();
        writer.visitEnd();
        return ClassFileReferences.of(writer.toByteArray());
    }

    @Test
    void everyReferenceShouldBeInJames381() {
        assertThat(missing(JAMES_381)).isEmpty();
    }

    @Test
    void everyReferenceShouldBeInJames390() {
        assertThat(missing(JAMES_390)).isEmpty();
    }

    /** James 3.8 has them under javax, 3.9 under jakarta: one jar serves both by naming neither. */
    @Test
    void nothingShouldNameWhatJames38And39HaveUnderOtherNames() {
        assertThat(OUR_CLASSES.stream()
                        .flatMap(references ->
                                references.classes().stream().map(name -> references.className() + " -> " + name))
                        .filter(UNDER_OTHER_NAMES.asPredicate()))
                .isEmpty();
    }

    @Test
    void ourClassesShouldBeReadWithoutTheBundledLibraries() {
        assertThat(OUR_CLASSES)
                .extracting(ClassFileReferences::className)
                .contains(
                        "io/authorizedoutbounds/james/AuthorizedOutboundsModule",
                        "io/authorizedoutbounds/smtp/AuthorizedOutboundHook",
                        "io/authorizedoutbounds/mailets/BlockExternalSenders",
                        "io/authorizedoutbounds/webadmin/AuthorizedOutboundsRoutes")
                .noneMatch(name -> name.contains("caffeine") || name.contains("failsafe"));
    }

    @Test
    void servletsOfJames38ShouldBeMissingInJames390() {
        ClassFileReferences bodyAndStreamOverServlets = caller(
                new Member("spark/Request", "raw", "()Ljavax/servlet/http/HttpServletRequest;"),
                new Member("javax/servlet/http/HttpServletRequest", "getContentLengthLong", "()J"),
                new Member(
                        "javax/servlet/http/HttpServletRequest",
                        "getInputStream",
                        "()Ljavax/servlet/ServletInputStream;"),
                new Member("spark/Response", "raw", "()Ljavax/servlet/http/HttpServletResponse;"),
                new Member(
                        "javax/servlet/http/HttpServletResponse",
                        "getOutputStream",
                        "()Ljavax/servlet/ServletOutputStream;"));

        assertThat(JAMES_381.missing(bodyAndStreamOverServlets)).isEmpty();
        assertThat(JAMES_390.missing(bodyAndStreamOverServlets))
                .containsExactly(
                        "example/Caller -> javax/servlet/http/HttpServletRequest.getContentLengthLong ()J",
                        "example/Caller -> javax/servlet/http/HttpServletRequest.getInputStream"
                                + " ()Ljavax/servlet/ServletInputStream;",
                        "example/Caller -> javax/servlet/http/HttpServletResponse.getOutputStream"
                                + " ()Ljavax/servlet/ServletOutputStream;",
                        "example/Caller -> spark/Request.raw ()Ljavax/servlet/http/HttpServletRequest;",
                        "example/Caller -> spark/Response.raw ()Ljavax/servlet/http/HttpServletResponse;");
    }

    @Test
    void methodShouldBeMissingWhereItsReturnTypeDiffers() {
        ClassFileReferences references =
                caller(new Member("org/apache/james/smtpserver/ExtendedSMTPSession", "verifyIdentity", "()Z"));

        assertThat(JAMES_381.missing(references)).isEmpty();
        assertThat(JAMES_390.missing(references))
                .containsExactly(
                        "example/Caller -> org/apache/james/smtpserver/ExtendedSMTPSession.verifyIdentity ()Z");
    }

    @Test
    void memberThatDoesNotExistShouldBeMissing() {
        ClassFileReferences references = caller(
                new Member("org/apache/james/core/Domain", "asText", "()Ljava/lang/String;"),
                new Member("org/apache/james/core/Domain", "asString", "()Ljava/lang/CharSequence;"));

        assertThat(List.of(JAMES_381.missing(references), JAMES_390.missing(references)))
                .containsOnly(List.of(
                        "example/Caller -> org/apache/james/core/Domain.asString ()Ljava/lang/CharSequence;",
                        "example/Caller -> org/apache/james/core/Domain.asText ()Ljava/lang/String;"));
    }

    @Test
    void inheritedMemberShouldBeFound() {
        ClassFileReferences references = caller(
                new Member("org/apache/james/core/Domain", "getClass", "()Ljava/lang/Class;"),
                new Member("com/google/common/collect/ImmutableSet", "forEach", "(Ljava/util/function/Consumer;)V"),
                new Member("com/datastax/oss/driver/api/core/cql/Row", "getLong", "(Ljava/lang/String;)J"),
                new Member("[Lorg/apache/james/core/Domain;", "clone", "()Ljava/lang/Object;"));

        assertThat(JAMES_381.missing(references)).isEmpty();
        assertThat(JAMES_390.missing(references)).isEmpty();
    }

    @Test
    void constructorShouldNotBeInherited() {
        ClassFileReferences references = caller(new Member("org/apache/james/core/MaybeSender", "<init>", "()V"));

        assertThat(JAMES_390.missing(references))
                .containsExactly("example/Caller -> org/apache/james/core/MaybeSender.<init> ()V");
    }

    @Test
    void driverInTheJarShouldNotCount() {
        Member builder = new Member(
                "com/datastax/oss/driver/api/core/CqlSession",
                "builder",
                "()Lcom/datastax/oss/driver/api/core/CqlSessionBuilder;");

        assertThat(KnownClasses.ofJars(List.of(JAR)).missing(caller(builder))).isEmpty();
        assertThat(DROP_IN.missing(caller(builder))).containsExactly("example/Caller -> " + builder);
    }
}
