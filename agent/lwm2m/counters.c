/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/counters.h"

#include "base/cleanup.h"
#include "lwm2m/codec.h"

static const char *const names[_COUNTED_MAX] = {
	[COUNTED_READ] = "read",
	[COUNTED_OBSERVE] = "observe",
	[COUNTED_DISCOVER] = "discover",
	[COUNTED_WRITE] = "write",
	[COUNTED_WRITE_ATTRIBUTES] = "write_attributes",
	[COUNTED_EXECUTE] = "execute",
	[COUNTED_CREATE] = "create",
	[COUNTED_DELETE] = "delete",
	[COUNTED_READ_COMPOSITE] = "read_composite",
	[COUNTED_OBSERVE_COMPOSITE] = "observe_composite",
	[COUNTED_WRITE_COMPOSITE] = "write_composite",
	[COUNTED_OTHER] = "other",
};

/* By its index; 0 is any code that is not here. */
static const uint8_t codes[] = {
	0, COAP_CREATED, COAP_DELETED, COAP_CHANGED, COAP_CONTENT, COAP_CONTINUE, COAP_BAD_REQUEST, COAP_UNAUTHORIZED,
	COAP_BAD_OPTION, COAP_FORBIDDEN, COAP_NOT_FOUND, COAP_METHOD_NOT_ALLOWED, COAP_NOT_ACCEPTABLE, COAP_INCOMPLETE,
	COAP_CONFLICT, COAP_PRECONDITION_FAILED, COAP_TOO_LARGE, COAP_UNSUPPORTED_FORMAT, COAP_INTERNAL_ERROR,
	COAP_NOT_IMPLEMENTED, COAP_UNAVAILABLE,
};

/* The other way round. */
const uint8_t counters_indexes[UINT8_MAX + 1] = {
	[COAP_CREATED] = 1, [COAP_DELETED] = 2, [COAP_CHANGED] = 3, [COAP_CONTENT] = 4, [COAP_CONTINUE] = 5,
	[COAP_BAD_REQUEST] = 6, [COAP_UNAUTHORIZED] = 7, [COAP_BAD_OPTION] = 8, [COAP_FORBIDDEN] = 9,
	[COAP_NOT_FOUND] = 10, [COAP_METHOD_NOT_ALLOWED] = 11, [COAP_NOT_ACCEPTABLE] = 12, [COAP_INCOMPLETE] = 13,
	[COAP_CONFLICT] = 14, [COAP_PRECONDITION_FAILED] = 15, [COAP_TOO_LARGE] = 16,
	[COAP_UNSUPPORTED_FORMAT] = 17, [COAP_INTERNAL_ERROR] = 18, [COAP_NOT_IMPLEMENTED] = 19,
	[COAP_UNAVAILABLE] = 20,
};

_Static_assert(ELEMENTSOF(codes) <= COUNTERS_CODES_MAX, "struct counters has room for each code");

const uint8_t counters_operations[_OPERATION_TYPE_MAX] = {
	[OPERATION_READ] = COUNTED_READ,
	[OPERATION_DISCOVER] = COUNTED_DISCOVER,
	[OPERATION_WRITE_REPLACE] = COUNTED_WRITE,
	[OPERATION_WRITE_UPDATE] = COUNTED_WRITE,
	[OPERATION_WRITE_BLOCK] = COUNTED_WRITE,
	[OPERATION_WRITE_ATTRIBUTES] = COUNTED_WRITE_ATTRIBUTES,
	[OPERATION_EXECUTE] = COUNTED_EXECUTE,
	[OPERATION_CREATE] = COUNTED_CREATE,
	[OPERATION_DELETE] = COUNTED_DELETE,
};

static enum counted_operation classify_post(struct bytes path)
{
	size_t depth = 0;

	for (size_t i = 0; i < path.len; i++)
		depth += path.data[i] == '/';
	return depth == 1 ? COUNTED_CREATE : depth == 2 ? COUNTED_WRITE : COUNTED_EXECUTE;
}

enum counted_operation counters_classify(const struct message *request)
{
	switch (request->code) {
	case COAP_GET:
		return request->observe == 0		? COUNTED_OBSERVE :
		       request->accept == CODEC_LINK	? COUNTED_DISCOVER :
							  COUNTED_READ;
	case COAP_PUT:
		return request->query.len > 0 ? COUNTED_WRITE_ATTRIBUTES : COUNTED_WRITE;
	case COAP_POST:
		return classify_post(request->path);
	case COAP_DELETE:
		return COUNTED_DELETE;
	case COAP_FETCH:
		return request->observe == 0 ? COUNTED_OBSERVE_COMPOSITE : COUNTED_READ_COMPOSITE;
	case COAP_IPATCH:
		return COUNTED_WRITE_COMPOSITE;
	default:
		return COUNTED_OTHER;
	}
}

const char *counters_operation_name(enum counted_operation operation)
{
	return names[operation];
}

uint8_t counters_code(size_t index)
{
	return index < ELEMENTSOF(codes) ? codes[index] : 0;
}
