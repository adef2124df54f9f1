// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.junit.JamesExtension;

/** The James servers that the tests of WebAdmin and those of the page share. No test adds users to them. */
public final class WebAdminJames {
    /** The port of {@link #asShipped()} whose clients are named by the PROXY protocol. */
    public static final int PROXY_PORT = Build.freePort();

    /** The tokens that {@link #withTokens()} accepts. */
    public static final JsonWebTokens TOKENS = new JsonWebTokens();

    private WebAdminJames() {}

    /** With the settings as shipped, so without tokens. */
    public static JamesExtension asShipped() {
        return JamesExtension.shared("as shipped", james -> james.proxyListener(PROXY_PORT));
    }

    /** With {@code jwt.enabled=true}. */
    public static JamesExtension withTokens() {
        return JamesExtension.shared("with tokens", TOKENS::required);
    }
}
