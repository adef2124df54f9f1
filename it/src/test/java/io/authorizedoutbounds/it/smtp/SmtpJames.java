// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.junit.JamesExtension;

/** The James that tests of rule 1 share, in the configuration as shipped but for private addresses. */
final class SmtpJames {
    /** Only here, in the trusted network. */
    static final String TRUSTED = "127.0.0.9";

    /** The repository in which it stores what James has marked as coming from a session that may relay. */
    static final String MAY_RELAY = "may-relay";

    /** The port whose clients are named by the PROXY protocol. */
    static final int PROXY_PORT = Build.freePort();

    /** The port with AUTH and {@code verifyIdentity}. */
    static final int VERIFY_PORT = Build.freePort();

    /** The port with AUTH, whose users may send as anybody. */
    static final int AUTH_PORT = Build.freePort();

    private SmtpJames() {}

    static JamesExtension shared() {
        return JamesExtension.shared("rule 1", builder -> builder.setting("allow.private.addresses", "true")
                .trusting(String.join(", ", TRUSTED, "2001:db8:60::25", "2001:db8:61::25/128"))
                .edit(
                        "mailetcontainer.xml",
                        "(<processor state=\"root\".*>)",
                        "$1<mailet match=\"SMTPIsAuthNetwork\" class=\"ToRepository\"><repositoryPath>memory://var/mail/"
                                + MAY_RELAY + "/</repositoryPath><passThrough>true</passThrough></mailet>")
                .proxyListener(PROXY_PORT)
                .verifyingListener(VERIFY_PORT)
                .authListener(AUTH_PORT));
    }
}
