// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.base.CharMatcher;

/** What others wrote, as it may be shown in a reply, a log, a message: one line of printable ASCII. */
public final class PrintableText {
    private static final CharMatcher UNPRINTABLE = CharMatcher.inRange(' ', '~').negate();
    private static final String CUT = "...";

    private PrintableText() {}

    /** The text with a question mark for each character that is not printable ASCII. */
    public static String of(String text) {
        return UNPRINTABLE.replaceFrom(text, '?');
    }

    /** The same, and of a longer text so many characters and three dots. */
    public static String of(String text, int maximum) {
        return of(text.length() <= maximum ? text : text.substring(0, maximum) + CUT);
    }
}
