// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.junit;

import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * A James on the Cassandra of the run, in a keyspace of its own, and the SMTP server that it relays to. Parameters of type
 * {@link JamesServer}, {@link SmtpSink}, {@link WebAdmin} and {@link CassandraServer} are resolved.
 */
public final class JamesExtension implements BeforeAllCallback, ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(JamesExtension.class);

    private final Object key;
    private final boolean shared;
    private final UnaryOperator<JamesServerBuilder> configuration;

    private JamesExtension(Object key, boolean shared, UnaryOperator<JamesServerBuilder> configuration) {
        this.key = key;
        this.shared = shared;
        this.configuration = configuration;
    }

    /** A James for one test class, which ends with the class. */
    public static JamesExtension with(UnaryOperator<JamesServerBuilder> configuration) {
        return new JamesExtension(new Object(), false, configuration);
    }

    /**
     * A James for all test classes that name it alike. It starts before the first of them and ends with the run, so a test
     * must not depend on what it has not added itself.
     */
    public static JamesExtension shared(String name, UnaryOperator<JamesServerBuilder> configuration) {
        return new JamesExtension(name, true, configuration);
    }

    /** What has been started. */
    private record Servers(JamesServer james, SmtpSink sink) implements AutoCloseable {
        @Override
        public void close() {
            james.close();
            sink.close();
        }
    }

    private Servers servers(ExtensionContext context) {
        return (shared ? context.getRoot() : context)
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(key, unused -> start(context), Servers.class);
    }

    private Servers start(ExtensionContext context) {
        SmtpSink sink = new SmtpSink();
        JamesServerBuilder builder = JamesServer.builder()
                .cassandra(SharedCassandra.of(context), Names.newKeyspace())
                .patientLookups()
                .sink(sink);
        return new Servers(configuration.apply(builder).start(), sink);
    }

    /** A nested class finds the servers of its outer class. */
    @Override
    public void beforeAll(ExtensionContext context) {
        servers(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        if (AnnotationSupport.isAnnotated(parameter.getDeclaringExecutable(), ParameterizedTest.class)) {
            // Its parameters are the test's own.
            return false;
        }
        Class<?> type = parameter.getParameter().getType();
        return type == JamesServer.class
                || type == SmtpSink.class
                || type == WebAdmin.class
                || type == CassandraServer.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        Servers servers = servers(context);
        if (type == JamesServer.class) {
            return servers.james();
        }
        if (type == SmtpSink.class) {
            return servers.sink();
        }
        return type == WebAdmin.class ? WebAdmin.of(servers.james()).awaitLists() : SharedCassandra.of(context);
    }
}
