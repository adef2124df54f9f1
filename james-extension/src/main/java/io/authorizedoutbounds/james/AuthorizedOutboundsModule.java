// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.datastax.oss.driver.api.core.CqlSession;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.inject.AbstractModule;
import com.google.inject.Binding;
import com.google.inject.Inject;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.authorizedoutbounds.activity.RefusalLog;
import io.authorizedoutbounds.activity.RefusalRecorder;
import io.authorizedoutbounds.activity.UseRecorder;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.ChangeLogPoller;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.cache.InvalidatingStore;
import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConfiguration;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.cassandra.CassandraRefusalStore;
import io.authorizedoutbounds.cassandra.CassandraUseStore;
import io.authorizedoutbounds.monitoring.AuthorizedOutboundsMetrics;
import io.authorizedoutbounds.orphans.OrphanSweep;
import io.authorizedoutbounds.orphans.Orphaning;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.BlockRule;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.Refusals;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.UseStore;
import io.authorizedoutbounds.policy.Uses;
import java.io.File;
import java.io.FileNotFoundException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.utils.PropertiesProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds what the hook, the mailet, the routes and the health check share. Named in {@code extensions.properties}:
 *
 * <pre>
 * guice.extension.module=io.authorizedoutbounds.james.AuthorizedOutboundsModule
 * </pre>
 */
public class AuthorizedOutboundsModule extends AbstractModule {
    private static final Logger LOGGER = LoggerFactory.getLogger(AuthorizedOutboundsModule.class);

    private static final Duration CHANGE_LOG_MARGIN = Duration.ofMinutes(5);

    private final Injector host;

    /** @param host James's own injector, the parent of the one that this module configures */
    @Inject
    public AuthorizedOutboundsModule(Injector host) {
        this.host = host;
    }

    @Override
    protected void configure() {
        bind(BlockPolicyInForce.class).in(Singleton.class);
        // Gaps are logged even when no other file names the extension.
        bind(ConfigurationGaps.class).asEagerSingleton();
    }

    @Provides
    LoadedModule loadedModule(Injector injector, BackgroundTasks tasks) {
        return new LoadedModule(injector, tasks);
    }

    @Provides
    @Singleton
    BackgroundTasks backgroundTasks(
            AuthorizedOutboundsConfiguration configuration,
            AuthorizedOutboundsMetrics metrics,
            InternalDomains domains,
            ChangeLogPoller changeLog,
            OrphanSweep sweep,
            RefusalRecorder refusals,
            RefusalLog refusalLog,
            DeferredMailRetries deferredMail,
            UseRecorder uses) {
        return BackgroundTasks.builder()
                .repeat("authorized-outbounds-changes", configuration.propagationInterval(), changeLog::poll)
                .repeat("authorized-outbounds-domains", InternalDomains.POLL_INTERVAL, domains::poll)
                .repeat(
                        "authorized-outbounds-metrics",
                        AuthorizedOutboundsMetrics.PUBLICATION_INTERVAL,
                        metrics::publish)
                .repeat("authorized-outbounds-orphans", OrphanSweep.STEP_INTERVAL, sweep::step)
                .repeat("authorized-outbounds-refusals", RefusalRecorder.WRITE_INTERVAL, refusals::write)
                .repeat("authorized-outbounds-refusal-log", RefusalLog.SUMMARY_INTERVAL, refusalLog::summarize)
                .repeat("authorized-outbounds-retries", DeferredMailRetries.CHECK_INTERVAL, deferredMail::check)
                .repeat("authorized-outbounds-uses", UseRecorder.WRITE_INTERVAL, uses::write)
                .build();
    }

    @Provides
    @Singleton
    AuthorizedOutboundsMetrics metrics(MetricFactory factory, GaugeRegistry gauges) {
        return new AuthorizedOutboundsMetrics(factory, gauges);
    }

    @Provides
    @Singleton
    AuthorizedOutboundsConfiguration configuration(PropertiesProvider properties) throws ConfigurationException {
        try {
            return AuthorizedOutboundsConfiguration.from(
                    properties.getConfiguration(AuthorizedOutboundsConfiguration.FILE));
        } catch (FileNotFoundException e) {
            LOGGER.info("conf/{}.properties does not exist, using the defaults", AuthorizedOutboundsConfiguration.FILE);
            return AuthorizedOutboundsConfiguration.DEFAULT;
        }
    }

    @Provides
    @Singleton
    InternalDomains internalDomains(
            DomainList domainList, AuthorizedOutboundsConfiguration configuration, AuthorizedOutboundsMetrics metrics) {
        InternalDomains domains = new InternalDomains(domainList, configuration.cacheSettings(), Ticker.systemTicker());
        metrics.register(domains);
        return domains;
    }

    @Provides
    @Singleton
    CassandraConnection connection(PropertiesProvider properties, FileSystem files) throws ConfigurationException {
        // Only a binding that the host has: getInstance() would make Guice try to create a session.
        Optional<Binding<CqlSession>> session = Optional.ofNullable(host.getExistingBinding(Key.get(CqlSession.class)));
        if (session.isPresent()) {
            return CassandraConnection.shared(session.get().getProvider().get());
        }
        try {
            CassandraConfiguration configuration =
                    CassandraConfiguration.from(properties.getConfiguration(CassandraConfiguration.FILE));
            return driverConfiguration(files)
                    .map(file -> CassandraConnection.own(configuration, file))
                    .orElseGet(() -> CassandraConnection.own(configuration));
        } catch (FileNotFoundException e) {
            throw new IllegalArgumentException(
                    "conf/" + CassandraConfiguration.FILE + ".properties is missing: this James has no Cassandra of its"
                            + " own, say in that file where the lists of authorized outbounds are kept",
                    e);
        }
    }

    private static Optional<File> driverConfiguration(FileSystem files) {
        try {
            return Optional.of(files.getFile(FileSystem.FILE_PROTOCOL_AND_CONF + "cassandra-driver.conf"))
                    .filter(File::exists);
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    @Provides
    @Singleton
    CassandraAuthorizedOutboundStore cassandraStore(
            CassandraConnection connection, AuthorizedOutboundsConfiguration configuration, Clock clock) {
        return new CassandraAuthorizedOutboundStore(connection, configuration.changesRetention(), clock);
    }

    @Provides
    @Singleton
    RefusalStore refusalStore(
            CassandraConnection connection, AuthorizedOutboundsConfiguration configuration, Clock clock) {
        return new CassandraRefusalStore(connection, configuration.refusalsRetention(), clock);
    }

    @Provides
    @Singleton
    RefusalRecorder refusalRecorder(RefusalStore store, CassandraAuthorizedOutboundStore lists, Clock clock) {
        return new RefusalRecorder(store, lists, clock);
    }

    @Provides
    @Singleton
    Refusals refusals(RefusalRecorder recorder) {
        return recorder;
    }

    @Provides
    @Singleton
    RefusalLog refusalLog() {
        return new RefusalLog();
    }

    @Provides
    @Singleton
    UseStore useStore(CassandraConnection connection, Clock clock) {
        return new CassandraUseStore(connection, clock);
    }

    @Provides
    @Singleton
    UseRecorder useRecorder(
            UseStore store, CassandraAuthorizedOutboundStore lists, Clock clock, AuthorizedOutboundsMetrics metrics) {
        return new UseRecorder(store, lists, clock, metrics::countDroppedUse);
    }

    @Provides
    @Singleton
    Uses uses(UseRecorder recorder) {
        return recorder;
    }

    @Provides
    @Singleton
    CachedLookup lookup(
            CassandraAuthorizedOutboundStore store,
            InternalDomains domains,
            AuthorizedOutboundsConfiguration configuration,
            Clock clock,
            AuthorizedOutboundsMetrics metrics) {
        CachedLookup lookup =
                new CachedLookup(store, domains, configuration.cacheSettings(), clock, Ticker.systemTicker(), metrics);
        metrics.register(lookup);
        return lookup;
    }

    @Provides
    @Singleton
    ChangeLogPoller changeLogPoller(
            CassandraAuthorizedOutboundStore store,
            CachedLookup lookup,
            AuthorizedOutboundsConfiguration configuration,
            Clock clock) {
        return new ChangeLogPoller(store, lookup, maxLookBack(configuration), clock, Ticker.systemTicker());
    }

    @Provides
    @Singleton
    OutboundLookup outboundLookup(CachedLookup lookup, ConfigurationProvider files) throws ConfigurationException {
        return lookup.limitedTo(SmtpListeners.maxWaitingThreads(files));
    }

    /** Shorter than the retention of the change log: beyond it, changes that were made are missing. */
    private static Duration maxLookBack(AuthorizedOutboundsConfiguration configuration) {
        Duration retained = configuration.changesRetention().minus(CHANGE_LOG_MARGIN);
        return retained.compareTo(configuration.staleMaximum()) < 0 ? retained : configuration.staleMaximum();
    }

    @Provides
    @Singleton
    AuthorizedOutboundStore store(CassandraAuthorizedOutboundStore store, CachedLookup lookup) {
        return new InvalidatingStore(store, lookup);
    }

    @Provides
    @Singleton
    Orphaning orphaning(AuthorizedOutboundStore store, AuthorizedOutboundsConfiguration configuration) {
        return new Orphaning(store, configuration.enforcement());
    }

    @Provides
    @Singleton
    OrphanSweep orphanSweep(AuthorizedOutboundStore store, InternalDomains domains, Orphaning orphaning) {
        return new OrphanSweep(store, domains, orphaning, Ticker.systemTicker());
    }

    @Provides
    @Singleton
    DeferredMailRetries deferredMailRetries(CachedLookup lookup, InternalDomains domains) {
        return new DeferredMailRetries(lookup, domains, Ticker.systemTicker());
    }

    @Provides
    @Singleton
    BlockRule blockRule(CachedLookup lookup) {
        return new BlockRule(lookup);
    }

    @Provides
    @Singleton
    RelayRule relayRule(
            CachedLookup lookup, AuthorizedOutboundsConfiguration configuration, BlockPolicyInForce blockPolicy) {
        return new RelayRule(lookup, configuration.relaySettings(), blockPolicy::isConfigured);
    }
}
