// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.common.io.BaseEncoding;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.Size;

class OutboundAddressPropertyTest {
    private static final int LONG = 1_000_000;

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Empty when the text is rejected as documented. */
    private static Optional<OutboundAddress> parse(String text) {
        try {
            return Optional.of(OutboundAddress.parse(text));
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).matches("[ -~]{1,300}");
            return Optional.empty();
        }
    }

    @Provide
    Arbitrary<byte[]> addresses() {
        Arbitrary<Byte> octets = Arbitraries.bytes();
        return Arbitraries.oneOf(
                octets.array(byte[].class).ofSize(4), octets.array(byte[].class).ofSize(16), mapped());
    }

    private static Arbitrary<byte[]> mapped() {
        return Arbitraries.bytes().array(byte[].class).ofSize(4).map(ipv4 -> {
            byte[] bytes = new byte[16];
            bytes[10] = -1;
            bytes[11] = -1;
            System.arraycopy(ipv4, 0, bytes, 12, ipv4.length);
            return bytes;
        });
    }

    @Property
    void addressShouldBeTheOneThatItsTextSays(@ForAll("addresses") byte[] bytes) {
        OutboundAddress address = OutboundAddress.of(address(bytes));

        parse(address.asString()).ifPresent(parsed -> {
            assertThat(parsed).isEqualTo(address).isEqualByComparingTo(address).hasSameHashCodeAs(address);
            assertThat(parsed.asInetAddress()).isEqualTo(address.asInetAddress());
        });
        assertThat(parse(address.asString()).isPresent())
                .isEqualTo(!address.asInetAddress().isAnyLocalAddress()
                        && !address.asInetAddress().isMulticastAddress()
                        && !address.asString().equals("255.255.255.255"));
    }

    @Property
    void addressesShouldBeEqualOnlyWithTheSameOctets(
            @ForAll("addresses") byte[] one, @ForAll("addresses") byte[] other) {
        // The JDK reads an IPv4-mapped address as the IPv4 address too.
        boolean same = address(one).equals(address(other));

        assertThat(OutboundAddress.of(address(one)).equals(OutboundAddress.of(address(other))))
                .isEqualTo(same);
        assertThat(OutboundAddress.of(address(one)).compareTo(OutboundAddress.of(address(other))) == 0)
                .isEqualTo(same);
    }

    @Property
    void ipv6AddressShouldBeTheSameInFull(@ForAll @Size(16) byte[] bytes) {
        String hex = BaseEncoding.base16().encode(bytes);
        String full = IntStream.range(0, 8)
                .mapToObj(group -> hex.substring(4 * group, 4 * group + 4))
                .collect(Collectors.joining(":"));

        assertThat(parse(full))
                .isEqualTo(parse(OutboundAddress.of(address(bytes)).asString()));
    }

    @Property
    void textShouldBeOneAddressOrBeRejectedWithAMessage(@ForAll String text) {
        parse(text).ifPresent(address -> assertThat(OutboundAddress.parse(address.asString()))
                .isEqualTo(address));
    }

    @Property
    void textThatLooksLikeAnAddressShouldBeOneOrBeRejectedWithAMessage(
            @ForAll @Chars({'0', '1', '2', '5', 'a', 'f', 'F', 'x', '.', ':', '/', '%', '[', ']', ' ', '\u0661'})
                    String text) {
        parse(text).ifPresent(address -> {
            assertThat(text).matches("[0-9a-fA-F.:]+");
            assertThat(OutboundAddress.parse(address.asString())).isEqualTo(address);
        });
    }

    @Example
    void longTextShouldBeRejectedInNoTime() {
        for (String part : new String[] {"1", "1.", ":", "f:", "%", "/", "[", " ", "\u0661"}) {
            assertTimeoutPreemptively(
                    Duration.ofSeconds(10),
                    () -> assertThat(parse(part.repeat(LONG))).isEmpty(),
                    part);
        }
    }
}
