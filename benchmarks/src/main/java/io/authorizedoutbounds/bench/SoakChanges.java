// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.bench.SoakOracle.Change;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

/** Changes lists over the WebAdmin of either node all the while, and has the oracle know. */
final class SoakChanges {
    private final SoakRun run;
    private final List<SoakNode> nodes;
    private final SoakOracle oracle;
    private final long interval;
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder failed = new LongAdder();

    /** @param interval nanoseconds from one change of a thread to the next */
    SoakChanges(SoakRun run, List<SoakNode> nodes, SoakOracle oracle, long interval) {
        this.run = run;
        this.nodes = nodes;
        this.oracle = oracle;
        this.interval = interval;
    }

    /** Lists every second entry. */
    void prepare(List<SoakEntry> entries) {
        for (int entry = 0; entry < entries.size(); entry += 2) {
            change(entries.get(entry), true, nodes.get(0));
        }
        if (failed.sum() > 0) {
            throw new IllegalStateException(failed.sum() + " changes have failed before the soak");
        }
    }

    /** One thread, until the end of the soak: changes these entries, which no other thread does. */
    void change(List<SoakEntry> entries) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        while (!run.isStopped()) {
            long next = run.now() + interval;
            change(
                    entries.get(random.nextInt(entries.size())),
                    random.nextBoolean(),
                    nodes.get(random.nextInt(nodes.size())));
            run.pauseUntil(next);
        }
    }

    private void change(SoakEntry entry, boolean listed, SoakNode node) {
        if (!node.isUp()) {
            return;
        }
        Change change = oracle.change(entry, listed, node.number(), run.now());
        if (status(entry, listed, node) == 204) {
            change.acknowledge(run.now());
            acknowledged.increment();
        } else {
            failed.increment();
        }
    }

    /** Zero when the node was killed meanwhile. */
    private static int status(SoakEntry entry, boolean listed, SoakNode node) {
        try {
            return listed
                    ? node.webAdmin().put(entry.domain(), entry.address()).statusCode()
                    : node.webAdmin().delete(entry.domain(), entry.address()).statusCode();
        } catch (Exception e) {
            // REST Assured throws IOException without declaring it.
            return 0;
        }
    }

    long acknowledged() {
        return acknowledged.sum();
    }

    long failed() {
        return failed.sum();
    }
}
