/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for tests: OMA's LwM2M v1.1 Test Object (3442), which has every data type once and as an array, and object
 * 33000, whose resources take a stream, answer late, and refuse.
 */
#include <lwm2m/plugin.h>
#include <math.h>
#include <stdlib.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#define OBJECT 3442
#define SINK   33000

#define STRING_MAX 4096
#define OPAQUE_MAX (128 * 1024)

struct object {
	LW_ARRAY_STRING(64, 10) arguments;
	char string[STRING_MAX];
	int64_t integer;
	uint64_t natural;
	double number;
	bool boolean;
	LW_BYTES(OPAQUE_MAX) opaque;
	int64_t time;
	struct lw_objlnk link;
	char corelnk[64];
	LW_ARRAY_STRING(64, 8) strings;
	LW_ARRAY(int64_t, 8) integers;
	LW_ARRAY(uint64_t, 8) naturals;
	LW_ARRAY(double, 8) numbers;
	LW_ARRAY(bool, 8) booleans;
	LW_ARRAY_BYTES(64, 8) opaques;
	LW_ARRAY(int64_t, 8) times;
	LW_ARRAY(struct lw_objlnk, 8) links;
	LW_ARRAY_STRING(64, 8) corelnks;
};

#define ONE(...) { .count = 1, .values = { __VA_ARGS__ } }
#define BYTES8   { .len = 8, .data = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF } }

/* What the object's definition says that it holds at first. */
static const struct object initial = {
	.string = "initial value",
	.integer = 1024,
	.natural = UINT64_C(1) << 63,
	.number = 3.14159,
	.boolean = true,
	.opaque = BYTES8,
	.time = 946684800,
	.link = { 3, 0 },
	.corelnk = "</3442>",
	.strings = ONE("initial value"),
	.integers = ONE(1024),
	.naturals = ONE(UINT64_C(1) << 63),
	.numbers = ONE(3.14159),
	.booleans = ONE(true),
	.opaques = ONE(BYTES8),
	.times = ONE(946684800),
	.links = ONE({ 3, 0 }),
	.corelnks = ONE("</3442>"),
};

static int reset(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	memcpy(inst->data, &initial, sizeof(initial));
	return 0;
}

static int randomize(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct object *o = inst->data;

	snprintf(o->string, sizeof(o->string), "%ld", random());
	o->integer = random() - RAND_MAX / 2;
	o->natural = (uint64_t)random() << 33;
	o->number = (double)random() / 1e3;
	o->boolean = random() & 1;
	o->time = random();
	o->link = (struct lw_objlnk){ OBJECT, inst->iid };
	return 0;
}

static int clear(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	static const struct object zero;

	memcpy(inst->data, &zero, sizeof(zero));
	((struct object *)inst->data)->link = (struct lw_objlnk){ UINT16_MAX, UINT16_MAX };
	return 0;
}

/* "0='text',1" is kept as the argument's text by its digit. */
static int execute(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct object *o = inst->data;

	memset(&o->arguments, 0, sizeof(o->arguments));
	while (*args) {
		const char *end = args[1] == '=' ? strchr(args + 3, '\'') : args + 1;
		unsigned int i = o->arguments.count++;

		o->arguments.ids[i] = (uint16_t)(*args - '0');
		if (args[1] == '=')
			snprintf(o->arguments.values[i], sizeof(o->arguments.values[i]), "%.*s", (int)(end - args - 3),
				args + 3);
		args = args[1] == '=' ? end + 1 : end;
		args += *args == ',';
	}
	return 0;
}

static const struct lw_resource resources[] = {
	LW_RES_EXECUTE(0, reset),
	LW_RES_EXECUTE(1, randomize),
	LW_RES_EXECUTE(2, clear),
	LW_RES_EXECUTE(3, execute),
	LW_RES_ARRAY_STRING(4, LW_R, struct object, arguments),
	LW_RES_STRING(110, LW_RW, struct object, string),
	LW_RES_INTEGER(120, LW_RW, struct object, integer),
	LW_RES_UNSIGNED(125, LW_RW, struct object, natural),
	LW_RES_FLOAT(130, LW_RW, struct object, number),
	LW_RES_BOOLEAN(140, LW_RW, struct object, boolean),
	LW_RES_OPAQUE(150, LW_RW, struct object, opaque),
	LW_RES_TIME(160, LW_RW, struct object, time),
	LW_RES_OBJLNK(170, LW_RW, struct object, link),
	LW_RES_CORELNK(180, LW_RW, struct object, corelnk),
	LW_RES_ARRAY_STRING(1110, LW_RW, struct object, strings),
	LW_RES_ARRAY_INTEGER(1120, LW_RW, struct object, integers),
	LW_RES_ARRAY_UNSIGNED(1125, LW_RW, struct object, naturals),
	LW_RES_ARRAY_FLOAT(1130, LW_RW, struct object, numbers),
	LW_RES_ARRAY_BOOLEAN(1140, LW_RW, struct object, booleans),
	LW_RES_ARRAY_OPAQUE(1150, LW_RW, struct object, opaques),
	LW_RES_ARRAY_TIME(1160, LW_RW, struct object, times),
	LW_RES_ARRAY_OBJLNK(1170, LW_RW, struct object, links),
	LW_RES_ARRAY_CORELNK(1180, LW_RW, struct object, corelnks),
	LW_RES_END,
};

/* A Write that this refuses has to leave everything as it was. */
static int written(struct lw_instance *inst)
{
	const struct object *o = inst->data;

	return strcmp(o->string, "refuse") == 0 ? -EINVAL : 0;
}

static const struct lw_object object = {
	.id = OBJECT,
	.version = "1.0",
	.flags = LW_CREATE,
	.resources = resources,
	.data_size = sizeof(struct object),
	.defaults = &initial,
	.written = written,
};

struct sink {
	uint64_t received, bodies;
	uint32_t checksum; /* of the body: the Adler-32 */
	bool complete;
	uint64_t at, a, b; /* of the body that comes in */
	char secret[64], noted[64];
	double polled, absent;
	uint32_t polls, executed;
	bool has_absent;
	char label[16];
};

/* Resource 0: the body's bytes in order. A gap would show in the checksum. */
static int sink_block(struct lw_instance *inst, uint16_t rid, uint64_t offset, const void *data, size_t len, bool more)
{
	struct sink *s = inst->data;
	const uint8_t *bytes = data;
	uint64_t a, b;

	if (offset == 0) {
		s->a = 1;
		s->b = s->at = 0;
		s->complete = false;
	}
	if (offset != s->at)
		return -EILSEQ;
	a = s->a;
	b = s->b;
	for (size_t i = 0; i < len; i++) {
		a += bytes[i];
		b += a;
	}
	s->a = a % 65521;
	s->b = b % 65521;
	s->at += len;
	if (more)
		return 0;
	s->received = s->at;
	s->checksum = (uint32_t)(s->b << 16 | s->a);
	s->complete = true;
	s->bodies++;
	return 0;
}

/* Answers that come later, each in an event of its own. */
struct later {
	struct lw_instance *inst;
	lw_request request;
	uint16_t rid;
	sd_event_source *timer;
};

static int on_later(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct later *later = userdata;

	if (later->rid == 10)
		lw_answer(later->inst, later->request, lw_string("late"));
	lw_done(later->inst, later->request, later->rid == 12 ? -EACCES : 0);
	sd_event_source_disable_unref(later->timer);
	free(later);
	return 0;
}

static int answer_later(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	struct later *later = calloc(1, sizeof(*later));

	if (!later)
		return -ENOMEM;
	*later = (struct later){ inst, request, rid, NULL };
	if (sd_event_add_time_relative(lw_event(inst->host), &later->timer, CLOCK_BOOTTIME, 20000, 1, on_later, later) < 0) {
		free(later);
		return -EIO;
	}
	return LW_LATER;
}

static int answer_now(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	return lw_answer(inst, request, lw_integer(getpid()));
}

static int answer_wrongly(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	return lw_answer(inst, request, lw_integer(1));
}

static int answer_never(struct lw_instance *inst, uint16_t rid, lw_request request)
{
	return LW_LATER;
}

static int execute_later(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	return answer_later(inst, rid, request);
}

static int execute_refused(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	return -EBUSY;
}

/* Values that the plugin itself takes; they show in resource 22 when the whole of a request was taken. */
static char pending[64];

static int write_secret(struct lw_instance *inst, uint16_t rid, uint16_t riid, const struct lw_value *value)
{
	if (value->bytes.len >= sizeof(pending))
		return -EMSGSIZE;
	strcpy(pending, value->bytes.data);
	return 0;
}

static int sink_written(struct lw_instance *inst)
{
	struct sink *s = inst->data;

	if (strcmp(s->noted, "refuse") == 0)
		return -ERANGE;
	strcpy(s->secret, pending);
	return 0;
}

static void sink_aborted(struct lw_instance *inst)
{
	strcpy(pending, "aborted");
}

static int sink_poll(struct lw_instance *inst)
{
	struct sink *s = inst->data;

	s->polls++;
	s->polled = s->polls % 2 ? s->polls : NAN;
	return 0;
}

static int toggle_absent(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct sink *s = inst->data;

	s->has_absent = !s->has_absent;
	return 0;
}

static int count(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct sink *s = inst->data;

	s->executed++;
	return 0;
}

static const struct lw_resource sink_resources[] = {
	LW_RES_STREAM(0, sink_block),
	LW_RES_UNSIGNED(1, LW_R, struct sink, received),
	LW_RES_UNSIGNED(2, LW_R, struct sink, checksum),
	LW_RES_BOOLEAN(3, LW_R, struct sink, complete),
	LW_RES_UNSIGNED(4, LW_R, struct sink, bodies),
	LW_RES_CALLBACK(10, LW_R, LW_STRING, .read = answer_later),
	LW_RES_CALLBACK(11, LW_R, LW_INTEGER, .read = answer_now),
	LW_RES_CALLBACK(12, LW_R, LW_STRING, .read = answer_later),
	LW_RES_EXECUTE(13, execute_later),
	LW_RES_EXECUTE(14, execute_refused),
	LW_RES_CALLBACK(20, LW_W, LW_STRING, .write = write_secret),
	LW_RES_STRING(21, LW_RW, struct sink, noted),
	LW_RES_STRING(22, LW_R, struct sink, secret),
	LW_RES_FLOAT(30, LW_R, struct sink, polled),
	LW_RES_UNSIGNED(31, LW_R, struct sink, polls),
	LW_RES_FLOAT(32, LW_R, struct sink, absent, LW_PRESENT(struct sink, has_absent)),
	LW_RES_EXECUTE(33, toggle_absent),
	LW_RES_CONST(34, "constant"),
	LW_RES_EXECUTE(35, count),
	LW_RES_UNSIGNED(36, LW_R, struct sink, executed),
	LW_RES_END,
};

static const struct lw_object sink = {
	.id = SINK,
	.version = "1.0",
	.resources = sink_resources,
	LW_DATA(struct sink, .label = "sink"),
	.poll_ms = 200,
	.poll = sink_poll,
	.written = sink_written,
	.aborted = sink_aborted,
};

static const struct lw_resource odd_resources[] = {
	LW_RES_CALLBACK(0, LW_R, LW_STRING, .read = answer_wrongly),
	LW_RES_CALLBACK(1, LW_R, LW_STRING, .read = answer_never),
	LW_RES_END,
};

static const struct lw_object odd = { .id = 33001, .version = "1.0", .resources = odd_resources };

static int start(const struct lw_host *host)
{
	return lw_add_instance(host, OBJECT, 0, NULL);
}

LW_PLUGIN_START("test-object", start, NULL, &object, &sink, &odd);
