// SPDX-License-Identifier: Apache-2.0

package driver;

import static driver.Output.event;
import static driver.Output.map;
import static driver.ToJson.links;
import static driver.ToJson.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.eclipse.californium.core.coap.Request;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.BootstrapDownlinkRequest;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.response.BootstrapDiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.bootstrap.BootstrapFailureCause;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.BootstrapSessionListener;

// {"event":"bootstrap","step":new|unauthorized|authorized|no-config|request|response|error-response|
// request-failed|finished|failed,"ep":..,"session":..}
class BootstrapEvents implements BootstrapSessionListener {
    private void step(String step, String ep, String session, Object... more) {
        Map<String, Object> m = map(more);
        m.put("step", step);
        m.put("ep", ep);
        m.put("session", session);
        List<Object> flat = new ArrayList<>();
        m.forEach((k, v) -> {
            flat.add(k);
            flat.add(v);
        });
        event("bootstrap", flat.toArray());
    }

    private String name(BootstrapDownlinkRequest<?> r) {
        return r.getClass().getSimpleName().replace("Bootstrap", "").replace("Request", "").toLowerCase();
    }

    @Override
    public void sessionInitiated(BootstrapRequest r, LwM2mPeer client) {
        step("new", r.getEndpointName(), null, "attributes", r.getAdditionalAttributes(), "peer",
                peer(client),
                "format", r.getPreferredContentFormat() == null ? null
                        : r.getPreferredContentFormat().getCode());
    }

    @Override
    public void unAuthorized(BootstrapRequest r, LwM2mPeer client) {
        step("unauthorized", r.getEndpointName(), null, "peer", peer(client));
    }

    @Override
    public void authorized(BootstrapSession s) {
        step("authorized", s.getEndpoint(), s.getId());
    }

    @Override
    public void noConfig(BootstrapSession s) {
        step("no-config", s.getEndpoint(), s.getId());
    }

    @Override
    public void sendRequest(BootstrapSession s, BootstrapDownlinkRequest<? extends LwM2mResponse> r) {
        step("request", s.getEndpoint(), s.getId(), "request", name(r), "path", String.valueOf(r.getPath()));
    }

    @Override
    public void onResponseSuccess(BootstrapSession s, BootstrapDownlinkRequest<? extends LwM2mResponse> r,
            LwM2mResponse answer) {
        step("response", s.getEndpoint(), s.getId(), "request", name(r), "path",
                String.valueOf(r.getPath()), "links",
                answer instanceof BootstrapDiscoverResponse
                        ? links(((BootstrapDiscoverResponse) answer).getObjectLinks()) : null);
    }

    @Override
    public void onResponseError(BootstrapSession s, BootstrapDownlinkRequest<? extends LwM2mResponse> r,
            LwM2mResponse answer) {
        step("error-response", s.getEndpoint(), s.getId(), "request", name(r), "path",
                String.valueOf(r.getPath()),
                "code", answer.getCode().toString(), "message", answer.getErrorMessage());
    }

    @Override
    public void onRequestFailure(BootstrapSession s, BootstrapDownlinkRequest<? extends LwM2mResponse> r,
            Throwable cause) {
        step("request-failed", s.getEndpoint(), s.getId(), "request", name(r), "path",
                String.valueOf(r.getPath()),
                "message", String.valueOf(cause));
    }

    @Override
    public void end(BootstrapSession s) {
        step("finished", s.getEndpoint(), s.getId());
    }

    @Override
    public void failed(BootstrapSession s, BootstrapFailureCause cause) {
        step("failed", s.getEndpoint(), s.getId(), "cause", cause.name());
    }
}
