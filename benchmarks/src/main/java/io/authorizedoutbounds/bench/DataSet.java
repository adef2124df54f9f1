// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.policy.OutboundAddress;
import org.apache.james.core.Domain;

/**
 * So many domains with three addresses each, all made from their numbers: what is listed is known without a list.
 *
 * @param domains how many, numbered from 0; a multiple of ten
 */
record DataSet(int domains) {
    static final int ADDRESSES_OF_A_DOMAIN = 3;

    /** In 11.0.0.0/8: public, so that no setting is needed. */
    private static final int FIRST_ADDRESS = InetAddresses.coerceToInteger(InetAddresses.forString("11.0.0.0"));

    /** Has no divisor in common with any power of ten, nor with three times that. */
    private static final long STRIDE = 700_001;

    int addresses() {
        return domains * ADDRESSES_OF_A_DOMAIN;
    }

    Domain domain(int number) {
        return Domain.of("d" + number + ".example");
    }

    int numberOf(Domain domain) {
        String name = domain.asString();
        return Integer.parseInt(name.substring(1, name.indexOf('.')));
    }

    int numberOf(OutboundAddress address) {
        return InetAddresses.coerceToInteger(address.asInetAddress()) - FIRST_ADDRESS;
    }

    /** The address of this number: a listed one below {@link #addresses()}, from there on one that nobody lists. */
    OutboundAddress address(int number) {
        return OutboundAddress.of(InetAddresses.fromInteger(FIRST_ADDRESS + number));
    }

    /** One of the addresses of a domain, its number from 0 to 2. */
    OutboundAddress addressOf(int domain, int which) {
        return address(domain * ADDRESSES_OF_A_DOMAIN + which);
    }

    /** The domains in an order without neighbours: each once for the positions from 0 to their number. */
    int shuffledDomain(int position) {
        return shuffled(position, domains);
    }

    /** The listed addresses in an order without neighbours. */
    int shuffledAddress(int position) {
        return shuffled(position, addresses());
    }

    private static int shuffled(int position, int size) {
        return (int) (position * STRIDE % size);
    }
}
