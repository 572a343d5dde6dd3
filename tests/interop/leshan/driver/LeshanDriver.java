// SPDX-License-Identifier: Apache-2.0

package driver;

import static driver.Output.emit;
import static driver.Output.map;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

// A LwM2M server and (optionally) a bootstrap server made of Eclipse Leshan 2.0.0-M15 libraries, driven by
// line-delimited JSON: requests on stdin, responses and events on stdout (logs go to stderr).
//
//   request   {"id":1,"op":"read","ep":"dev","path":"/3/0/0","format":"TLV","timeout":5}
//   response  {"id":1,"success":true,"code":"2.05","content":"ACME","types":{"/3/0/0":"STRING"},...}
//             {"id":1,"error":"timeout","message":"..."}      nothing usable came back, or the request is bad
//   event     {"event":"registered","ep":"dev",...}
//
// Requests run in parallel; an answer carries the id of its request. The first request must be "start".
// Values: OPAQUE = hex, OBJLNK = "a:b", TIME = seconds since 1970, CORELINK = text. A multiple resource is
// {"0":v,"1":v}, an instance {"rid":v}, an object {"iid":{"rid":v}}. End of stdin stops everything.
public final class LeshanDriver {

    private final Servers servers = new Servers();
    private volatile Operations operations; // null before "start"

    public static void main(String[] args) throws Exception {
        Output.open();
        LeshanDriver driver = new LeshanDriver();
        ExecutorService pool = Executors.newCachedThreadPool();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode request;
            try {
                request = new ObjectMapper().readTree(line);
            } catch (IOException e) {
                emit(map("id", null, "error", "bad-json", "message", e.getMessage()));
                continue;
            }
            if (request.path("op").asText().equals("stop"))
                break;
            if (driver.operations == null)
                driver.answer(request); // "start" must be complete before anything else
            else
                pool.execute(() -> driver.answer(request));
        }
        driver.servers.destroy();
        System.exit(0);
    }

    private void answer(JsonNode request) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", request.path("id"));
        try {
            answer.putAll(carryOut(request));
        } catch (DriverException e) {
            answer.put("error", e.kind);
            answer.put("message", e.getMessage());
        } catch (Throwable e) {
            answer.put("error", e.getClass().getSimpleName());
            answer.put("message", e.getMessage() + (e.getCause() == null ? "" : " <- " + e.getCause()));
        }
        emit(answer);
    }

    private Map<String, Object> carryOut(JsonNode q) throws Exception {
        if (q.path("op").asText().equals("start")) {
            servers.start(q);
            operations = new Operations(servers.lwm2m());
            return servers.endpoints();
        }
        if (operations == null)
            throw new DriverException("bad-request", "the first request must be \"start\"");
        Map<String, Object> answer = servers.carryOut(q);
        return answer != null ? answer : operations.carryOut(q);
    }
}
