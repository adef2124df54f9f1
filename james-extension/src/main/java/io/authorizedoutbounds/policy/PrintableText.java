// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.base.CharMatcher;

/** Text of a client, safe for a reply, a log line or a message: one line of printable ASCII. */
public final class PrintableText {
    private static final CharMatcher UNPRINTABLE = CharMatcher.inRange(' ', '~').negate();
    private static final int QUOTED_LENGTH = 64;
    private static final String CUT = "...";

    private PrintableText() {}

    /** The text with a question mark for each character that is not printable ASCII. */
    public static String of(String text) {
        // Guava calls two matchers for each character, which is a large part of the cost of a refusal.
        return isPrintable(text) ? text : UNPRINTABLE.replaceFrom(text, '?');
    }

    private static boolean isPrintable(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    /** The same between apostrophes, as a message quotes it; of a long text 64 characters and three dots. */
    public static String quoted(String text) {
        return "'" + of(text.length() <= QUOTED_LENGTH ? text : text.substring(0, QUOTED_LENGTH) + CUT) + "'";
    }
}
