// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.inject.Inject;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.BlockPolicyInForce;
import io.authorizedoutbounds.policy.BlockRule;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.Origin;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.Sender;
import io.authorizedoutbounds.policy.SessionTrust;
import io.authorizedoutbounds.policy.Verdict;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;

/** The decisions of both rules on a mail from a client without AUTH and outside of trusted networks. */
class Decisions {
    private final RelayRule relayRule;
    private final BlockRule blockRule;
    private final InternalDomains domains;
    private final BlockPolicyInForce blockPolicy;
    private final AuthorizedOutboundsConfiguration configuration;

    @Inject
    Decisions(
            RelayRule relayRule,
            BlockRule blockRule,
            InternalDomains domains,
            BlockPolicyInForce blockPolicy,
            AuthorizedOutboundsConfiguration configuration) {
        this.relayRule = relayRule;
        this.blockRule = blockRule;
        this.domains = domains;
        this.blockPolicy = blockPolicy;
        this.configuration = configuration;
    }

    DecisionResponse decide(OutboundAddress client, MaybeSender sender, MailAddress recipient) {
        Sender from = domains.senderOf(sender);
        Supplier<Locality> to = () -> domains.localityOf(recipient.getDomain());
        BooleanSupplier exempt = () -> blockPolicy.exempts(sender, recipient);
        RelayDecision decision = relayRule.judge(SessionTrust.NONE, from, client, to, exempt);
        DecisionResponse.Builder response = DecisionResponse.builder()
                .relayDecision(decision)
                .blockEnforcement(configuration.enforcement())
                .sender(from)
                .mailFrom(sender)
                .client(client);
        if (blockPolicy.isConfigured()) {
            Origin origin =
                    decision.row().verdict() == Verdict.GRANT ? Origin.grantedClient(client) : Origin.client(client);
            response.blockRow(blockRule.judge(origin, from, exempt, to));
        }
        return response.build();
    }
}
