// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.build;

import io.authorizedoutbounds.it.build.ClassFileReferences.Member;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.tree.ClassNode;

/** The classes that a class file can link to, with their members. */
final class KnownClasses {
    private static final String CONSTRUCTOR = "<init>";
    private static final String START_OF_CLASS = "= ";

    private final Function<String, Optional<LinkedClass>> byName;
    private final Map<String, Optional<LinkedClass>> found = new HashMap<>();

    /** What the virtual machine looks at when it resolves a member. */
    private record LinkedClass(List<String> superTypes, Set<String> members) {
        static LinkedClass of(InputStream classFile) throws IOException {
            ClassNode node = new ClassNode();
            new ClassReader(classFile)
                    .accept(node, ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
            List<String> superTypes = new ArrayList<>(node.interfaces);
            if (node.superName != null) {
                superTypes.add(node.superName);
            }
            Set<String> members = new HashSet<>();
            node.fields.forEach(field -> members.add(member(field.name, field.desc)));
            node.methods.forEach(method -> members.add(member(method.name, method.desc)));
            return new LinkedClass(superTypes, members);
        }

        /** As a list of members writes it. */
        static String member(String name, String descriptor) {
            return name + " " + descriptor;
        }
    }

    private KnownClasses(Function<String, Optional<LinkedClass>> byName) {
        this.byName = byName;
    }

    /** Those of jars, and of the JDK that runs this; the first jar wins, as on a class path. */
    static KnownClasses ofJars(List<Path> jars) {
        URL[] urls = jars.stream().map(KnownClasses::url).toArray(URL[]::new);
        ClassLoader classFiles = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
        return new KnownClasses(name -> {
            try (InputStream in = classFiles.getResourceAsStream(name + ".class")) {
                return in == null ? Optional.empty() : Optional.of(LinkedClass.of(in));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Those of a list in UTF-8. A line {@code = class superclass interfaces...} starts a class, and a line
     * {@code name descriptor} is one of its members; all names as in class files.
     */
    static KnownClasses ofMemberList(InputStream list) {
        Map<String, LinkedClass> classes = new HashMap<>();
        try (Reader utf8 = new InputStreamReader(list, StandardCharsets.UTF_8)) {
            LinkedClass current = null;
            for (String line : new BufferedReader(utf8).lines().toList()) {
                if (line.startsWith(START_OF_CLASS)) {
                    List<String> names =
                            List.of(line.substring(START_OF_CLASS.length()).split(" "));
                    current = new LinkedClass(names.subList(1, names.size()), new HashSet<>());
                    classes.put(names.get(0), current);
                } else if (current != null) {
                    current.members().add(line);
                } else {
                    throw new IllegalArgumentException("A member without a class: " + line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new KnownClasses(name -> Optional.ofNullable(classes.get(name)));
    }

    /** These, and those of {@code others} that are not among these: parent first. */
    KnownClasses or(KnownClasses others) {
        return new KnownClasses(name -> find(name).or(() -> others.find(name)));
    }

    /** These but for those whose internal name starts with a prefix. */
    KnownClasses without(String prefix) {
        return new KnownClasses(name -> name.startsWith(prefix) ? Optional.empty() : find(name));
    }

    /**
     * The references that do not resolve here, as sorted lines that name the class that makes them. A missing member stands
     * for the missing classes that it names.
     */
    List<String> missing(ClassFileReferences references) {
        List<Member> members = references.members().stream()
                .filter(member -> !resolves(member.owner(), member))
                .toList();
        Stream<String> classes = references.classes().stream()
                .filter(name -> find(name).isEmpty())
                .filter(name -> members.stream().noneMatch(member -> member.names(name)));
        return Stream.concat(members.stream().map(Member::toString), classes)
                .map(reference -> references.className() + " -> " + reference)
                .sorted()
                .toList();
    }

    private boolean resolves(String owner, Member member) {
        return find(owner).stream()
                .anyMatch(type -> type.members().contains(LinkedClass.member(member.name(), member.descriptor()))
                        || (!member.name().equals(CONSTRUCTOR)
                                && type.superTypes().stream().anyMatch(superType -> resolves(superType, member))));
    }

    private Optional<LinkedClass> find(String name) {
        Optional<LinkedClass> known = found.get(name);
        if (known == null) {
            known = byName.apply(name);
            found.put(name, known);
        }
        return known;
    }
}
