// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Collects what a {@link JamesServer} is started from: the app, changes of its files, its JVM. Apart from ports and
 * {@link #SCHEMA}, what differs from the shipped files is what a test says with {@link #edit}.
 */
public final class JamesServerBuilder {
    private static final String SCHEMA = "\ndatastax-java-driver.advanced.metadata.schema.";

    /** After each table that a session makes, the driver waits for more changes: a second, unless it is given less. */
    private static final String SCHEMA_WINDOW = SCHEMA + "debouncer.window = 10 milliseconds\n";

    /** The driver would read the tables of all tests, again with each table that one of them makes. */
    private static final String SCHEMA_KEYSPACES = SCHEMA + "refreshed-keyspaces = ";

    private static final ImmutableList<String> QUICK_TO_START =
            ImmutableList.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    /** Which James: its class path is that of a module of this project. */
    private enum App {
        MEMORY("james-server", "org.apache.james.MemoryJamesServerMain"),
        DURABLE_QUEUE("james-activemq-server", "io.authorizedoutbounds.it.activemq.ActiveMqJamesServerMain"),
        CASSANDRA("james-cassandra-server", "io.authorizedoutbounds.it.cassandra.CassandraJamesServerMain");

        private final String module;
        private final String mainClass;

        App(String module, String mainClass) {
            this.module = module;
            this.mainClass = mainClass;
        }
    }

    private final Map<String, UnaryOperator<String>> edits = new LinkedHashMap<>();
    private final int smtpPort = Build.freePort();
    private final int submissionPort = Build.freePort();
    private final int tlsSubmissionPort = Build.freePort();
    private final int webAdminPort = Build.freePort();
    private boolean dropIn = true;
    private Optional<Consumer<Path>> installer = Optional.empty();
    private App app = App.MEMORY;
    private Predicate<String> jars = jar -> true;
    private int sinkPort = 1;
    private ImmutableList<String> jvm = ClassArchive.JAMES.usedWith(QUICK_TO_START);
    private ImmutableMap<String, String> environment = ImmutableMap.of();

    JamesServerBuilder() {}

    /** Leaves the extension out: James as its project ships it, with the same SMTP servers. */
    public JamesServerBuilder withoutDropIn() {
        dropIn = false;
        edit("smtpserver.xml", ".*<handler class=\"io\\.authorizedoutbounds.*\n", "");
        edit("logback.xml", ".*<logger name=\"(io\\.authorizedoutbounds|.*HookResultLogger)\".*\n", "");
        edit("webadmin.properties", "extensions\\.routes=.*", "");
        edit("healthcheck.properties", "additional\\.healthchecks=.*", "");
        withoutMailet();
        return edit("extensions.properties", "guice\\.extension\\.module=.*", "");
    }

    /**
     * James's own sample configuration without the drop-in.
     *
     * @param steps what installs the extension there, given the folder of James
     */
    public JamesServerBuilder installedBy(Consumer<Path> steps) {
        dropIn = false;
        installer = Optional.of(steps);
        return this;
    }

    /** Leaves rule 2 out, and nothing else. */
    public JamesServerBuilder withoutMailet() {
        return edit(
                "mailetcontainer.xml",
                "(?s)<mailet match=\"All\" class=\"io\\.authorizedoutbounds[^\"]*\">.*?</mailet>",
                "");
    }

    /** With the mail queue of James's JPA apps, on disk, in place of the one in memory. */
    public JamesServerBuilder withDurableQueue() {
        app = App.DURABLE_QUEUE;
        return this;
    }

    /**
     * With domains and users in Cassandra, over one session that the extension shares, as in James's Cassandra app;
     * {@link #cassandra} says where. Its {@code cassandra.properties} and {@code cassandra-driver.conf} are that app's.
     */
    public JamesServerBuilder withDomainsInCassandra() {
        app = App.CASSANDRA;
        return this;
    }

    /** Turns on James's own cache of domains, which is off by default. */
    public JamesServerBuilder withJamesDomainCache() {
        return edit(
                "domainlist.xml",
                "</domainlist>",
                Build.read(Build.resource("james/domain-cache.xml")) + "</domainlist>");
    }

    /** Takes jars off the class path of James, as an app without them. */
    public JamesServerBuilder withoutJars(Pattern names) {
        jars = jar -> !names.matcher(jar).find();
        return this;
    }

    /** Starts and logs as a server that is to run for long, with a heap of 1 GB; as a test it starts quicker and runs slower. */
    public JamesServerBuilder asInProduction() {
        edit("logback.xml", text -> Build.read(Build.resource("james/logback-as-shipped.xml")));
        jvm = ImmutableList.of("-Xms1g", "-Xmx1g");
        return this;
    }

    /** Has a heap of at most so many megabytes. */
    public JamesServerBuilder maximumHeap(int megabytes) {
        jvm = ImmutableList.<String>builder()
                .addAll(jvm)
                .add("-Xmx" + megabytes + "m")
                .build();
        return this;
    }

    /** Has a heap of at most so many megabytes, and runs for long: it starts slower and runs quicker than one of a test. */
    public JamesServerBuilder heap(int megabytes) {
        jvm = ImmutableList.of("-Xmx" + megabytes + "m", "-XX:+UseSerialGC");
        return this;
    }

    /** Its clock is ahead of that of this machine; needs Debian's {@code faketime}. */
    public JamesServerBuilder clockAhead(Duration ahead) {
        return fakeTime(ImmutableMap.of("FAKETIME", "+" + ahead.toSeconds() + "s"));
    }

    /**
     * Its clock is as many seconds behind that of this machine as the file says at the moment, like {@code -3600}; needs
     * Debian's {@code faketime}.
     */
    public JamesServerBuilder clockBehind(Path seconds) {
        return fakeTime(ImmutableMap.of("FAKETIME_TIMESTAMP_FILE", seconds.toString(), "FAKETIME_NO_CACHE", "1"));
    }

    /**
     * Its clock is as many seconds ahead of that of this machine as the file says at the moment, like {@code +3600}, and so
     * is what it measures periods with: what is due in that time is due at once. Needs Debian's {@code faketime}.
     */
    public JamesServerBuilder clockThatJumps(Path seconds) {
        return fakeTime(ImmutableMap.of(
                "FAKETIME_TIMESTAMP_FILE",
                seconds.toString(),
                "FAKETIME_NO_CACHE",
                "1",
                "DONT_FAKE_MONOTONIC",
                "0",
                "FAKETIME_FORCE_MONOTONIC_FIX",
                "1"));
    }

    private JamesServerBuilder fakeTime(ImmutableMap<String, String> clock) {
        environment = ImmutableMap.<String, String>builder()
                .put("LD_PRELOAD", Build.library("faketime/libfaketime.so.1").toString())
                .put("DONT_FAKE_MONOTONIC", "1")
                // Or all that waits for a time would wake up at once.
                .put("FAKETIME_FORCE_MONOTONIC_FIX", "0")
                .putAll(clock)
                .buildKeepingLast();
        return this;
    }

    /** Where Cassandra is, and in which keyspace. */
    public JamesServerBuilder cassandra(CassandraServer cassandra, String keyspace) {
        return cassandra(ImmutableList.of(cassandra), keyspace);
    }

    /** The members of the cluster, each with all data, and the keyspace. */
    public JamesServerBuilder cassandra(List<CassandraServer> members, String keyspace) {
        String nodes = members.stream().map(CassandraServer::hostAndPort).collect(Collectors.joining(","));
        edit("cassandra.properties", "cassandra\\.nodes=.*", "cassandra.nodes=" + nodes);
        edit("cassandra.properties", "(?<=replication\\.factor=)1", Integer.toString(members.size()));
        edit("cassandra-driver.conf", text -> text + SCHEMA_KEYSPACES + "[\"" + keyspace + "\"]\n");
        return edit("cassandra.properties", "cassandra\\.keyspace=.*", "cassandra.keyspace=" + keyspace);
    }

    /** Relays to this sink. */
    public JamesServerBuilder sink(SmtpSink sink) {
        sinkPort = sink.port();
        return this;
    }

    /** Sets a key of {@code authorized-outbounds.properties}. */
    public JamesServerBuilder setting(String key, String value) {
        return edit("authorized-outbounds.properties", "(?m)^" + Pattern.quote(key) + "=.*", key + "=" + value);
    }

    /** Waits up to two seconds for a lookup: a busy machine may stall for more than the half second that is shipped. */
    public JamesServerBuilder patientLookups() {
        return setting("lookup.timeout", "2s");
    }

    /**
     * Changes a file of {@code conf/}: every match of the pattern is replaced; one at least must be there.
     *
     * @param replacement as of {@link String#replaceAll}
     */
    public JamesServerBuilder edit(String file, String pattern, String replacement) {
        return edit(file, text -> {
            String edited = text.replaceAll(pattern, replacement);
            if (!Pattern.compile(pattern).matcher(text).find()) {
                throw new IllegalStateException("conf/" + file + " has no " + pattern);
            }
            return edited;
        });
    }

    /** Changes a file of {@code conf/}; a file that is not there is empty. */
    public JamesServerBuilder edit(String file, UnaryOperator<String> edit) {
        edits.merge(file, edit, (first, second) -> text -> second.apply(first.apply(text)));
        return this;
    }

    /**
     * Adds an SMTP server made of the first one as shipped.
     *
     * @param block what to change in its {@code <smtpserver>}
     */
    private JamesServerBuilder listener(int port, UnaryOperator<String> block) {
        return edit("smtpserver.xml", text -> {
            int start = text.indexOf("<smtpserver enabled");
            String first = text.substring(start, text.indexOf("</smtpserver>") + "</smtpserver>".length());
            String added = block.apply(first.replaceAll("<bind>.*</bind>", "<bind>127.0.0.1:" + port + "</bind>")
                    .replace("smtpserver-global", "smtpserver-" + port));
            return text.replace("</smtpservers>", added + "\n</smtpservers>");
        });
    }

    /** Adds an SMTP server whose clients are named by the PROXY protocol. */
    public JamesServerBuilder proxyListener(int port) {
        return listener(
                port, server -> server.replace("</smtpserver>", "<proxyRequired>true</proxyRequired></smtpserver>"));
    }

    /** Adds an SMTP server with AUTH and {@code verifyIdentity}. */
    public JamesServerBuilder verifyingListener(int port) {
        return listener(port, server -> server.replace("<verifyIdentity>false", "<verifyIdentity>true")
                .replace("<announce>never", "<announce>forUnauthorizedAddresses"));
    }

    /** Adds an SMTP server with AUTH, whose users may send as anybody. */
    public JamesServerBuilder authListener(int port) {
        return listener(port, server -> server.replace("<announce>never", "<announce>forUnauthorizedAddresses"));
    }

    /** An internal domain that it has from the start; those that WebAdmin adds are gone after a restart. */
    public JamesServerBuilder domain(String name) {
        return edit(
                "domainlist.xml",
                "</domainlist>",
                "<domainnames><domainname>" + name + "</domainname></domainnames></domainlist>");
    }

    /** Puts an address into the trusted network of every SMTP server. */
    public JamesServerBuilder trusting(String address) {
        return edit(
                "smtpserver.xml",
                "<!-- <authorizedAddresses>.*</authorizedAddresses> -->",
                "<authorizedAddresses>" + address + "</authorizedAddresses>");
    }

    /** Starts it and waits until it says that it has started. */
    public JamesServer start() {
        return launch().awaitStarted(0);
    }

    /** Starts it with a configuration that it should refuse, waits for its end and returns what it said. */
    public String startInVain() {
        try (JamesServer james = launch()) {
            int status = james.awaitEnd();
            if (status == 0) {
                throw new IllegalStateException("James ended with status 0");
            }
            return james.log();
        }
    }

    /** Starts and ends it, so that the JVM writes its classes to a file. It needs no Cassandra. */
    void archiveClasses(Path archive) {
        jvm = ClassArchive.writtenWith(QUICK_TO_START, archive);
        edit("cassandra.properties", "cassandra\\.nodes=.*", "cassandra.nodes=127.0.0.1:1");
        start().end();
    }

    private JamesServer launch() {
        Path folder = Build.newServerFolder("james");
        Path conf = folder.resolve("conf");
        Build.copyFolder(Build.resource("james/conf"), conf);
        if (dropIn) {
            Build.copyFolder(Build.dropIn(), folder);
        } else if (installer.isPresent()) {
            Build.copyFolder(Build.resource("james-sample/conf"), conf);
            installer.get().accept(folder);
        } else {
            Build.copyFolder(Build.dropIn().resolve("conf"), conf);
        }
        if (app == App.CASSANDRA) {
            // Its operator keeps the files of that app, whatever the drop-in comes with.
            Build.copyFolder(Build.resource("james-cassandra/conf"), conf);
        }
        TestKeystore.writeTo(conf.resolve("keystore"));
        // James looks up the names of clients: not outside this machine.
        Build.write(folder.resolve("hosts"), "127.0.0.1 localhost " + Build.hostName() + "\n");
        edit("cassandra-driver.conf", text -> text + SCHEMA_WINDOW);
        edit("smtpserver.xml", "0\\.0\\.0\\.0:25<", "127.0.0.1:" + smtpPort + "<");
        edit("smtpserver.xml", "0\\.0\\.0\\.0:465<", "127.0.0.1:" + tlsSubmissionPort + "<");
        edit("smtpserver.xml", "0\\.0\\.0\\.0:587<", "127.0.0.1:" + submissionPort + "<");
        edit("webadmin.properties", "port=8000", "port=" + webAdminPort);
        edit(
                "mailetcontainer.xml",
                "(<outgoingQueue>outgoing</outgoingQueue>)",
                "$1<gateway>127.0.0.1</gateway><gatewayPort>" + sinkPort + "</gatewayPort>");
        edits.forEach((file, edit) -> {
            Path path = conf.resolve(file);
            Build.write(path, edit.apply(Files.exists(path) ? Build.read(path) : ""));
        });
        return new JamesServer(
                folder,
                ImmutableList.<String>builder()
                        .addAll(jvm)
                        .add(
                                "-Djdk.net.hosts.file=" + folder.resolve("hosts"),
                                "-Dworking.directory=" + folder,
                                "-Dlogback.configurationFile=" + conf.resolve("logback.xml"),
                                "-cp",
                                classPath(),
                                app.mainClass)
                        .build(),
                environment,
                smtpPort,
                submissionPort,
                tlsSubmissionPort,
                webAdminPort);
    }

    /** That of the memory app comes first, whichever app it is: the archive of its classes requires it. */
    private String classPath() {
        return Stream.of(
                        Build.classPathOf(App.MEMORY.module).stream(),
                        Build.classPathOf(app.module).stream(),
                        Stream.of(Build.classesOf(app.module).toString()))
                .flatMap(entries -> entries)
                .filter(jars)
                .distinct()
                .collect(Collectors.joining(":"));
    }
}
