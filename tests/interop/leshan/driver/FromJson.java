// SPDX-License-Identifier: Apache-2.0

package driver;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.eclipse.leshan.core.link.DefaultLinkParser;
import org.eclipse.leshan.core.link.LinkParseException;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;

// JSON to Leshan's nodes and values: see LeshanDriver for how values are written.
class FromJson {

    private final Function<JsonNode, LwM2mModel> models;

    // models: the object definitions of the client that a request is for.
    FromJson(Function<JsonNode, LwM2mModel> models) {
        this.models = models;
    }

    LwM2mChildNode node(JsonNode q, LwM2mPath path, JsonNode v) {
        if (path.isResourceInstance())
            return LwM2mResourceInstance.newInstance(path.getResourceInstanceId(),
                    parse(type(q, path, v), v), type(q, path, v));
        if (path.isResource() && !v.isObject())
            return LwM2mSingleResource.newResource(path.getResourceId(), parse(type(q, path, v), v),
                    type(q, path, v));
        if (path.isResource()) {
            Type type = type(q, path, v.elements().hasNext() ? v.elements().next()
                    : MissingNode.getInstance());
            Map<Integer, Object> values = new LinkedHashMap<>();
            v.fields().forEachRemaining(e ->
                    values.put(Integer.valueOf(e.getKey()), parse(type, e.getValue())));
            return LwM2mMultipleResource.newResource(path.getResourceId(), values, type);
        }
        if (path.isObjectInstance()) {
            List<LwM2mResource> resources = new ArrayList<>();
            v.fields().forEachRemaining(e -> resources.add(
                    (LwM2mResource) node(q, path.append(Integer.parseInt(e.getKey())), e.getValue())));
            return new LwM2mObjectInstance(path.getObjectInstanceId(), resources);
        }
        throw new DriverException("bad-request", "no value possible for " + path);
    }

    // The data type: "types"{path:TYPE} or "type" of the request, else the object's model, else a guess
    private Type type(JsonNode q, LwM2mPath path, JsonNode v) {
        JsonNode given = q.path("types").path(path.toString());
        if (given.isMissingNode())
            given = q.path("type");
        if (given.isTextual())
            return Type.valueOf(given.asText());
        ResourceModel model = models.apply(q).getResourceModel(path.getObjectId(), path.getResourceId());
        if (model != null && model.type != null && model.type != Type.NONE)
            return model.type;
        return v.isBoolean() ? Type.BOOLEAN : v.isIntegralNumber() ? Type.INTEGER : v.isNumber()
                ? Type.FLOAT : Type.STRING;
    }

    private static Object parse(Type type, JsonNode v) {
        if (v.isNull() || v.isContainerNode())
            throw new DriverException("bad-request", "not a value: " + v);
        switch (type) {
        case STRING:
            return v.asText();
        case INTEGER:
            return new BigInteger(v.asText()).longValueExact();
        case UNSIGNED_INTEGER:
            return ULong.valueOf(new BigInteger(v.asText()));
        case FLOAT:
            return Double.valueOf(v.asText());
        case BOOLEAN:
            if (!v.isBoolean())
                throw new DriverException("bad-request", "not a boolean: " + v);
            return v.asBoolean();
        case OPAQUE:
            return bytes(v.asText());
        case TIME:
            return new Date(Math.round(Double.parseDouble(v.asText()) * 1000));
        case OBJLNK:
            return ObjectLink.decodeFromString(v.asText());
        case CORELINK:
            try {
                return new DefaultLinkParser()
                        .parseCoreLinkFormat(v.asText().getBytes(StandardCharsets.UTF_8));
            } catch (LinkParseException e) {
                throw new DriverException("bad-request", e.getMessage());
            }
        default:
            throw new DriverException("bad-request", "no values of type " + type);
        }
    }

    static LwM2mPath path(JsonNode q) {
        return new LwM2mPath(q.path("path").asText());
    }

    static List<LwM2mPath> paths(JsonNode q) {
        List<LwM2mPath> all = new ArrayList<>();
        q.path("paths").forEach(p -> all.add(new LwM2mPath(p.asText())));
        return all;
    }

    static ContentFormat format(JsonNode q, String key) {
        return q.hasNonNull(key) ? format(q.path(key).asText()) : null;
    }

    // A name (TEXT OPAQUE CBOR TLV JSON SENML_JSON SENML_CBOR) or a number
    static ContentFormat format(String name) {
        ContentFormat format = name.matches("\\d+") ? ContentFormat.fromCode(Integer.parseInt(name))
                : ContentFormat.fromName(name);
        if (format == null)
            throw new DriverException("bad-request", "unknown content format " + name);
        return format;
    }

    static byte[] bytes(String hex) {
        return Hex.decodeHex(hex.toCharArray());
    }
}
