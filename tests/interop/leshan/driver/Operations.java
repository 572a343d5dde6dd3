// SPDX-License-Identifier: Apache-2.0

package driver;

import static driver.FromJson.format;
import static driver.FromJson.path;
import static driver.FromJson.paths;
import static driver.Output.map;
import static driver.ToJson.observation;
import static driver.ToJson.registration;
import static driver.ToJson.response;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.californium.core.coap.Request;
import org.eclipse.leshan.core.link.attributes.InvalidAttributeException;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelCompositeObservationRequest;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

import com.fasterxml.jackson.databind.JsonNode;

// What a LwM2M server does to its clients.
final class Operations {

    private final LeshanServer server;
    private final FromJson from;

    Operations(LeshanServer server) {
        this.server = server;
        this.from = new FromJson(q -> server.getModelProvider().getObjectModel(find(q)));
    }

    Map<String, Object> carryOut(JsonNode q) throws Exception {
        switch (q.path("op").asText()) {
        case "clients":
            List<Object> clients = new ArrayList<>();
            server.getRegistrationStore().getAllRegistrations().forEachRemaining(r ->
                    clients.add(registration(r)));
            return map("clients", clients);
        case "client":
            return map("client", registration(find(q)));
        case "observations":
            List<Object> observations = new ArrayList<>();
            server.getObservationService().getObservations(find(q)).forEach(o ->
                    observations.add(observation(o)));
            return map("observations", observations);
        case "cancel":
            return cancel(q);
        default:
            return send(q, request(q));
        }
    }

    private DownlinkRequest<?> request(JsonNode q) {
        String op = q.path("op").asText(), target = q.path("path").asText();
        switch (op) {
        case "read":
            return new ReadRequest(format(q, "format"), path(q), null);
        case "write":
            return new WriteRequest(
                    q.path("update").asBoolean() ? WriteRequest.Mode.UPDATE : WriteRequest.Mode.REPLACE,
                    format(q, "format"), path(q), from.node(q, path(q), q.path("content")));
        case "execute":
            return q.hasNonNull("args") ? new ExecuteRequest(target, q.path("args").asText())
                    : new ExecuteRequest(target);
        case "create":
            return createRequest(q);
        case "delete":
            return new DeleteRequest(target);
        case "discover":
            return new DiscoverRequest(target);
        case "write-attributes":
            return new WriteAttributesRequest(target, attributes(q));
        case "observe":
            return new ObserveRequest(format(q, "format"), path(q), null);
        case "read-composite":
            return new ReadCompositeRequest(paths(q), format(q, "request_format"),
                    format(q, "response_format"), null);
        case "observe-composite":
            return new ObserveCompositeRequest(format(q, "request_format"), format(q, "response_format"),
                    paths(q));
        case "write-composite":
            Map<LwM2mPath, LwM2mNode> nodes = new LinkedHashMap<>();
            q.path("content").fields().forEachRemaining(e -> nodes.put(new LwM2mPath(e.getKey()),
                    from.node(q, new LwM2mPath(e.getKey()), e.getValue())));
            return new WriteCompositeRequest(format(q, "format"), nodes, null);
        default:
            throw new DriverException("bad-request", "unknown op " + op);
        }
    }

    private static LwM2mAttributeSet attributes(JsonNode q) {
        try {
            return new LwM2mAttributeSet(
                    new DefaultLwM2mAttributeParser().parseUriQuery(q.path("attributes").asText()));
        } catch (InvalidAttributeException e) {
            throw new DriverException("bad-request", e.getMessage());
        }
    }

    private Registration find(JsonNode q) {
        Registration reg = server.getRegistrationService().getByEndpoint(q.path("ep").asText());
        if (reg == null)
            throw new DriverException("unknown-client", q.path("ep").asText() + " is not registered");
        return reg;
    }

    // "path" is the object. "content" {"rid":v} makes one instance ("instance": its id, absent = the client
    // chooses);
    // with "instances":true content is {"iid":{"rid":v}}.
    private CreateRequest createRequest(JsonNode q) {
        int object = path(q).getObjectId();
        if (q.path("instances").asBoolean()) {
            List<LwM2mObjectInstance> all = new ArrayList<>();
            q.path("content").fields().forEachRemaining(e -> all.add((LwM2mObjectInstance) from.node(q,
                    new LwM2mPath(object, Integer.parseInt(e.getKey())), e.getValue())));
            return new CreateRequest(format(q, "format"), object, all.toArray(new LwM2mObjectInstance[0]));
        }
        int id = q.path("instance").asInt(0);
        LwM2mObjectInstance instance = (LwM2mObjectInstance) from.node(q, new LwM2mPath(object, id),
                q.path("content"));
        return q.hasNonNull("instance") ? new CreateRequest(format(q, "format"), object, instance)
                : new CreateRequest(format(q, "format"), object, instance.getResources().values());
    }

    private <T extends LwM2mResponse> Map<String, Object> send(JsonNode q, DownlinkRequest<T> request)
            throws Exception {
        long timeout = (long) (q.path("timeout").asDouble(5) * 1000);
        // "confirmable":false sends a NON request
        T r = server.send(find(q), request, coap -> {
            if (!q.path("confirmable").asBoolean(true))
                ((Request) coap).setConfirmable(false);
        }, timeout);
        if (r == null)
            throw new DriverException("timeout", "no answer within " + timeout + " ms");
        return response(r, request);
    }

    // Cancels by "observation" (id), or by "path"/"paths"; "active" = Observe:1 request, else the next
    // notification
    // is answered by RST.
    private Map<String, Object> cancel(JsonNode q) throws Exception {
        List<LwM2mPath> wanted = paths(q);
        if (wanted.isEmpty() && q.hasNonNull("path"))
            wanted.add(path(q)); // with OSCORE, M15 takes a plain observation for a composite one
        List<Observation> matching = new ArrayList<>();
        for (Observation o : server.getObservationService().getObservations(find(q))) {
            if (q.hasNonNull("observation")
                    ? o.getId().getAsHexString().equals(q.path("observation").asText())
                    : o instanceof SingleObservation ? q.hasNonNull("path")
                            && ((SingleObservation) o).getPath().equals(path(q))
                            : ((CompositeObservation) o).getPaths().equals(wanted))
                matching.add(o);
        }
        if (matching.isEmpty())
            throw new DriverException("unknown-observation", "no such observation");
        Map<String, Object> answer = map("success", true);
        for (Observation o : matching) {
            if (q.path("active").asBoolean())
                answer = o instanceof SingleObservation
                        ? send(q, new CancelObservationRequest((SingleObservation) o))
                        : send(q, new CancelCompositeObservationRequest((CompositeObservation) o));
            server.getObservationService().cancelObservation(o); // the active way leaves it in Leshan's store
        }
        answer.put("cancelled", matching.size());
        return answer;
    }
}
