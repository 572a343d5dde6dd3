/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/accounts-state.h"

#include "lwm2m/codec.h"

#define VERSION     1
#define HEADER_SIZE 9 /* version, origin */

int accounts_state_encode(uint64_t origin, const struct records *records, struct buffer *ret)
{
	const struct path root = PATH0();
	int r = buffer_append_byte(ret, VERSION);

	for (unsigned int shift = 64; shift > 0 && r >= 0; shift -= 8)
		r = buffer_append_byte(ret, (uint8_t)(origin >> (shift - 8)));
	return r < 0 ? r : codec_encode(CODEC_SENML_CBOR, &root, records, ret);
}

struct finder {
	const struct resource_info *(*find_resource)(const struct path *path);
};

static enum value_type type_of(const void *data, const struct path *path)
{
	const struct finder *finder = data;

	return resource_type(finder->find_resource(path));
}

int accounts_state_decode(struct bytes state,
	const struct resource_info *(*find_resource)(const struct path *path), uint64_t *ret_origin,
	struct records *ret)
{
	const struct finder finder = { find_resource };
	const struct codec_types types = { .type_of = type_of, .data = &finder };
	const struct path root = PATH0();
	size_t kept = 0;
	int r;

	if (state.len < HEADER_SIZE || state.data[0] != VERSION)
		return -EBADMSG;
	*ret_origin = 0;
	for (size_t i = 1; i < HEADER_SIZE; i++)
		*ret_origin = *ret_origin << 8 | state.data[i];
	r = codec_decode(CODEC_SENML_CBOR, &root, BYTES(state.data + HEADER_SIZE, state.len - HEADER_SIZE),
		&types, ret);
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	for (size_t i = 0; i < ret->count; i++)
		if (find_resource(&ret->items[i].path))
			ret->items[kept++] = ret->items[i];
	ret->count = kept;
	return 0;
}
