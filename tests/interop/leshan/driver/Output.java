// SPDX-License-Identifier: Apache-2.0

package driver;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UnsupportedEncodingException;
import java.util.LinkedHashMap;
import java.util.Map;

import com.fasterxml.jackson.databind.ObjectMapper;

// The lines on standard output: answers and events, one JSON object each.
final class Output {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static PrintStream out;

    private Output() {
    }

    // Takes standard output for itself: what anything else prints goes to standard error.
    static void open() throws UnsupportedEncodingException {
        out = new PrintStream(System.out, false, "UTF-8");
        System.setOut(System.err);
    }

    static synchronized void emit(Map<String, Object> line) {
        try {
            out.println(JSON.writeValueAsString(line));
        } catch (IOException e) {
            out.println("{\"id\":null,\"error\":\"encode\",\"message\":\"cannot encode an answer\"}");
        }
        out.flush();
    }

    static void event(String name, Object... keyValues) {
        Map<String, Object> line = map("event", name, "time", System.currentTimeMillis() / 1000.0);
        line.putAll(map(keyValues));
        emit(line);
    }

    static Map<String, Object> map(Object... keyValues) {
        Map<String, Object> m = new LinkedHashMap<>();
        for (int i = 0; i < keyValues.length; i += 2)
            m.put((String) keyValues[i], keyValues[i + 1]);
        return m;
    }
}
