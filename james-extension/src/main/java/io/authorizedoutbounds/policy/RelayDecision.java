// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.util.EnumMap;
import java.util.Map;

/** The decision of rule 1 on a recipient. All values exist from the start: a decision allocates none. */
@AutoValue
public abstract class RelayDecision {
    private static final Map<Enforcement, Map<RelayRow, RelayDecision>> INHERITED = decisions(true);
    private static final Map<Enforcement, Map<RelayRow, RelayDecision>> OWN = decisions(false);

    RelayDecision() {}

    private static Map<Enforcement, Map<RelayRow, RelayDecision>> decisions(boolean inherited) {
        Map<Enforcement, Map<RelayRow, RelayDecision>> decisions = new EnumMap<>(Enforcement.class);
        for (Enforcement enforcement : Enforcement.values()) {
            Map<RelayRow, RelayDecision> ofRows = new EnumMap<>(RelayRow.class);
            for (RelayRow row : RelayRow.values()) {
                ofRows.put(row, new AutoValue_RelayDecision(row, enforcement, inherited));
            }
            decisions.put(enforcement, ofRows);
        }
        return decisions;
    }

    /** By the default enforcement. */
    static RelayDecision byDefault(RelayRow row, Enforcement enforcement) {
        return INHERITED.get(enforcement).get(row);
    }

    /** By the enforcement of the sender's domain. */
    static RelayDecision byDomain(RelayRow row, Enforcement enforcement) {
        return OWN.get(enforcement).get(row);
    }

    public abstract RelayRow row();

    /** The one that applies. Nothing is refused or deferred, nor granted, by {@link Enforcement#REPORT}. */
    public abstract Enforcement enforcement();

    /** Whether it is the default, rather than the domain's own. */
    public abstract boolean isInherited();

    /** What an edge does. */
    public Verdict verdict() {
        return enforcement().applyTo(row().verdict());
    }

    /** Whether the row refuses or defers, be it enforced or reported. */
    public boolean isRefusalOrDeferral() {
        return row().verdict() == Verdict.REFUSE || row().verdict() == Verdict.DEFER;
    }
}
