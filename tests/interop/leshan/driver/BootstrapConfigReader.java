// SPDX-License-Identifier: Apache-2.0

package driver;

import java.io.IOException;
import java.util.function.Function;

import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.bootstrap.BootstrapConfig;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;

// BootstrapConfig has public fields; JSON uses their names. Byte strings are hex, formats are names.
final class BootstrapConfigReader {

    private BootstrapConfigReader() {
    }

    private static final ObjectMapper JSON = new ObjectMapper().registerModule(new SimpleModule()
            .addDeserializer(byte[].class, text(byte[].class, FromJson::bytes))
            .addDeserializer(ULong.class, text(ULong.class, ULong::valueOf))
            .addDeserializer(ContentFormat.class, text(ContentFormat.class, FromJson::format))
            .addDeserializer(BootstrapConfig.CipherSuiteId.class, text(BootstrapConfig.CipherSuiteId.class,
                    s -> new BootstrapConfig.CipherSuiteId(ULong.valueOf(s)))));

    private static <T> StdDeserializer<T> text(Class<T> type, Function<String, T> parse) {
        return new StdDeserializer<T>(type) {
            private static final long serialVersionUID = 1L;

            @Override
            public T deserialize(JsonParser p, DeserializationContext c) throws IOException {
                return parse.apply(p.getText());
            }
        };
    }

    static BootstrapConfig read(JsonNode config) throws JsonProcessingException {
        return JSON.treeToValue(config, BootstrapConfig.class);
    }
}
