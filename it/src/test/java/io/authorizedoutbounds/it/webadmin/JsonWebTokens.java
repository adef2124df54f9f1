// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import io.authorizedoutbounds.it.server.JamesServerBuilder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;

/** JSON Web Tokens (RFC 7519) of one pair of keys. */
public final class JsonWebTokens {
    private final KeyPair keys;

    public JsonWebTokens() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            keys = generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Has a James ask for these tokens. */
    public JamesServerBuilder required(JamesServerBuilder james) {
        String publicKey = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(keys.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        return james.edit("webadmin.properties", "#jwt\\.", "jwt.").edit("jwt_publickey", none -> publicKey);
    }

    /** The token of an administrator of this name. */
    public String ofAdministrator(String name) {
        return token("RS256", "{\"sub\":\"" + name + "\",\"admin\":true}");
    }

    /** A token, signed whatever algorithm it claims. */
    String token(String algorithm, String claims) {
        try {
            String signed = unsigned(algorithm, claims);
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(keys.getPrivate());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A token without its signature. */
    static String unsigned(String algorithm, String claims) {
        return encoded("{\"alg\":\"" + algorithm + "\",\"typ\":\"JWT\"}") + "." + encoded(claims);
    }

    private static String encoded(String json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }
}
