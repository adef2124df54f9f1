// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.base.CharMatcher;
import com.google.common.net.InetAddresses;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundAddressTest {
    private static final byte[] IPV4 = {(byte) 192, 0, 2, 1};
    private static final byte[] IPV6 = {0x20, 0x01, 0x0d, (byte) 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    private static final byte[] IPV4_MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, (byte) 192, 0, 2, 1};

    @Nested
    class Parse {
        @ParameterizedTest
        @CsvSource({
            "192.0.2.1,                               192.0.2.1",
            "1.2.3.4,                                 1.2.3.4",
            "0.0.0.1,                                 0.0.0.1",
            "10.0.0.0,                                10.0.0.0",
            "223.255.255.255,                         223.255.255.255",
            "255.255.255.254,                         255.255.255.254",
            "2001:db8::1,                             2001:db8::1",
            "2001:DB8::A,                             2001:db8::a",
            "2001:0db8:0000:0000:0000:0000:0000:0001, 2001:db8::1",
            "2001:db8:0:0:1:0:0:1,                    2001:db8::1:0:0:1",
            "2001:db8::1:0:0:1,                       2001:db8::1:0:0:1",
            "2001:0:0:1:0:0:0:1,                      2001:0:0:1::1",
            "2001:db8:0:1:1:1:1:1,                    2001:db8:0:1:1:1:1:1",
            "2001:db8::1:1:1:1:1,                     2001:db8:0:1:1:1:1:1",
            "2001:db8:1:2:3:4:5::,                    2001:db8:1:2:3:4:5:0",
            "2001:db8::192.0.2.1,                     2001:db8::c000:201",
            "::1,                                     ::1",
            "fe80::1,                                 fe80::1",
            "::ffff:192.0.2.1,                        192.0.2.1",
            "::FFFF:192.0.2.1,                        192.0.2.1",
            "::ffff:c000:201,                         192.0.2.1",
            "0:0:0:0:0:ffff:c000:0201,                192.0.2.1"
        })
        void textShouldBecomeTheAddressItWrites(String text, String expected) {
            assertThat(OutboundAddress.parse(text).asString()).isEqualTo(expected);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    // Not an address
                    "example.com",
                    "localhost",
                    "*",
                    "a.b.c.d",
                    "1.2.3.4,5.6.7.8",
                    // IPv4 that some parsers take for another address
                    "01.2.3.4",
                    "1.2.3.04",
                    "01.02.03.04",
                    "0x7f.1",
                    "0x7f000001",
                    "0x7f.0.0.1",
                    "2130706433",
                    "017700000001",
                    "127.1",
                    "1.2.3",
                    "1.2.3.4.5",
                    "1.2.3.4.",
                    ".1.2.3.4",
                    "1..2.3",
                    "256.1.1.1",
                    "1.2.3.256",
                    "1.2.3.1000",
                    "-1.2.3.4",
                    "+1.2.3.4",
                    "1.2.3.-4",
                    // Blanks
                    " ",
                    "\t",
                    " 1.2.3.4",
                    "1.2.3.4 ",
                    "1.2.3.4\n",
                    "1.2.3.4\r\n",
                    "1.2.3.4\u0000",
                    "1. 2.3.4",
                    " ::1",
                    "2001:db8::1 ",
                    // Brackets, ports, zones
                    "1.2.3.4:25",
                    "[1.2.3.4]",
                    "[::1]",
                    "[2001:db8::1]:25",
                    "IPv6:2001:db8::1",
                    "::1%lo",
                    "fe80::1%eth0",
                    "fe80::1%25eth0",
                    "fe80::1%1",
                    // Broken IPv6
                    ":",
                    ":::",
                    "2001:db8",
                    "2001:db8:::1",
                    "2001::db8::1",
                    "1:2:3:4:5:6:7",
                    "1:2:3:4:5:6:7:8:9",
                    "2001:db8::12345",
                    "2001:db8::g",
                    "::ffff:1.2.3",
                    "::ffff:1.2.3.256",
                    "::ffff:01.2.3.4",
                    // Networks
                    "10.0.0.0/8",
                    "10.0.0.1/24",
                    "1.2.3.4/32",
                    "0.0.0.0/0",
                    "::/0",
                    "2001:db8::/128",
                    "1.2.3.4/",
                    "1.2.3.0/255.255.255.0",
                    // Digits of other scripts: full width, Arabic-Indic; a full stop of another script
                    "\uff11.\uff12.\uff13.\uff14",
                    "\u0661.2.3.4",
                    "1\uff0e2\uff0e3\uff0e4",
                    "2001:db8::\uff11",
                    // No server's own address
                    "0.0.0.0",
                    "::",
                    "0:0:0:0:0:0:0:0",
                    "::ffff:0.0.0.0",
                    "224.0.0.1",
                    "239.255.255.255",
                    "::ffff:224.0.0.1",
                    "ff02::1",
                    "255.255.255.255",
                    "::ffff:255.255.255.255"
                })
        void textShouldBeRejectedAndQuotedWhenItIsNotOnePlainAddress(String text) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> OutboundAddress.parse(text))
                    .withMessageContaining(
                            "'" + CharMatcher.inRange(' ', '~').negate().replaceFrom(text, '?') + "'");
        }

        @Test
        void emptyTextShouldBeSaidToBeMissing() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> OutboundAddress.parse(""))
                    .withMessage("The IP address is missing");
        }

        @ParameterizedTest
        @CsvSource({
            "10.0.0.0/8,      networks cannot be authorized; give each address",
            "1.2.3.4/32,      networks cannot be authorized; give each address",
            "::/0,            networks cannot be authorized; give each address",
            "/8,              networks cannot be authorized; give each address",
            "fe80::1%eth0,    zone id",
            "%eth0,           zone id",
            "fe80::1%1/64,    networks cannot be authorized; give each address",
            "1.2.3.4:25,      without brackets and port",
            "[::1]:25,        without brackets and port",
            "mx.example.com,  host names are not resolved",
            ":25,             host names are not resolved",
            "01.2.3.4,        without leading zeros",
            "2001:db8:::1,    not a valid IPv6 address",
            "0.0.0.0,         unspecified",
            "::,              unspecified",
            "224.0.0.1,       multicast",
            "ff02::1,         multicast",
            "255.255.255.255, broadcast"
        })
        void messageShouldSayWhatIsWrong(String text, String reason) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> OutboundAddress.parse(text))
                    .withMessageContaining(reason);
        }

        @ParameterizedTest
        @ValueSource(strings = {"1", "a", ":", "/", "%", "1.", "\n", "\uff11"})
        void messageShouldStayShortWhenTheTextIsLong(String repeated) {
            String tenKilobytes = repeated.repeat(10_240 / repeated.length());

            Throwable thrown = catchThrowable(() -> OutboundAddress.parse(tenKilobytes));

            assertThat(thrown).isInstanceOf(IllegalArgumentException.class);
            assertThat(thrown.getMessage()).hasSizeLessThan(250);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "1.2.3.4\r\nX-Evil: 1",
                    "1.2.3.4\u0000",
                    "\u001b[31m1.2.3.4",
                    "1.2.3.4\u0085",
                    "1.2.3.4\u2028",
                    "1.2.3.4\u202e",
                    "1.2.3.4/\n",
                    "::1%\r\n",
                    "\uff11.2.3.4"
                })
        void messageShouldBeOnePrintableLine(String text) {
            Throwable thrown = catchThrowable(() -> OutboundAddress.parse(text));

            assertThat(thrown).isInstanceOf(IllegalArgumentException.class);
            assertThat(thrown.getMessage()).matches("[ -~]+");
        }

        @Test
        void addressShouldCarryNoHostName() {
            // InetAddress shows "name/address".
            assertThat(OutboundAddress.parse("192.0.2.1").asInetAddress()).hasToString("/192.0.2.1");
        }
    }

    @Nested
    class Equality {
        @ParameterizedTest
        @CsvSource({
            "2001:db8::1, 2001:0db8:0000:0000:0000:0000:0000:0001",
            "2001:db8::1, 2001:db8:0::1",
            "2001:db8::a, 2001:DB8::A",
            "2001:db8::c000:201, 2001:db8::192.0.2.1",
            "192.0.2.1, ::ffff:192.0.2.1",
            "192.0.2.1, ::FFFF:C000:0201",
            "192.0.2.1, 0:0:0:0:0:ffff:192.0.2.1"
        })
        void spellingsOfOneAddressShouldBeEqual(String one, String other) {
            assertThat(OutboundAddress.parse(other))
                    .isEqualTo(OutboundAddress.parse(one))
                    .hasSameHashCodeAs(OutboundAddress.parse(one))
                    .isEqualByComparingTo(OutboundAddress.parse(one));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "192.0.2.2",
                    "1.2.0.192",
                    // NAT64
                    "64:ff9b::192.0.2.1",
                    "64:ff9b:1::192.0.2.1",
                    // 6to4
                    "2002:c000:201::",
                    "2002:c000:201::1",
                    // IPv4-compatible
                    "::192.0.2.1",
                    // IPv4-translated
                    "::ffff:0:192.0.2.1",
                    "2001:db8::192.0.2.1",
                    "2001:db8::ffff:192.0.2.1"
                })
        void addressThatMerelyEmbedsAnotherShouldNotBeThatOne(String other) {
            assertThat(OutboundAddress.parse(other)).isNotEqualTo(OutboundAddress.parse("192.0.2.1"));
        }

        /** Or a cache of them would be a list. */
        @ParameterizedTest
        @ValueSource(strings = {"192.0.2.", "2001:db8::", "2001:db8:0:"})
        void neighboursShouldHaveDifferentHashCodes(String prefix) {
            String suffix = prefix.endsWith("0:") ? "::" : "";

            assertThat(IntStream.range(0, 100)
                            .mapToObj(number -> OutboundAddress.parse(prefix + number + suffix))
                            .map(OutboundAddress::hashCode)
                            .distinct())
                    .hasSize(100);
        }

        @Test
        void addressShouldNotEqualItsText() {
            assertThat((Object) OutboundAddress.parse("192.0.2.1")).isNotEqualTo("192.0.2.1");
        }
    }

    @Nested
    class Text {
        @Test
        void toStringShouldBeTheAddressAlone() {
            assertThat(OutboundAddress.parse("2001:DB8:0:0:0:0:0:1")).hasToString("2001:db8::1");
        }

        @Test
        void ipv4CompatibleAddressShouldNotBeWrittenAsIpv4() {
            assertThat(OutboundAddress.parse("::192.0.2.1").asString()).isEqualTo("::c000:201");
        }
    }

    @Nested
    class Order {
        @Test
        void addressesShouldBeSortedByNumberAndIpv4First() {
            List<String> sorted = Stream.of(
                            "ffff::1",
                            "2001:db8::10",
                            "2001:db8::9",
                            "::1",
                            "8000::1",
                            "255.255.255.254",
                            "128.0.0.1",
                            "127.0.0.1",
                            "10.0.0.1",
                            "9.0.0.255",
                            "9.0.0.1",
                            "100.0.0.1",
                            "7fff::1")
                    .map(text -> OutboundAddress.of(InetAddresses.forString(text)))
                    .sorted()
                    .map(OutboundAddress::asString)
                    .collect(Collectors.toList());

            assertThat(sorted)
                    .containsExactly(
                            "9.0.0.1",
                            "9.0.0.255",
                            "10.0.0.1",
                            "100.0.0.1",
                            "127.0.0.1",
                            "128.0.0.1",
                            "255.255.255.254",
                            "::1",
                            "2001:db8::9",
                            "2001:db8::10",
                            "7fff::1",
                            "8000::1",
                            "ffff::1");
        }
    }

    @Nested
    class IsPrivate {
        @ParameterizedTest
        @ValueSource(
                strings = {
                    // RFC 1918
                    "10.0.0.0",
                    "10.255.255.255",
                    "172.16.0.0",
                    "172.31.255.255",
                    "192.168.0.0",
                    "192.168.255.255",
                    // RFC 6598
                    "100.64.0.0",
                    "100.127.255.255",
                    // Loopback
                    "127.0.0.1",
                    "127.255.255.255",
                    "::1",
                    // Link-local
                    "169.254.0.0",
                    "169.254.255.255",
                    "fe80::",
                    "fe80::1",
                    "febf:ffff::1",
                    // Unique local, RFC 4193
                    "fc00::",
                    "fc00::1",
                    "fdff::",
                    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                    // Site-local
                    "fec0::1",
                    "feff::1",
                    // As IPv6
                    "::ffff:10.0.0.1",
                    "::ffff:127.0.0.1"
                })
        void addressShouldBePrivate(String text) {
            assertThat(OutboundAddress.parse(text).isPrivate()).isTrue();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "9.255.255.255",
                    "11.0.0.0",
                    "172.15.255.255",
                    "172.32.0.0",
                    "192.167.255.255",
                    "192.169.0.0",
                    "100.63.255.255",
                    "100.128.0.0",
                    "126.255.255.255",
                    "128.0.0.0",
                    "169.253.255.255",
                    "169.255.0.0",
                    "192.0.2.1",
                    "8.8.8.8",
                    "::2",
                    "fbff:ffff::1",
                    "fe00::",
                    "fe00::1",
                    "fe7f:ffff::1",
                    "2001:db8::1",
                    "a00::1"
                })
        void addressShouldNotBePrivate(String text) {
            assertThat(OutboundAddress.parse(text).isPrivate()).isFalse();
        }
    }

    @Nested
    class Of {
        @Test
        void hostNameShouldBeDropped() throws UnknownHostException {
            InetAddress named = InetAddress.getByAddress("mx.example.com", IPV4);

            OutboundAddress address = OutboundAddress.of(named);

            assertThat(address).isEqualTo(OutboundAddress.parse("192.0.2.1"));
            assertThat(address.asInetAddress()).hasToString("/192.0.2.1");
        }

        @Test
        void hostNameOfAnIpv6AddressShouldBeDropped() throws UnknownHostException {
            InetAddress named = InetAddress.getByAddress("mx.example.com", IPV6);

            OutboundAddress address = OutboundAddress.of(named);

            assertThat(address).isEqualTo(OutboundAddress.parse("2001:db8::1"));
            assertThat(address.asInetAddress()).hasToString("/2001:db8:0:0:0:0:0:1");
        }

        @Test
        void zoneIdShouldBeDropped() throws UnknownHostException {
            Inet6Address scoped = Inet6Address.getByAddress("mx.example.com", IPV6, 3);

            OutboundAddress address = OutboundAddress.of(scoped);

            assertThat(address).isEqualTo(OutboundAddress.parse("2001:db8::1"));
            assertThat(address.asString()).isEqualTo("2001:db8::1");
            assertThat(address.asInetAddress()).hasToString("/2001:db8:0:0:0:0:0:1");
        }

        @Test
        void ipv4MappedSocketAddressShouldBeTheIpv4Address() throws UnknownHostException {
            // Unlike InetAddress.getByAddress this one keeps the sixteen bytes.
            Inet6Address mapped = Inet6Address.getByAddress("mx.example.com", IPV4_MAPPED, -1);

            assertThat(OutboundAddress.of(mapped)).isEqualTo(OutboundAddress.parse("192.0.2.1"));
        }

        @Test
        void addressThatCannotBeListedShouldBeTakenFromASocket() throws UnknownHostException {
            InetAddress unspecified = InetAddress.getByAddress(new byte[4]);

            assertThat(OutboundAddress.of(unspecified).asString()).isEqualTo("0.0.0.0");
        }
    }
}
