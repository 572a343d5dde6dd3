// SPDX-License-Identifier: Apache-2.0

package driver;

import static driver.Output.map;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.californium.core.coap.Response;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.LwM2mRequest;
import org.eclipse.leshan.core.request.SimpleDownlinkRequest;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.registration.Registration;

// Leshan's answers, nodes and registrations to JSON: see LeshanDriver for how values are written.
final class ToJson {

    private ToJson() {
    }

    static Map<String, Object> response(LwM2mResponse r, LwM2mRequest<?> request) {
        int code = r.getCode().getCode();
        Map<String, Object> m = map("success", r.isSuccess(), "code",
                code / 100 + "." + String.format("%02d", code % 100));
        if (r.getErrorMessage() != null)
            m.put("message", r.getErrorMessage());
        LwM2mPath path = request instanceof SimpleDownlinkRequest
                ? ((SimpleDownlinkRequest<?>) request).getPath() : null;
        if (r instanceof ReadResponse) { // also observe and cancel
            content(m, path, ((ReadResponse) r).getContent());
            TimestampedLwM2mNode t = ((ReadResponse) r).getTimestampedLwM2mNode();
            if (t != null)
                m.put("timestamp", seconds(t.getTimestamp()));
        }
        if (r instanceof ReadCompositeResponse)
            contents(m, ((ReadCompositeResponse) r).getContent());
        if (r instanceof ObserveResponse && ((ObserveResponse) r).getObservation() != null)
            m.put("observation", observation(((ObserveResponse) r).getObservation()).get("id"));
        if (r instanceof ObserveCompositeResponse && ((ObserveCompositeResponse) r).getObservation() != null)
            m.put("observation", observation(((ObserveCompositeResponse) r).getObservation()).get("id"));
        if (r instanceof CreateResponse)
            m.put("location", ((CreateResponse) r).getLocation());
        if (r instanceof DiscoverResponse && r.isSuccess())
            m.put("links", links(((DiscoverResponse) r).getObjectLinks()));
        if (r.getCoapResponse() instanceof Response) { // what really was on the wire (blocks reassembled)
            Response c = (Response) r.getCoapResponse();
            m.put("coap_type", String.valueOf(c.getType()));
            m.put("format", c.getOptions().getContentFormat());
            m.put("payload", hex(c.getPayload()));
        }
        return m;
    }

    static Map<String, Object> observation(Observation o) {
        Map<String, Object> m = map("id", o.getId().getAsHexString());
        if (o instanceof SingleObservation)
            m.put("path", ((SingleObservation) o).getPath().toString());
        else
            m.put("paths", strings(((CompositeObservation) o).getPaths()));
        return m;
    }

    static void content(Map<String, Object> m, LwM2mPath path, LwM2mNode node) {
        Map<String, Object> types = new LinkedHashMap<>();
        m.put("content", tree(path, node, types));
        m.put("types", types);
    }

    static void contents(Map<String, Object> m, Map<LwM2mPath, LwM2mNode> nodes) {
        Map<String, Object> values = new LinkedHashMap<>(), types = new LinkedHashMap<>();
        if (nodes != null)
            nodes.forEach((p, n) -> values.put(p.toString(), tree(p, n, types)));
        m.put("content", values);
        m.put("types", types);
    }

    // A node as plain JSON; types gets the data type of each resource under its full path
    static Object tree(LwM2mPath path, LwM2mNode node, Map<String, Object> types) {
        if (node == null)
            return null;
        Map<String, Object> m = new LinkedHashMap<>();
        if (node instanceof LwM2mObject)
            ((LwM2mObject) node).getInstances().forEach((i, n) ->
                    m.put("" + i, tree(path.append(i), n, types)));
        else if (node instanceof LwM2mObjectInstance)
            ((LwM2mObjectInstance) node).getResources().forEach((i, n) ->
                    m.put("" + i, tree(path.append(i), n, types)));
        else if (node instanceof LwM2mResource && ((LwM2mResource) node).isMultiInstances()) {
            types.put(path.toString(), ((LwM2mResource) node).getType().name());
            ((LwM2mResource) node).getInstances().forEach((i, n) ->
                    m.put("" + i, value(n.getType(), n.getValue())));
        } else if (node instanceof LwM2mResource) {
            types.put(path.toString(), ((LwM2mResource) node).getType().name());
            return value(((LwM2mResource) node).getType(), ((LwM2mResource) node).getValue());
        } else if (node instanceof LwM2mResourceInstance) {
            types.put(path.toString(), ((LwM2mResourceInstance) node).getType().name());
            return value(((LwM2mResourceInstance) node).getType(), ((LwM2mResourceInstance) node).getValue());
        }
        return m;
    }

    static Object value(Type type, Object v) {
        switch (type) {
        case OPAQUE:
            return hex((byte[]) v);
        case TIME:
            long ms = ((Date) v).getTime();
            return ms % 1000 == 0 ? (Object) (ms / 1000) : (Object) (ms / 1000.0);
        case OBJLNK:
            return ((ObjectLink) v).encodeToString();
        case UNSIGNED_INTEGER:
            return ((ULong) v).toBigInteger();
        case CORELINK:
            return String.join(",", links((Link[]) v));
        case FLOAT:
            return ((Double) v).isNaN() || ((Double) v).isInfinite() ? v.toString() : v; // JSON has no NaN
        default:
            return v;
        }
    }

    static Map<String, Object> registration(Registration r) {
        List<Object> formats = new ArrayList<>();
        r.getSupportedContentFormats().forEach(f -> formats.add(f.getCode()));
        Map<String, Object> objects = new LinkedHashMap<>();
        r.getSupportedObject().forEach((id, version) -> objects.put("" + id, version.toString()));
        return map("ep", r.getEndpoint(), "registration", r.getId(), "lifetime", r.getLifeTimeInSec(),
                "version", String.valueOf(r.getLwM2mVersion()), "binding", strings(r.getBindingMode()),
                "queue_mode", r.usesQueueMode(), "sms", r.getSmsNumber(), "root", r.getRootPath(),
                "links", links(r.getObjectLinks()), "objects", objects, "instances",
                        strings(r.getAvailableInstances()),
                "formats", formats, "attributes", r.getAdditionalRegistrationAttributes(),
                "peer", peer(r.getClientTransportData()), "uri", String.valueOf(r.getLastEndpointUsed()));
    }

    static Map<String, Object> peer(LwM2mPeer p) {
        return map("identity", p.getIdentity().getClass().getSimpleName().replace("Identity",
                "").toLowerCase(),
                "secure", p.getIdentity().isSecure(), "text", p.toString());
    }

    static List<String> links(Link[] links) {
        List<String> all = new ArrayList<>();
        if (links != null)
            for (Link l : links)
                all.add(l.toCoreLinkFormat());
        return all;
    }

    // [{"timestamp":s|null,"content":{path:value}}]
    static List<Object> history(TimestampedLwM2mNodes data) {
        List<Object> all = new ArrayList<>();
        if (data != null)
            for (Instant t : data.getTimestamps()) {
                Map<String, Object> m = map("timestamp", seconds(t));
                contents(m, data.getNodesAt(t));
                all.add(m);
            }
        return all;
    }

    static List<String> strings(Collection<?> items) {
        List<String> all = new ArrayList<>();
        if (items != null)
            items.forEach(i -> all.add(i.toString()));
        return all;
    }

    static Double seconds(Instant t) {
        return t == null ? null : t.toEpochMilli() / 1000.0;
    }

    static String hex(byte[] b) {
        return b == null ? "" : Hex.encodeHexString(b);
    }
}
