// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import io.authorizedoutbounds.policy.OutboundLists;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;

/** A data set without a database: makes each entry when it is asked for. */
class DataSetStore implements OutboundLists {
    private final DataSet data;
    private final Instant addedAt = Instant.now();

    DataSetStore(DataSet data) {
        this.data = data;
    }

    private AuthorizedOutbound entry(int address) {
        return AuthorizedOutbound.builder()
                .domain(data.domain(address / DataSet.ADDRESSES_OF_A_DOMAIN))
                .address(data.address(address))
                .addedAt(addedAt)
                .build();
    }

    @Override
    public CompletionStage<OutboundList> read(Domain domain) {
        int first = data.numberOf(domain) * DataSet.ADDRESSES_OF_A_DOMAIN;
        return CompletableFuture.completedFuture(
                OutboundList.of(IntStream.range(first, first + DataSet.ADDRESSES_OF_A_DOMAIN)
                        .mapToObj(this::entry)
                        .collect(ImmutableList.toImmutableList())));
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
        int number = data.numberOf(address);
        return CompletableFuture.completedFuture(
                number < data.addresses() ? ImmutableList.of(entry(number)) : ImmutableList.of());
    }
}
