// SPDX-License-Identifier: Apache-2.0

package driver;

import static driver.Output.map;
import static driver.ToJson.hex;

import java.io.File;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.network.Endpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.core.endpoint.EndpointUriUtil;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.bootstrap.InMemoryBootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServer;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServerBuilder;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coap.CoapBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coap.CoapOscoreBootstrapServerEndpointFactory;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coaps.CoapsBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.californium.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.server.californium.endpoint.coap.CoapOscoreServerEndpointFactory;
import org.eclipse.leshan.server.californium.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.server.californium.endpoint.coaps.CoapsServerProtocolProvider;
import org.eclipse.leshan.server.queue.StaticClientAwakeTimeProvider;
import org.eclipse.leshan.server.security.BootstrapSecurityStoreAdapter;
import org.eclipse.leshan.server.security.InMemorySecurityStore;
import org.eclipse.leshan.server.security.SecurityInfo;

import com.fasterxml.jackson.databind.JsonNode;

// The LwM2M server, the bootstrap server, and what they know of clients beforehand.
final class Servers {

    private final InMemorySecurityStore security = new InMemorySecurityStore();
    private final InMemorySecurityStore bootstrapSecurity = new InMemorySecurityStore();
    private final InMemoryBootstrapConfigStore bootstrapConfigs = new InMemoryBootstrapConfigStore();
    private LeshanServer server;
    private LeshanBootstrapServer bootstrapServer;
    private Identity identity;
    private int modelCount;

    LeshanServer lwm2m() {
        return server;
    }

    void destroy() {
        if (server != null)
            server.destroy();
        if (bootstrapServer != null)
            bootstrapServer.destroy();
    }

    // null: not an operation on the servers themselves.
    Map<String, Object> carryOut(JsonNode q) throws Exception {
        String ep = q.path("ep").asText();
        switch (q.path("op").asText()) {
        case "endpoints":
            return endpoints();
        case "security-add":
            store(q).add(Credentials.securityInfo(q));
            return map("stored", true);
        case "security-remove":
            // "compromised" also closes the DTLS connections made with it
            SecurityInfo gone = store(q).remove(ep, q.path("compromised").asBoolean(true));
            return map("removed", gone != null);
        case "bootstrap-put":
            bootstrapConfigs.add(ep, BootstrapConfigReader.read(q.path("config")));
            return map("stored", true);
        case "bootstrap-remove":
            return map("removed", bootstrapConfigs.remove(ep) != null);
        default:
            return null;
        }
    }

    private InMemorySecurityStore store(JsonNode q) {
        return q.path("bootstrap").asBoolean() ? bootstrapSecurity : security;
    }

    // {"op":"start","host":"127.0.0.1","coap":PORT,"coaps":PORT,"bootstrap":{"coap":PORT,"coaps":PORT},
    // "oscore":BOOL,"cid":BYTES,"x509":{"cert":PEM,"key":PEM,"trust":[PEM..]},
    // "rpk":{"public":PEM,"private":PEM},"models":FOLDER,"awake_time":SECONDS,"trace":BOOL,
    // "californium":{"COAP.ACK_TIMEOUT":"500[ms]",..}}
    // Absent port = no such endpoint, port 0 = any free one. PEM and FOLDER are paths.
    void start(JsonNode q) throws Exception {
        if (server != null)
            throw new DriverException("bad-request", "already started");
        identity = new Identity(q);
        List<ObjectModel> models = models(q);
        modelCount = models.size();
        LeshanServer started = startServer(q, models);
        if (q.hasNonNull("bootstrap"))
            bootstrapServer = startBootstrapServer(q);
        server = started;
    }

    private static List<ObjectModel> models(JsonNode q) {
        List<ObjectModel> models = ObjectLoader.loadAllDefault();
        if (q.hasNonNull("models")) {
            File folder = new File(q.path("models").asText());
            if (!folder.isDirectory())
                throw new DriverException("bad-request", "no such folder: " + folder);
            models.addAll(ObjectLoader.loadObjectsFromDir(folder));
        }
        return models;
    }

    private static void configure(JsonNode q, Configuration c) {
        if (q.hasNonNull("cid")) // absent: no connection id; 0: understood but none used for received records
            c.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, q.path("cid").asInt());
        Properties extra = new Properties();
        q.path("californium").fields().forEachRemaining(e ->
                extra.setProperty(e.getKey(), e.getValue().asText()));
        c.add(extra);
    }

    private LeshanServer startServer(JsonNode q, List<ObjectModel> models) {
        CaliforniumServerEndpointsProvider.Builder endpoints = new CaliforniumServerEndpointsProvider.Builder(
                new CoapServerProtocolProvider(), new CoapsServerProtocolProvider());
        endpoints.setConfiguration(c -> configure(q, c));
        if (q.hasNonNull("coap") && q.path("oscore").asBoolean())
            endpoints.addEndpoint(new CoapOscoreServerEndpointFactory(uri(q, q, "coap")));
        else if (q.hasNonNull("coap"))
            endpoints.addEndpoint(uri(q, q, "coap"));
        if (q.hasNonNull("coaps"))
            endpoints.addEndpoint(uri(q, q, "coaps"));
        CaliforniumServerEndpointsProvider provider = endpoints.build();
        LeshanServerBuilder builder = new LeshanServerBuilder();
        builder.setEndpointsProviders(provider);
        builder.setSecurityStore(security);
        builder.setObjectModelProvider(new Models(models));
        if (q.hasNonNull("awake_time"))
            builder.setClientAwakeTimeProvider(
                    new StaticClientAwakeTimeProvider((int) (q.path("awake_time").asDouble() * 1000)));
        if (identity.privateKey != null)
            builder.setPrivateKey(identity.privateKey);
        if (identity.chain != null)
            builder.setCertificateChain(identity.chain).setTrustedCertificates(identity.trust);
        else if (identity.publicKey != null)
            builder.setPublicKey(identity.publicKey);
        LeshanServer started = builder.build();
        Events.listen(started);
        started.start();
        checkStarted(provider.getCoapServer(), "lwm2m", q);
        return started;
    }

    private LeshanBootstrapServer startBootstrapServer(JsonNode q) {
        JsonNode ports = q.path("bootstrap");
        CaliforniumBootstrapServerEndpointsProvider.Builder endpoints =
                new CaliforniumBootstrapServerEndpointsProvider.Builder(
                        new CoapBootstrapServerProtocolProvider(), new CoapsBootstrapServerProtocolProvider());
        endpoints.setConfiguration(c -> configure(q, c));
        if (ports.hasNonNull("coap") && q.path("oscore").asBoolean())
            endpoints.addEndpoint(new CoapOscoreBootstrapServerEndpointFactory(uri(q, ports, "coap")));
        else if (ports.hasNonNull("coap"))
            endpoints.addEndpoint(uri(q, ports, "coap"));
        if (ports.hasNonNull("coaps"))
            endpoints.addEndpoint(uri(q, ports, "coaps"));
        CaliforniumBootstrapServerEndpointsProvider provider = endpoints.build();
        LeshanBootstrapServerBuilder builder = new LeshanBootstrapServerBuilder();
        builder.setEndpointsProviders(provider);
        builder.setSecurityStore(new BootstrapSecurityStoreAdapter(bootstrapSecurity));
        builder.setConfigStore(bootstrapConfigs);
        if (identity.privateKey != null)
            builder.setPrivateKey(identity.privateKey);
        if (identity.chain != null)
            builder.setCertificateChain(identity.chain).setTrustedCertificates(identity.trust);
        else if (identity.publicKey != null)
            builder.setPublicKey(identity.publicKey);
        LeshanBootstrapServer started = builder.build();
        started.addListener(new BootstrapEvents());
        started.start();
        checkStarted(provider.getCoapServer(), "bootstrap", q);
        return started;
    }

    private static URI uri(JsonNode q, JsonNode ports, String scheme) {
        String host = q.path("host").asText("127.0.0.1");
        return EndpointUriUtil.createUri(scheme, new InetSocketAddress(host, ports.path(scheme).asInt()));
    }

    // Californium starts happily as long as one endpoint can be bound: look at each.
    private void checkStarted(CoapServer coap, String name, JsonNode q) {
        for (Endpoint e : coap.getEndpoints()) {
            if (!e.isStarted())
                throw new DriverException("bind", "cannot bind " + e.getUri());
            if (q.path("trace").asBoolean())
                e.addInterceptor(new Trace(name));
        }
    }

    Map<String, Object> endpoints() {
        Map<String, Object> lwm2m = new LinkedHashMap<>(), bootstrap = new LinkedHashMap<>();
        server.getEndpoints().forEach(e -> lwm2m.put(e.getURI().getScheme(), e.getURI().getPort()));
        if (bootstrapServer != null)
            bootstrapServer.getEndpoints().forEach(e ->
                    bootstrap.put(e.getURI().getScheme(), e.getURI().getPort()));
        return map("lwm2m", lwm2m, "bootstrap", bootstrap, "models", modelCount,
                "public_key", identity.publicKey == null ? null : hex(identity.publicKey.getEncoded()));
    }
}
