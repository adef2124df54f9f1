// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ComparisonChain;
import com.google.common.net.InetAddresses;
import com.google.common.primitives.Ints;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * One IP address, IPv4 or IPv6, never a network and never a host name.
 *
 * <p>An IPv4-mapped IPv6 address ({@code ::ffff:192.0.2.1}) is that IPv4 address; other embeddings (NAT64, 6to4) are
 * addresses of their own. Zone ids are dropped from what a socket reports. Ordered: IPv4 before IPv6, then by number.
 */
public final class OutboundAddress implements Comparable<OutboundAddress> {
    private static final CharMatcher IPV6_CHARACTERS = CharMatcher.anyOf("0123456789abcdefABCDEF:.");
    private static final Pattern IPV4 =
            Pattern.compile("(?:(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:\\.(?!$)|$)){4}");

    private static final int IPV4_BYTES = 4;

    /** The lower half of ::ffff:0.0.0.0. */
    private static final long IPV4_MAPPED = 0xFFFF_0000_0000L;

    /** Plain numbers, so that a comparison reads two objects of the heap only. */
    private final boolean ipv4;

    private final long high;
    private final long low;

    private OutboundAddress(byte[] bytes) {
        long upper = bytes.length == IPV4_BYTES ? 0 : number(bytes, 0, Long.BYTES);
        long lower = bytes.length == IPV4_BYTES
                ? IPV4_MAPPED | number(bytes, 0, IPV4_BYTES)
                : number(bytes, Long.BYTES, Long.BYTES);
        this.ipv4 = upper == 0 && lower >>> Integer.SIZE == IPV4_MAPPED >>> Integer.SIZE;
        this.high = upper;
        this.low = ipv4 ? lower & ~IPV4_MAPPED : lower;
    }

    /** Big-endian. */
    private static long number(byte[] bytes, int from, int count) {
        long number = 0;
        for (int i = from; i < from + count; i++) {
            number = number << Byte.SIZE | Byte.toUnsignedLong(bytes[i]);
        }
        return number;
    }

    /**
     * Reads what a person wrote. Accepts dotted-decimal IPv4 without leading zeros and the text forms of RFC 4291;
     * resolves nothing.
     *
     * @throws IllegalArgumentException quoting the text, when it is anything but one plain unicast address
     */
    public static OutboundAddress parse(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("The IP address is missing");
        }
        if (text.indexOf('/') >= 0) {
            throw rejected(text, "is a network: networks cannot be authorized; give each address");
        }
        if (text.indexOf('%') >= 0) {
            throw rejected(text, "has a zone id: give the address without it");
        }
        InetAddress address = parseStrictly(text);
        if (address.isAnyLocalAddress()) {
            throw rejected(text, "is the unspecified address, no server sends from it");
        }
        if (address.isMulticastAddress()) {
            throw rejected(text, "is a multicast address, no server sends from it");
        }
        if (isBroadcast(address)) {
            throw rejected(text, "is the broadcast address, no server sends from it");
        }
        return new OutboundAddress(address.getAddress());
    }

    private static InetAddress parseStrictly(String text) {
        // Guava also takes digits of other scripts and a zone id: only plain ASCII forms get that far.
        if (IPV4.matcher(text).matches()) {
            return InetAddresses.forString(text);
        }
        if (IPV6_CHARACTERS.matchesAllOf(text) && text.indexOf(':') != text.lastIndexOf(':')) {
            try {
                return InetAddresses.forString(text);
            } catch (IllegalArgumentException e) {
                throw rejected(text, "is not a valid IPv6 address");
            }
        }
        if (text.startsWith("[") || text.indexOf(':') > 0) {
            throw rejected(text, "is not a plain IP address: give it without brackets and port");
        }
        throw rejected(
                text,
                "is not a plain IP address: give four decimal numbers without leading zeros or an IPv6 address;"
                        + " host names are not resolved");
    }

    private static IllegalArgumentException rejected(String text, String reason) {
        return new IllegalArgumentException(PrintableText.quoted(text) + " " + reason);
    }

    /** The address of a socket or of a stored row, of whatever kind it is, without its host name and zone id. */
    public static OutboundAddress of(InetAddress address) {
        return new OutboundAddress(address.getAddress());
    }

    private static boolean isBroadcast(InetAddress address) {
        return Arrays.equals(address.getAddress(), new byte[] {-1, -1, -1, -1});
    }

    /**
     * Whether many hosts may have this address at once: private (RFC 1918), shared by carriers (RFC 6598), unique local
     * (RFC 4193), site-local, loopback and link-local addresses.
     */
    public boolean isPrivate() {
        InetAddress address = asInetAddress();
        if (address.isLoopbackAddress() || address.isLinkLocalAddress() || address.isSiteLocalAddress()) {
            return true;
        }
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) {
            return bytes[0] == 100 && (bytes[1] & 0xC0) == 64;
        }
        return address instanceof Inet6Address && (bytes[0] & 0xFE) == 0xFC;
    }

    /** Without host name: {@code toString} and {@code getHostAddress} query no name server. */
    public InetAddress asInetAddress() {
        try {
            return InetAddress.getByAddress(
                    ipv4
                            ? Ints.toByteArray((int) low)
                            : ByteBuffer.allocate(2 * Long.BYTES)
                                    .putLong(high)
                                    .putLong(low)
                                    .array());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four and sixteen bytes are an address", e);
        }
    }

    /** Dotted decimal, or RFC 5952 (lower case, compressed). */
    public String asString() {
        return InetAddresses.toAddrString(asInetAddress());
    }

    @Override
    public int compareTo(OutboundAddress other) {
        return ComparisonChain.start()
                .compareTrueFirst(ipv4, other.ipv4)
                .compare(high, other.high, Long::compareUnsigned)
                .compare(low, other.low, Long::compareUnsigned)
                .result();
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof OutboundAddress)) {
            return false;
        }
        OutboundAddress that = (OutboundAddress) other;
        return ipv4 == that.ipv4 && high == that.high && low == that.low;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(31 * high + low);
    }

    @Override
    public String toString() {
        return asString();
    }
}
