// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.ClassRemapper;
import org.objectweb.asm.commons.Remapper;
import org.objectweb.asm.tree.ClassNode;

/**
 * What a class file names outside itself: in its declarations, signatures, annotations, code, stack maps and bootstrap
 * arguments. An array stands for the class of its elements. Annotations that a JVM does not read are left out.
 *
 * @param className internal name of the class that makes the references
 * @param classes internal names, those in the descriptors of {@code members} included
 * @param members those of other classes, and inherited ones that the code names as its own
 */
record ClassFileReferences(String className, Set<String> classes, Set<Member> members) {

    /** A field or method as class files name it: internal name of the class, name, descriptor. */
    record Member(String owner, String name, String descriptor) implements Comparable<Member> {
        private static final String ANY_CLASS = "java/lang/Object";

        /** An array has the members of {@link Object}. */
        static Member of(String owner, String name, String descriptor) {
            return new Member(owner.startsWith("[") ? ANY_CLASS : owner, name, descriptor);
        }

        /** Whether naming this member names that class as well. */
        boolean names(String className) {
            return owner.equals(className) || descriptor.contains("L" + className + ";");
        }

        @Override
        public int compareTo(Member other) {
            return toString().compareTo(other.toString());
        }

        @Override
        public String toString() {
            return owner + "." + name + " " + descriptor;
        }
    }

    /** The references of each class file of a jar whose path in the jar is accepted. */
    static List<ClassFileReferences> ofJar(Path file, Predicate<String> accepted) {
        try (JarFile jar = new JarFile(file.toFile())) {
            return jar.stream()
                    .filter(entry -> entry.getName().endsWith(".class"))
                    .filter(entry -> accepted.test(entry.getName()))
                    .map(entry -> of(bytesOf(jar, entry)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytesOf(JarFile jar, JarEntry entry) {
        try {
            return jar.getInputStream(entry).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ClassFileReferences of(byte[] classFile) {
        ClassNode node = new ClassNode();
        new ClassReader(classFile).accept(node, 0);
        dropAnnotationsOfTheCompiler(node);
        Collector collector = new Collector();
        node.accept(new ClassRemapper(new ClassNode(), collector));
        collector.classes.remove(node.name);
        node.fields.forEach(field -> collector.members.remove(Member.of(node.name, field.name, field.desc)));
        node.methods.forEach(method -> collector.members.remove(Member.of(node.name, method.name, method.desc)));
        return new ClassFileReferences(node.name, collector.classes, collector.members);
    }

    /** A JVM reads none whose retention is {@code CLASS}, such as AutoValue's, nor what nests in what for their sake. */
    private static void dropAnnotationsOfTheCompiler(ClassNode node) {
        node.innerClasses.removeIf(
                inner -> !inner.name.startsWith(node.name + "$") && !node.name.startsWith(inner.name));
        node.invisibleAnnotations = null;
        node.fields.forEach(field -> field.invisibleAnnotations = null);
        node.methods.forEach(method -> method.invisibleAnnotations = null);
    }

    /** A remapper is asked for the new name of everything that a class names: this one takes notes and renames nothing. */
    private static final class Collector extends Remapper {
        private final Set<String> classes = new TreeSet<>();
        private final Set<Member> members = new TreeSet<>();

        Collector() {
            super(Opcodes.ASM9);
        }

        @Override
        public String map(String internalName) {
            classes.add(internalName);
            return internalName;
        }

        @Override
        public String mapMethodName(String owner, String name, String descriptor) {
            members.add(Member.of(owner, name, descriptor));
            return name;
        }

        @Override
        public String mapFieldName(String owner, String name, String descriptor) {
            members.add(Member.of(owner, name, descriptor));
            return name;
        }
    }
}
