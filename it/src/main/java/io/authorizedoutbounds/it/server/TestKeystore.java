// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.server;

import com.google.common.base.Suppliers;
import io.authorizedoutbounds.it.build.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** A key and a certificate for TLS. All servers of this JVM have the same, since keytool takes a second for each. */
final class TestKeystore {
    /** As in James's samples. */
    private static final String PASSWORD = "james72laBalle";

    private static final Supplier<byte[]> CONTENT = Suppliers.memoize(TestKeystore::make);

    private TestKeystore() {}

    static void writeTo(Path file) {
        try {
            Files.write(file, CONTENT.get());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] make() {
        Path keystore = Build.newServerFolder("keystore").resolve("keystore");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        try {
            int status = new ProcessBuilder(
                            keytool,
                            "-genkeypair",
                            "-alias",
                            "james",
                            "-keyalg",
                            "RSA",
                            "-storetype",
                            "PKCS12",
                            "-dname",
                            "CN=localhost",
                            "-keystore",
                            keystore.toString(),
                            "-storepass",
                            PASSWORD)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IllegalStateException("keytool answered " + status);
            }
            return Files.readAllBytes(keystore);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
