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
import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConfiguration;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.cassandra.CassandraRefusalStore;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.BlockRule;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.Refusals;
import io.authorizedoutbounds.policy.RelayRule;
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
import org.apache.james.utils.PropertiesProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the hook, the mailet and the routes share. Named in {@code extensions.properties}:
 *
 * <pre>
 * guice.extension.module=io.authorizedoutbounds.james.AuthorizedOutboundsModule
 * </pre>
 */
public class AuthorizedOutboundsModule extends AbstractModule {
    private static final Logger LOGGER = LoggerFactory.getLogger(AuthorizedOutboundsModule.class);

    private static final Duration MARGIN_OF_THE_TRAIL = Duration.ofMinutes(5);

    private final Injector host;

    /** @param host James's own injector, the parent of the one that this module configures */
    @Inject
    public AuthorizedOutboundsModule(Injector host) {
        this.host = host;
    }

    @Override
    protected void configure() {
        bind(BlockPolicyInForce.class).in(Singleton.class);
        // What is missing is logged even when no file names the extension.
        bind(ConfigurationGaps.class).asEagerSingleton();
    }

    @Provides
    LoadedModule loadedModule(Injector injector) {
        return new LoadedModule(injector);
    }

    @Provides
    @Singleton
    AuthorizedOutboundsMetrics metrics(MetricFactory factory, GaugeRegistry gauges) {
        AuthorizedOutboundsMetrics metrics = new AuthorizedOutboundsMetrics(factory, gauges);
        metrics.start();
        return metrics;
    }

    @Provides
    @Singleton
    AuthorizedOutboundsConfiguration configuration(PropertiesProvider properties) throws ConfigurationException {
        try {
            return AuthorizedOutboundsConfiguration.from(
                    properties.getConfiguration(AuthorizedOutboundsConfiguration.FILE));
        } catch (FileNotFoundException e) {
            LOGGER.info("No conf/{}.properties: the defaults hold", AuthorizedOutboundsConfiguration.FILE);
            return AuthorizedOutboundsConfiguration.DEFAULT;
        }
    }

    @Provides
    @Singleton
    InternalDomains internalDomains(
            DomainList domainList, AuthorizedOutboundsConfiguration configuration, AuthorizedOutboundsMetrics metrics) {
        InternalDomains domains = new InternalDomains(domainList, configuration, Ticker.systemTicker());
        metrics.show(domains);
        domains.start();
        return domains;
    }

    @Provides
    @Singleton
    CassandraConnection connection(PropertiesProvider properties, FileSystem files) throws ConfigurationException {
        // Only a binding of the host's own: asking for an instance would have Guice try to make one.
        Optional<Binding<CqlSession>> session = Optional.ofNullable(host.getExistingBinding(Key.get(CqlSession.class)));
        if (session.isPresent()) {
            return CassandraConnection.shared(session.get().getProvider().get());
        }
        try {
            return CassandraConnection.own(
                    CassandraConfiguration.from(properties.getConfiguration(CassandraConfiguration.FILE)),
                    driverConfiguration(files));
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
    Refusals refusals(RefusalStore store, Clock clock) {
        RefusalRecorder recorder = new RefusalRecorder(store, clock);
        recorder.start();
        return recorder;
    }

    @Provides
    @Singleton
    RefusalLog refusalLog(AuthorizedOutboundsConfiguration configuration) {
        RefusalLog log = new RefusalLog(configuration.enforcement());
        log.start();
        return log;
    }

    @Provides
    @Singleton
    CachedLookup lookup(
            CassandraAuthorizedOutboundStore store,
            InternalDomains domains,
            AuthorizedOutboundsConfiguration configuration,
            Clock clock,
            AuthorizedOutboundsMetrics metrics) {
        CachedLookup lookup = new CachedLookup(store, domains, configuration, clock, Ticker.systemTicker(), metrics);
        metrics.show(lookup);
        new ChangeFollower(store, lookup, furthestBack(configuration), clock, Ticker.systemTicker())
                .start(configuration.propagationInterval());
        return lookup;
    }

    @Provides
    @Singleton
    OutboundLookup outboundLookup(CachedLookup lookup) {
        return lookup;
    }

    /** No further than the trail is kept, or rows that are gone would count as changes that were not made. */
    private static Duration furthestBack(AuthorizedOutboundsConfiguration configuration) {
        Duration kept = configuration.changesRetention().minus(MARGIN_OF_THE_TRAIL);
        return kept.compareTo(configuration.staleMaximum()) < 0 ? kept : configuration.staleMaximum();
    }

    @Provides
    @Singleton
    AuthorizedOutboundStore store(CassandraAuthorizedOutboundStore store, CachedLookup lookup) {
        return new FollowedStore(store, lookup);
    }

    @Provides
    @Singleton
    DomainDepartures departures(AuthorizedOutboundStore store, InternalDomains domains) {
        DomainDepartures departures = new DomainDepartures(store);
        new DepartureSweep(store, domains, departures, Ticker.systemTicker()).start();
        return departures;
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
        return new RelayRule(lookup, configuration.protectLocalRecipients(), blockPolicy::isConfigured);
    }
}
