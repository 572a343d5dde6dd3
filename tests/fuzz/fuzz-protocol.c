/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plugin's host sends: messages that D-Bus has found well-formed, with whatever in them. The bytes make messages of
 * the right signature (now and then of another one); the mirror takes them or refuses them, stays as protocol.h bounds
 * it, and gives back what it counted.
 */
#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "plugin/mirror-internal.h"

enum { MESSAGES_MAX = 32 };

static sd_bus *bus;
static struct bytes input;

static uint8_t take(void)
{
	uint8_t byte = 0;

	if (input.len == 0)
		return 0;
	byte = *input.data;
	input = BYTES(input.data + 1, input.len - 1);
	return byte;
}

/* Small ids and flags meet each other; large ones come too. */
static uint16_t take_id(uint16_t least)
{
	uint8_t byte = take();

	return byte < 0xf0 ? (uint16_t)(least + byte % 4) : (uint16_t)(take() << 8 | take() | (byte & 1 ? 0xff00 : 0));
}

/* Messages are made for a bus; this one is never used. */
static void open_bus(void)
{
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	CHECK(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, fds[0], fds[0]) >= 0 && sd_bus_start(bus) >= 0);
	close(fds[1]);
}

static void add(sd_bus_message *m, const char *types, ...)
{
	va_list arguments;

	va_start(arguments, types);
	CHECK(sd_bus_message_appendv(m, types, arguments) >= 0);
	va_end(arguments);
}

static void open_container(sd_bus_message *m, char type, const char *contents)
{
	CHECK(sd_bus_message_open_container(m, type, contents) >= 0);
}

static void close_container(sd_bus_message *m)
{
	CHECK(sd_bus_message_close_container(m) >= 0);
}

static void add_value(sd_bus_message *m)
{
	static const char *const texts[] = { "", "x", "some text", "\xc3\xa4" };
	uint8_t type = take(), value = take();
	uint8_t bytes[16] = { value };

	switch (type % 10) {
	case 0:
		add(m, "v", "s", texts[value % ELEMENTSOF(texts)]);
		break;
	case 1:
		add(m, "v", "x", (int64_t)(int8_t)value * (1 << (type & 16)));
		break;
	case 2:
		add(m, "v", "t", (uint64_t)value << (type & 48));
		break;
	case 3:
		add(m, "v", "d", value == 255 ? NAN : value / 2.0);
		break;
	case 4:
		add(m, "v", "b", value & 1);
		break;
	case 5:
		open_container(m, 'v', "ay");
		CHECK(sd_bus_message_append_array(m, 'y', bytes, value % sizeof(bytes)) >= 0);
		close_container(m);
		break;
	case 6:
		add(m, "v", "(qq)", value, value);
		break;
	case 7:
		add(m, "v", "q", value);
		break;
	case 8:
		add(m, "v", "a(qq)", 1, value, value);
		break;
	default:
		add(m, "v", "v", "u", value);
	}
}

static void add_tables(sd_bus_message *m)
{
	static const char *const versions[] = { "1.0", "1.1", "", "1", "1.0.0", "10.10", "1.x", "123456789.0" };

	open_container(m, 'a', PROTOCOL_TABLE);
	for (uint8_t n = take() % 4; n > 0; n--) {
		open_container(m, 'r', "qqsua" PROTOCOL_RESOURCE);
		add(m, "qqsu", take_id(3303), take(), versions[take() % ELEMENTSOF(versions)], (uint32_t)take() * 100);
		open_container(m, 'a', PROTOCOL_RESOURCE);
		for (uint8_t k = take() % 8, rid = 0; k > 0; k--, rid++)
			add(m, PROTOCOL_RESOURCE, take_id(rid), take() % 12, take() % 8, take() % 10, take() & 1);
		close_container(m);
		close_container(m);
	}
	close_container(m);
}

static void add_change(sd_bus_message *m)
{
	open_container(m, 'r', "qba(q" PROTOCOL_VALUE ")");
	add(m, "qb", take_id(0), take() < 200);
	open_container(m, 'a', "(q" PROTOCOL_VALUE ")");
	for (uint8_t n = take() % 4, riid = 0; n > 0; n--, riid++) {
		open_container(m, 'r', "q" PROTOCOL_VALUE);
		add(m, "q", take() & 1 ? PATH_ID_NONE : take_id(riid));
		add_value(m);
		close_container(m);
	}
	close_container(m);
	close_container(m);
}

static void add_news(sd_bus_message *m)
{
	open_container(m, 'a', PROTOCOL_NEWS);
	for (uint8_t n = take() % 4; n > 0; n--) {
		open_container(m, 'r', "qqba" PROTOCOL_CHANGE);
		add(m, "qqb", take_id(3303), take_id(0), take() < 200);
		open_container(m, 'a', PROTOCOL_CHANGE);
		for (uint8_t k = take() % 6; k > 0; k--)
			add_change(m);
		close_container(m);
		close_container(m);
	}
	close_container(m);
}

static void add_records(sd_bus_message *m)
{
	open_container(m, 'a', PROTOCOL_RECORD);
	for (uint8_t n = take() % 6; n > 0; n--) {
		open_container(m, 'r', "qqq" PROTOCOL_VALUE);
		add(m, "qqq", take_id(0), take_id(0), take() & 1 ? PATH_ID_NONE : take_id(0));
		add_value(m);
		close_container(m);
	}
	close_container(m);
}

static sd_bus_message *message(void (*fill)(sd_bus_message *m))
{
	sd_bus_message *m;

	CHECK(sd_bus_message_new_signal(bus, &m, PROTOCOL_PATH, PROTOCOL_INTERFACE, "Test") >= 0);
	fill(m);
	CHECK(sd_bus_message_seal(m, 1, 0) >= 0 && sd_bus_message_rewind(m, true) >= 0);
	return m;
}

static void check_records(const struct mirror_object *object, const struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->items[i];
		const struct resource_info *info = object_find_resource(&object->object, record->path.ids[2]);

		CHECK(record->path.ids[0] == object->info.id && info && record->value.type == info->type);
		CHECK((record->path.depth == PATH_RESOURCE_INSTANCE) == !!(info->flags & RESOURCE_MULTIPLE));
	}
}

static void check_mirror(const struct mirror *mirror)
{
	CHECK(mirror->memory <= PROTOCOL_MEMORY_MAX + (1 << 16));
	for (size_t i = 0; i < mirror->n_objects; i++) {
		_cleanup_(records_deinit) struct records records = { 0 };
		const struct mirror_object *object = mirror->objects[i];
		const struct path path = PATH1(object->info.id);
		const uint16_t *ids;

		CHECK(mirror_read(object, &path, &records) == 0);
		check_records(object, &records);
		for (size_t k = 0; k < object->n_instances; k++) {
			CHECK(k == 0 || object->instances[k]->iid > object->instances[k - 1]->iid);
			for (size_t n = 0; n < object->info.n_resources; n++)
				(void)mirror_probe(object, object->instances[k]->iid, n, &ids);
		}
	}
}

/* 0, or the host is given up. */
static int receive(struct mirror *mirror, struct registry *registry, uint8_t kind)
{
	static void (*const fills[])(sd_bus_message *m) = { add_news, add_tables, add_records };
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = message(fills[kind % 16 < 3 ? kind % 16 : 0]);
	_cleanup_(records_deinit) struct records records = { 0 };
	static const struct object_ops ops;
	struct mirror staged = { 0 };
	char reason[MIRROR_REASON_MAX] = "";
	int r;

	switch (kind % 16) {
	case 1:
		r = mirror_read_tables(&staged, m, reason);
		if (r == 0)
			r = mirror_take(mirror, &staged, registry, NULL, 0, &ops, reason);
		mirror_deinit(&staged, registry);
		break;
	case 2:
		if (mirror->n_objects > 0 && protocol_read_records(m, &mirror->objects[0]->info, &records) == 0)
			check_records(mirror->objects[0], &records);
		return 0;
	case 3: /* not what it is */
		r = mirror_read_tables(&staged, m, reason);
		mirror_deinit(&staged, registry);
		break;
	default:
		r = mirror_read_news(mirror, m, reason);
	}
	CHECK(r == 0 || reason[0]);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct registry registry = { 0 };
	struct mirror mirror = { 0 };
	int r = 0;

	if (!bus)
		open_bus();
	input = BYTES(data, len);
	for (unsigned int i = 0; i < MESSAGES_MAX && input.len > 0 && r == 0; i++) {
		r = receive(&mirror, &registry, take());
		check_mirror(&mirror);
	}
	while (mirror.n_objects > 0)
		mirror_free_object(&mirror, mirror.objects[--mirror.n_objects], &registry);
	CHECK(mirror.memory == 0);
	mirror_deinit(&mirror, &registry);
	CHECK(registry.n_objects == 0);
	registry_deinit(&registry);
	return 0;
}
