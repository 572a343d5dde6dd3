// SPDX-License-Identifier: Apache-2.0

package driver;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.eclipse.leshan.core.oscore.OscoreSetting;
import org.eclipse.leshan.server.security.SecurityInfo;

import com.fasterxml.jackson.databind.JsonNode;

// Keys and certificates from PEM files, and what a client may identify itself with.
final class Credentials {

    private Credentials() {
    }

    // All DER blocks of the given kind in a PEM file
    static List<byte[]> pem(String file, String kind) throws IOException {
        String text = new String(Files.readAllBytes(Paths.get(file)), StandardCharsets.US_ASCII);
        List<byte[]> blocks = new ArrayList<>();
        Matcher m = Pattern.compile("-----BEGIN " + kind + "-----(.*?)-----END",
                Pattern.DOTALL).matcher(text);
        while (m.find())
            blocks.add(Base64.getMimeDecoder().decode(m.group(1)));
        if (blocks.isEmpty())
            throw new DriverException("bad-request", "no " + kind + " in " + file);
        return blocks;
    }

    static List<X509Certificate> certificates(JsonNode file) throws IOException, GeneralSecurityException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> all = new ArrayList<>();
        for (byte[] der : pem(file.asText(), "CERTIFICATE"))
            all.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
        return all;
    }

    static PrivateKey privateKey(JsonNode file) throws IOException, GeneralSecurityException {
        // PKCS#8 only
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(pem(file.asText(), "PRIVATE KEY").get(0));
        try {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        } catch (GeneralSecurityException e) {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        }
    }

    static PublicKey publicKey(byte[] spki) throws GeneralSecurityException {
        try {
            return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
        } catch (GeneralSecurityException e) {
            return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(spki));
        }
    }

    // One of "psk":{"identity":TEXT,"key":HEX}, "rpk":HEX of the SubjectPublicKeyInfo, "x509":true,
    // "oscore":{"sender_id":HEX,"recipient_id":HEX,"secret":HEX,"salt":HEX?,"aead":INT?,"hkdf":INT?}
    // (server's view)
    static SecurityInfo securityInfo(JsonNode q) throws Exception {
        String ep = q.path("ep").asText();
        if (q.hasNonNull("psk"))
            return SecurityInfo.newPreSharedKeyInfo(ep, q.path("psk").path("identity").asText(),
                    bytes(q.path("psk"), "key"));
        if (q.hasNonNull("rpk"))
            return SecurityInfo.newRawPublicKeyInfo(ep, publicKey(bytes(q, "rpk")));
        if (q.hasNonNull("oscore")) {
            JsonNode o = q.path("oscore");
            return SecurityInfo.newOscoreInfo(ep, new OscoreSetting(bytes(o, "sender_id"),
                    bytes(o, "recipient_id"), bytes(o, "secret"), integer(o, "aead"), integer(o, "hkdf"),
                    bytes(o, "salt")));
        }
        if (q.path("x509").asBoolean())
            return SecurityInfo.newX509CertInfo(ep); // the subject CN must be the endpoint name
        throw new DriverException("bad-request", "one of psk, rpk, x509, oscore is needed");
    }

    private static byte[] bytes(JsonNode q, String key) {
        return FromJson.bytes(q.path(key).asText());
    }

    private static Integer integer(JsonNode q, String key) {
        return q.hasNonNull(key) ? (Integer) q.path(key).asInt() : null;
    }
}
