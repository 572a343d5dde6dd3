// SPDX-License-Identifier: Apache-2.0

package driver;

import static driver.Output.event;
import static driver.ToJson.hex;

import org.eclipse.californium.core.coap.EmptyMessage;
import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.interceptors.MessageInterceptorAdapter;

// Every CoAP message (one event per block), after DTLS; with OSCORE the protected form
class Trace extends MessageInterceptorAdapter {
    private final String server;

    Trace(String server) {
        this.server = server;
    }

    private void log(String direction, Message m) {
        String code = m instanceof Request ? ((Request) m).getCode().name()
                : m instanceof Response ? ((Response) m).getCode().text : "0.00";
        event("coap", "server", server, "direction", direction, "type", String.valueOf(m.getType()), "code",
                code, "mid",
                m.getMID(), "token", m.getTokenString(), "options", m.getOptions().toString(), "payload",
                hex(m.getPayload()));
    }

    @Override
    public void sendRequest(Request r) {
        log("out", r);
    }

    @Override
    public void sendResponse(Response r) {
        log("out", r);
    }

    @Override
    public void sendEmptyMessage(EmptyMessage m) {
        log("out", m);
    }

    @Override
    public void receiveRequest(Request r) {
        log("in", r);
    }

    @Override
    public void receiveResponse(Response r) {
        log("in", r);
    }

    @Override
    public void receiveEmptyMessage(EmptyMessage m) {
        log("in", m);
    }
}
