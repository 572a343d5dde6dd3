// SPDX-License-Identifier: Apache-2.0

package driver;

import static driver.Output.emit;
import static driver.Output.event;
import static driver.Output.map;
import static driver.ToJson.contents;
import static driver.ToJson.history;
import static driver.ToJson.links;
import static driver.ToJson.registration;
import static driver.ToJson.response;
import static driver.ToJson.seconds;
import static driver.ToJson.strings;
import static driver.ToJson.tree;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.queue.PresenceListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.send.SendListener;

// What the server hears from its clients, as events.
final class Events {

    private Events() {
    }

    static void listen(LeshanServer server) {
        server.getRegistrationService().addListener(registrations());
        server.getObservationService().addListener(observations());
        server.getSendService().addListener(data());
        if (server.getPresenceService() != null)
            server.getPresenceService().addListener(presence());
    }

    private static RegistrationListener registrations() {
        return new RegistrationListener() {
            @Override
            public void registered(Registration reg, Registration previous,
                    Collection<Observation> observations) {
                event("registered", "ep", reg.getEndpoint(), "again", previous != null, "client",
                        registration(reg));
            }

            @Override
            public void updated(RegistrationUpdate update, Registration reg, Registration previous) {
                event("updated", "ep", reg.getEndpoint(), "client", registration(reg),
                        "new_links", update.getObjectLinks() == null ? null
                                : links(update.getObjectLinks()),
                        "new_lifetime", update.getLifeTimeInSec());
            }

            @Override
            public void unregistered(Registration reg, Collection<Observation> observations, boolean expired,
                    Registration newReg) {
                event("deregistered", "ep", reg.getEndpoint(), "expired", expired, "replaced",
                        newReg != null);
            }
        };
    }

    private static ObservationListener observations() {
        return new ObservationListener() {
            @Override
            public void newObservation(Observation o, Registration reg) {
            }

            @Override
            public void cancelled(Observation o) {
                event("observation-cancelled", "observation", o.getId().getAsHexString());
            }

            @Override
            public void onResponse(SingleObservation o, Registration reg, ObserveResponse r) {
                Map<String, Object> m = response(r, new ReadRequest(null, o.getPath(), null));
                m.put("path", o.getPath().toString());
                m.put("observation", o.getId().getAsHexString());
                if (r.getTimestampedLwM2mNodes() != null && !r.getTimestampedLwM2mNodes().isEmpty()) {
                    List<Object> history = new ArrayList<>(); // newest first
                    for (TimestampedLwM2mNode t : r.getTimestampedLwM2mNodes())
                        history.add(map("timestamp", seconds(t.getTimestamp()), "content",
                                tree(o.getPath(), t.getNode(), new HashMap<>())));
                    m.put("history", history);
                }
                notification(reg, m);
            }

            @Override
            public void onResponse(CompositeObservation o, Registration reg, ObserveCompositeResponse r) {
                Map<String, Object> m = response(r, null);
                m.put("paths", strings(o.getPaths()));
                m.put("observation", o.getId().getAsHexString());
                m.put("history", history(r.getTimestampedLwM2mNodes()));
                notification(reg, m);
            }

            @Override
            public void onError(Observation o, Registration reg, Exception error) {
                event("notification-error", "ep", reg == null ? null : reg.getEndpoint(),
                        "observation", o.getId().getAsHexString(), "message", String.valueOf(error));
            }

            private void notification(Registration reg, Map<String, Object> m) {
                Map<String, Object> line = map("event", "notification", "time",
                        System.currentTimeMillis() / 1000.0, "ep", reg.getEndpoint());
                line.putAll(m);
                emit(line);
            }
        };
    }

    private static SendListener data() {
        return new SendListener() {
            @Override
            public void dataReceived(Registration reg, TimestampedLwM2mNodes data, SendRequest request) {
                Map<String, Object> m = new LinkedHashMap<>();
                contents(m, data.getNodes()); // the newest value of each path
                event("send", "ep", reg.getEndpoint(), "content", m.get("content"), "types", m.get("types"),
                        "history", history(data), "format", request.getFormat().getCode());
            }

            @Override
            public void onError(Registration reg, String message, Exception error) {
                event("send-error", "ep", reg.getEndpoint(), "message", message + " <- " + error);
            }
        };
    }

    private static PresenceListener presence() {
        return new PresenceListener() { // of queue mode clients
            @Override
            public void onAwake(Registration reg) {
                event("awake", "ep", reg.getEndpoint());
            }

            @Override
            public void onSleeping(Registration reg) {
                event("sleeping", "ep", reg.getEndpoint());
            }
        };
    }
}
