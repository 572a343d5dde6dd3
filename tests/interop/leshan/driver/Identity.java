// SPDX-License-Identifier: Apache-2.0

package driver;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;

// What the servers identify themselves with: a certificate chain, a raw public key, or neither.
final class Identity {

    final PrivateKey privateKey; // null: the servers take PSK and OSCORE only
    final PublicKey publicKey;
    final X509Certificate[] chain; // null: a raw public key
    final Certificate[] trust; // empty: any client certificate is trusted

    Identity(JsonNode q) throws IOException, GeneralSecurityException {
        JsonNode x509 = q.path("x509"), rpk = q.path("rpk");
        List<X509Certificate> trusted = new ArrayList<>();
        for (JsonNode file : x509.path("trust"))
            trusted.addAll(Credentials.certificates(file));
        trust = trusted.toArray(new X509Certificate[0]);
        if (x509.isObject()) { // such a server also accepts clients with raw public keys
            chain = Credentials.certificates(x509.path("cert")).toArray(new X509Certificate[0]);
            publicKey = chain[0].getPublicKey();
            privateKey = Credentials.privateKey(x509.path("key"));
        } else if (rpk.isObject()) {
            chain = null;
            publicKey = Credentials.publicKey(Credentials.pem(rpk.path("public").asText(),
                    "PUBLIC KEY").get(0));
            privateKey = Credentials.privateKey(rpk.path("private"));
        } else {
            chain = null;
            publicKey = null;
            privateKey = null;
        }
    }
}
