// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

/** A server that answers RCPTs. */
enum SmtpSubject {
    EXTENSION("James with the extension"),
    JAMES("James without it"),
    POSTFIX("Postfix");

    private final String title;

    SmtpSubject(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }
}
