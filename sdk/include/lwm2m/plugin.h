/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwm2m/plugin.h - LwM2M objects for lwm2m-agent, ABI 1
 *
 * A plugin is a shared object that exports one constant, lw_plugin, which LW_PLUGIN() defines. It names the plugin's
 * objects; each object names its resources; each resource is bound to a field of the plugin's own struct, or to a
 * callback. The agent reads and writes the fields, compares them after every callback and tells servers what changed:
 * a plugin never says "notify". Header only: a plugin links nothing of the agent's.
 *
 * Errors: callbacks return 0 or -errno, which a server sees as a CoAP code: -ENOENT 4.04, -EACCES 4.01, -EPERM 4.05,
 * -EINVAL and -ERANGE 4.00, -EMSGSIZE 4.13, -ENODATA "no value now", -ETIMEDOUT, -EAGAIN, -EBUSY, -ENOMEM and
 * -ENOSPC 5.03, -ENOTSUP 5.01, others 5.00.
 *
 * Threads: all callbacks come from one thread, and none while another one runs. They must not block: a plugin that does
 * not return for some seconds is killed and started again. Work that takes longer uses the event loop (lw_event()) and
 * answers with LW_LATER. Instances live in inst->data; keep other state in static variables only if there is one plugin.
 *
 * Ownership: what is passed to a callback is borrowed for the duration of the call; what a plugin passes to the agent is
 * copied. Everything that LW_PLUGIN() refers to must be constant for as long as the module is loaded.
 *
 * Compatibility: members are only ever appended to the structs here (struct lw_value stays as it is); the agent takes
 * older and newer plugins of the same ABI number.
 */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
#error "Plugins are written in C; a C++ plugin keeps its tables in a C file."
#endif

#define LW_PLUGIN_ABI 1

/* The data types of OMA LwM2M Core 1.2, Appendix C, and the C type of a field that holds one. */
enum lw_type {
	LW_NONE,
	LW_STRING,   /* char[N]: UTF-8, NUL-terminated */
	LW_INTEGER,  /* int8_t, int16_t, int32_t, int64_t */
	LW_UNSIGNED, /* uint8_t, uint16_t, uint32_t, uint64_t */
	LW_FLOAT,    /* float, double; NAN: no value now */
	LW_BOOLEAN,  /* bool */
	LW_OPAQUE,   /* LW_BYTES(N) */
	LW_TIME,     /* int64_t: seconds since 1970-01-01 UTC */
	LW_OBJLNK,   /* struct lw_objlnk */
	LW_CORELNK,  /* char[N]: RFC 6690 text, NUL-terminated */
};

/* What a server may do with a resource. */
enum lw_ops { LW_R = 1, LW_W = 2, LW_RW = LW_R | LW_W, LW_E = 4 };

enum lw_resource_flags {
	LW_MULTIPLE = 1,  /* has resource instances; bound to an LW_ARRAY() */
	LW_MANDATORY = 2, /* a Create by a server has to bring it */
	LW_STREAM = 4,    /* written block by block through write_block() */
};

enum lw_object_flags {
	LW_INSTANCES = 1, /* has any number of instances; without it there is instance 0, from start to end */
	LW_CREATE = 2,    /* servers may Create and Delete instances; implies LW_INSTANCES */
};

/* The resource instance id of a resource that has none: one that is not LW_MULTIPLE. */
#define LW_NO_ID UINT16_C(65535)

/* Returned by read() and execute(): the answer comes later, with lw_done(); by poll() and written(): lw_finish() follows. */
#define LW_LATER 1

struct lw_objlnk {
	uint16_t object, instance; /* 65535, 65535: null */
};

/* A value that crosses the boundary. Fixed for ABI 1. */
struct lw_value {
	uint32_t type; /* enum lw_type; selects the member below */
	uint32_t reserved;
	union {
		int64_t integer;       /* LW_INTEGER, LW_TIME */
		uint64_t natural;      /* LW_UNSIGNED */
		double number;         /* LW_FLOAT */
		bool boolean;          /* LW_BOOLEAN */
		struct lw_objlnk link; /* LW_OBJLNK */
		struct {
			const void *data; /* LW_STRING, LW_CORELNK: followed by NUL when it comes from the agent */
			uint64_t len;     /* without the NUL */
		} bytes;                  /* LW_STRING, LW_OPAQUE, LW_CORELNK */
	};
};

/* A field for an Opaque of at most n bytes: LW_BYTES(16) card; then x->card.len and x->card.data. */
#define LW_BYTES(n)                                                                                         \
	struct {                                                                                            \
		uint32_t len;                                                                               \
		uint8_t data[n];                                                                            \
	}

/*
 * A field for a multiple resource of at most n resource instances: values[i] has the resource instance id ids[i], for
 * i < count. Ids ascend. A plugin that leaves them all 0 gets 0, 1, 2, …; servers may write any. LW_ARRAY(int32_t, 4) rpm;
 */
#define LW_ARRAY(type, n)                                                                                   \
	struct {                                                                                            \
		uint32_t count;                                                                             \
		uint16_t ids[n];                                                                            \
		type values[n];                                                                             \
	}

/*
 * As LW_ARRAY(), of strings with len bytes each, the NUL counted; and of Opaques with at most len bytes each:
 * LW_ARRAY_STRING(16, 4) names; LW_ARRAY_BYTES(8, 4) keys;
 */
#define LW_ARRAY_STRING(len, n)                                                                             \
	struct {                                                                                            \
		uint32_t count;                                                                             \
		uint16_t ids[n];                                                                            \
		char values[n][len];                                                                        \
	}
#define LW_ARRAY_BYTES(len, n) LW_ARRAY(LW_BYTES(len), n)

struct lw_host;

/* One object instance as its plugin sees it; made and freed by the agent. */
struct lw_instance {
	const struct lw_host *host;
	void *data; /* the plugin's own struct: a copy of the object's defaults at first; NULL where data_size is 0 */
	uint16_t oid, iid;
};

/* Names a Read or an Execute until it is answered; never 0. */
typedef uint64_t lw_request;

struct sd_event;

/* What the agent lends to a plugin. Call these through the lw_…() functions below. */
struct lw_host {
	size_t size; /* of this struct as the agent knows it */
	void (*log)(const struct lw_host *host, int priority, const char *text);
	const char *(*config)(const struct lw_host *host, const char *section, const char *key);
	const char *(*section)(const struct lw_host *host, unsigned int index);
	struct sd_event *(*event)(const struct lw_host *host);
	int (*add_instance)(const struct lw_host *host, uint16_t oid, uint16_t iid, struct lw_instance **ret);
	void (*remove_instance)(struct lw_instance *inst);
	void (*changed)(struct lw_instance *inst, uint16_t rid);
	int (*answer)(struct lw_instance *inst, lw_request request, uint16_t riid, const struct lw_value *value);
	void (*done)(struct lw_instance *inst, lw_request request, int error);
	/* What was appended: an older agent may not have it, LW_HOST_HAS(). */
	const char *(*key)(const struct lw_host *host, const char *section, unsigned int index);
	void (*complain)(const struct lw_host *host, const char *section, const char *key, const char *text);
	bool (*wrote)(const struct lw_instance *inst, uint16_t rid);
};

/* Has the agent this member of struct lw_host? */
#define LW_HOST_HAS(host, member) ((host)->size >= offsetof(struct lw_host, member) + sizeof((host)->member))

/* Made by the LW_RES_…() macros. */
struct lw_resource {
	uint16_t id;
	uint8_t ops, type; /* enum lw_ops, enum lw_type */
	uint32_t flags;    /* enum lw_resource_flags */

	/* The bound field: where it is in the plugin's struct, and its whole size; size 0: not bound. */
	uint32_t offset, size;
	uint32_t capacity, values, element; /* LW_MULTIPLE: of the arrays, offset of values, size of one of them */
	uint32_t present;                   /* 1 + offset of a bool that says whether there is a value; 0: there always is */

	const char *constant; /* LW_STRING that never changes */

	/* Answers with lw_answer() and returns 0, or returns LW_LATER and goes on with lw_answer() and lw_done() later. */
	int (*read)(struct lw_instance *inst, uint16_t rid, lw_request request);
	/*
	 * Takes one value; written() follows when all of the request were taken, aborted() when it failed after this one.
	 * riid is LW_NO_ID: multiple resources are bound to fields in this version.
	 */
	int (*write)(struct lw_instance *inst, uint16_t rid, uint16_t riid, const struct lw_value *value);
	/* args: "", or as Core 1.2, 6.3.5 has it: "0='text',1". */
	int (*execute)(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args);
	/*
	 * LW_STREAM: the next len bytes of an Opaque, in order, from offset 0 on; a new offset 0 begins anew. more is false
	 * with the last ones. Blocks that never go on are not announced.
	 */
	int (*write_block)(struct lw_instance *inst, uint16_t rid, uint64_t offset, const void *data, size_t len, bool more);
};

struct lw_object {
	uint16_t id;
	uint16_t flags;      /* enum lw_object_flags */
	const char *version; /* of the object's definition: "1.0", "1.1" */
	const struct lw_resource *resources; /* ends with LW_RES_END; in any order */
	const void *defaults;                /* LW_DATA(): initial contents of inst->data */
	uint32_t data_size;

	uint32_t poll_ms; /* values are as new as this, in milliseconds; 0: 1000. Without poll(): unused */
	/*
	 * Brings the fields up to date: when an instance is made, before a Read when the last call is older than poll_ms,
	 * and every poll_ms while a server observes the object. Not called otherwise. <0: said once in the log. LW_LATER: the
	 * fields are brought up to date later, then lw_finish() is called; a Read waits for it, other instances do not.
	 */
	int (*poll)(struct lw_instance *inst);
	/*
	 * The fields hold what one request of a server wrote. <0: refused, the fields get back what they held. LW_LATER: what
	 * is to be done takes time, lw_finish() says how it ended. Until then nobody sees what was written, and neither
	 * poll() nor written() nor write() of this instance is called.
	 */
	int (*written)(struct lw_instance *inst);
	/* The request failed after a write() of it had returned 0: forget what that was told. */
	void (*aborted)(struct lw_instance *inst);
	/* An instance is made: by the agent, by lw_add_instance(), or by a server's Create (before its values are written). */
	int (*init)(struct lw_instance *inst);
	/* An instance that init() had accepted goes; inst->data is freed afterwards. */
	void (*fini)(struct lw_instance *inst);
};

struct lw_plugin {
	uint32_t abi;
	uint32_t plugin_size, object_size, resource_size;
	const char *name;
	const struct lw_object *const *objects; /* ends with NULL */
	/*
	 * Called once when the module was loaded; adds the instances of LW_INSTANCES objects. -EINVAL: the settings are wrong,
	 * and the plugin is left out; <0: it cannot run now, and is started again later.
	 */
	int (*start)(const struct lw_host *host);
	/* The plugin ends in good order; instances are gone already. */
	void (*stop)(const struct lw_host *host);
	/*
	 * For objects that only the settings know: called once, before all else, where objects is NULL. *ret is a list that
	 * ends with NULL, and stays as it is until stop(). lw_config(), lw_section(), lw_event() and lw_log() may be used.
	 */
	int (*describe)(const struct lw_host *host, const struct lw_object *const **ret);
};

/*
 * LW_PLUGIN("thermal", &thermal); or with start() and stop(), each of which may be NULL:
 * LW_PLUGIN_START("rooms", start, NULL, &rooms, &doors);
 */
#define LW_PLUGIN(name, ...) LW_PLUGIN_START(name, NULL, NULL, __VA_ARGS__)
#define LW_PLUGIN_START(_name, _start, _stop, ...)                                                          \
	__attribute__((visibility("default"))) extern const struct lw_plugin lw_plugin;                     \
	const struct lw_plugin lw_plugin = {                                                                \
		.abi = LW_PLUGIN_ABI, .plugin_size = sizeof(struct lw_plugin),                              \
		.object_size = sizeof(struct lw_object), .resource_size = sizeof(struct lw_resource),       \
		.name = (_name), .objects = (const struct lw_object *const[]){ __VA_ARGS__, NULL },         \
		.start = (_start), .stop = (_stop),                                                         \
	}

/* Objects that are not known before the settings are: LW_PLUGIN_DESCRIBE("name", describe, start, stop). */
#define LW_PLUGIN_DESCRIBE(_name, _describe, _start, _stop)                                                 \
	__attribute__((visibility("default"))) extern const struct lw_plugin lw_plugin;                     \
	const struct lw_plugin lw_plugin = {                                                                \
		.abi = LW_PLUGIN_ABI, .plugin_size = sizeof(struct lw_plugin),                              \
		.object_size = sizeof(struct lw_object), .resource_size = sizeof(struct lw_resource),       \
		.name = (_name), .start = (_start), .stop = (_stop), .describe = (_describe),               \
	}

/* In struct lw_object: the plugin's struct per instance and its initial contents: LW_DATA(struct thermal, .value = NAN). */
#define LW_DATA(_struct, ...) .data_size = sizeof(_struct), .defaults = &(const _struct){ __VA_ARGS__ }

/*
 * Resources bound to a field, whose type is checked by the compiler:
 *
 *	char name[32];               LW_RES_STRING(0, LW_RW, struct x, name)
 *	int32_t level;               LW_RES_INTEGER(1, LW_R, struct x, level)       int8_t to int64_t
 *	uint16_t port;               LW_RES_UNSIGNED(2, LW_RW, struct x, port)      uint8_t to uint64_t
 *	double value;                LW_RES_FLOAT(3, LW_R, struct x, value)         or float
 *	bool open;                   LW_RES_BOOLEAN(4, LW_RW, struct x, open)
 *	LW_BYTES(16) card;           LW_RES_OPAQUE(5, LW_R, struct x, card)
 *	int64_t since;               LW_RES_TIME(6, LW_R, struct x, since)          seconds since 1970-01-01 UTC
 *	struct lw_objlnk power;      LW_RES_OBJLNK(7, LW_RW, struct x, power)
 *	char links[128];             LW_RES_CORELNK(8, LW_R, struct x, links)
 *
 * Further members of struct lw_resource may follow: LW_RES_STRING(1, LW_RW, struct x, name, .flags = LW_MANDATORY) or
 * LW_RES_TIME(2, LW_R, struct x, since, LW_PRESENT(struct x, has_since)).
 */
#define LW_RES_STRING(id, ops, st, member, ...)                                                             \
	LW_FIELD(id, ops, LW_STRING, st, member, LW_IS(st, member, char[LW_SIZE(st, member)]), __VA_ARGS__)
#define LW_RES_INTEGER(id, ops, st, member, ...)                                                            \
	LW_FIELD(id, ops, LW_INTEGER, st, member, LW_IS_SIGNED(st, member), __VA_ARGS__)
#define LW_RES_UNSIGNED(id, ops, st, member, ...)                                                           \
	LW_FIELD(id, ops, LW_UNSIGNED, st, member, LW_IS_UNSIGNED(st, member), __VA_ARGS__)
#define LW_RES_FLOAT(id, ops, st, member, ...)                                                              \
	LW_FIELD(id, ops, LW_FLOAT, st, member, LW_IS_FLOAT(st, member), __VA_ARGS__)
#define LW_RES_BOOLEAN(id, ops, st, member, ...)                                                            \
	LW_FIELD(id, ops, LW_BOOLEAN, st, member, LW_IS(st, member, bool), __VA_ARGS__)
#define LW_RES_OPAQUE(id, ops, st, member, ...)                                                             \
	LW_FIELD(id, ops, LW_OPAQUE, st, member, LW_IS(st, member.len, uint32_t), __VA_ARGS__)
#define LW_RES_TIME(id, ops, st, member, ...)                                                               \
	LW_FIELD(id, ops, LW_TIME, st, member, LW_IS_SIGNED(st, member) && LW_SIZE(st, member) == 8, __VA_ARGS__)
#define LW_RES_OBJLNK(id, ops, st, member, ...)                                                             \
	LW_FIELD(id, ops, LW_OBJLNK, st, member, LW_IS(st, member, struct lw_objlnk), __VA_ARGS__)
#define LW_RES_CORELNK(id, ops, st, member, ...)                                                            \
	LW_FIELD(id, ops, LW_CORELNK, st, member, LW_IS(st, member, char[LW_SIZE(st, member)]), __VA_ARGS__)

/*
 * Multiple resources bound to an array:
 *
 *	LW_ARRAY_STRING(16, 4) names;       LW_RES_ARRAY_STRING(0, LW_R, struct x, names)
 *	LW_ARRAY(int32_t, 4) rpm;           LW_RES_ARRAY_INTEGER(1, LW_R, struct x, rpm)
 *	LW_ARRAY(uint8_t, 4) channels;      LW_RES_ARRAY_UNSIGNED(2, LW_RW, struct x, channels)
 *	LW_ARRAY(double, 3) axes;           LW_RES_ARRAY_FLOAT(3, LW_R, struct x, axes)
 *	LW_ARRAY(bool, 8) inputs;           LW_RES_ARRAY_BOOLEAN(4, LW_R, struct x, inputs)
 *	LW_ARRAY_BYTES(8, 4) keys;          LW_RES_ARRAY_OPAQUE(5, LW_W, struct x, keys)
 *	LW_ARRAY(int64_t, 4) times;         LW_RES_ARRAY_TIME(6, LW_R, struct x, times)
 *	LW_ARRAY(struct lw_objlnk, 4) to;   LW_RES_ARRAY_OBJLNK(7, LW_RW, struct x, to)
 *	LW_ARRAY_STRING(64, 2) links;       LW_RES_ARRAY_CORELNK(8, LW_R, struct x, links)
 */
#define LW_RES_ARRAY_STRING(id, ops, st, member, ...)                                                       \
	LW_FIELDS(id, ops, LW_STRING, st, member, LW_IS(st, member.values[0][0], char), __VA_ARGS__)
#define LW_RES_ARRAY_INTEGER(id, ops, st, member, ...)                                                      \
	LW_FIELDS(id, ops, LW_INTEGER, st, member, LW_IS_SIGNED(st, member.values[0]), __VA_ARGS__)
#define LW_RES_ARRAY_UNSIGNED(id, ops, st, member, ...)                                                     \
	LW_FIELDS(id, ops, LW_UNSIGNED, st, member, LW_IS_UNSIGNED(st, member.values[0]), __VA_ARGS__)
#define LW_RES_ARRAY_FLOAT(id, ops, st, member, ...)                                                        \
	LW_FIELDS(id, ops, LW_FLOAT, st, member, LW_IS_FLOAT(st, member.values[0]), __VA_ARGS__)
#define LW_RES_ARRAY_BOOLEAN(id, ops, st, member, ...)                                                      \
	LW_FIELDS(id, ops, LW_BOOLEAN, st, member, LW_IS(st, member.values[0], bool), __VA_ARGS__)
#define LW_RES_ARRAY_OPAQUE(id, ops, st, member, ...)                                                       \
	LW_FIELDS(id, ops, LW_OPAQUE, st, member, LW_IS(st, member.values[0].len, uint32_t), __VA_ARGS__)
#define LW_RES_ARRAY_TIME(id, ops, st, member, ...)                                                         \
	LW_FIELDS(id, ops, LW_TIME, st, member, LW_IS_SIGNED(st, member.values[0]) &&                       \
		LW_SIZE(st, member.values[0]) == 8, __VA_ARGS__)
#define LW_RES_ARRAY_OBJLNK(id, ops, st, member, ...)                                                       \
	LW_FIELDS(id, ops, LW_OBJLNK, st, member, LW_IS(st, member.values[0], struct lw_objlnk), __VA_ARGS__)
#define LW_RES_ARRAY_CORELNK(id, ops, st, member, ...)                                                      \
	LW_FIELDS(id, ops, LW_CORELNK, st, member, LW_IS(st, member.values[0][0], char), __VA_ARGS__)

/*
 * A String that never changes, LW_RES_CONST(5701, "Cel"); an executable resource, LW_RES_EXECUTE(5605, reset); an Opaque
 * written block by block, LW_RES_STREAM(0, on_block); anything else with callbacks,
 * LW_RES_CALLBACK(5750, LW_RW, LW_STRING, .read = on_read, .write = on_write).
 */
#define LW_RES_CONST(_id, _text)       { .id = (_id), .ops = LW_R, .type = LW_STRING, .constant = (_text) }
#define LW_RES_EXECUTE(_id, _fn, ...)  { .id = (_id), .ops = LW_E, .execute = (_fn), __VA_ARGS__ }
#define LW_RES_STREAM(_id, _fn, ...)   { .id = (_id), .ops = LW_W, .type = LW_OPAQUE, .flags = LW_STREAM,   \
	.write_block = (_fn), __VA_ARGS__ }
#define LW_RES_CALLBACK(_id, _ops, _type, ...) { .id = (_id), .ops = (_ops), .type = (_type), __VA_ARGS__ }
#define LW_RES_END                     { .id = UINT16_MAX }

/* A bool of the plugin's struct that says whether the field has a value; where not, the resource is not there. */
#define LW_PRESENT(st, member) .present = 1 + offsetof(st, member) + LW_CHECK(LW_IS(st, member, bool))

/* How the macros above are made. */
#define LW_SIZE(st, member)        sizeof(((st *)0)->member)
#define LW_IS(st, member, type)    __builtin_types_compatible_p(__typeof__(((st *)0)->member), type)
#define LW_IS_SIGNED(st, member)   _Generic(((st *)0)->member, signed char: 1, short: 1, int: 1, long: 1,   \
	long long: 1, default: 0)
#define LW_IS_UNSIGNED(st, member) _Generic(((st *)0)->member, unsigned char: 1, unsigned short: 1,         \
	unsigned int: 1, unsigned long: 1, unsigned long long: 1, default: 0)
#define LW_IS_FLOAT(st, member)    _Generic(((st *)0)->member, float: 1, double: 1, default: 0)
#define LW_CHECK(condition)                                                                                 \
	(0 * sizeof(struct { _Static_assert(condition, "the field does not have the resource's type"); char c; }))
#define LW_FIELD(_id, _ops, _type, _struct, _member, _check, ...)                                           \
	{                                                                                                   \
		.id = (_id), .ops = (_ops), .type = (_type), .offset = offsetof(_struct, _member),          \
		.size = LW_SIZE(_struct, _member) + LW_CHECK(_check), __VA_ARGS__                           \
	}
#define LW_FIELDS(_id, _ops, _type, _struct, _member, _check, ...)                                          \
	{                                                                                                   \
		.id = (_id), .ops = (_ops), .type = (_type), .flags = LW_MULTIPLE,                          \
		.offset = offsetof(_struct, _member), .size = LW_SIZE(_struct, _member) + LW_CHECK(_check), \
		.capacity = LW_SIZE(_struct, _member.ids) / sizeof(uint16_t),                               \
		.values = offsetof(_struct, _member.values) - offsetof(_struct, _member),                   \
		.element = LW_SIZE(_struct, _member.values[0]), __VA_ARGS__                                 \
	}

/* Values; text and data are borrowed until the value was handed over. */
static inline struct lw_value lw_string(const char *text)
{
	return (struct lw_value){ .type = LW_STRING, .bytes = { text, strlen(text) } };
}

static inline struct lw_value lw_integer(int64_t integer)
{
	return (struct lw_value){ .type = LW_INTEGER, .integer = integer };
}

static inline struct lw_value lw_unsigned(uint64_t natural)
{
	return (struct lw_value){ .type = LW_UNSIGNED, .natural = natural };
}

static inline struct lw_value lw_float(double number)
{
	return (struct lw_value){ .type = LW_FLOAT, .number = number };
}

static inline struct lw_value lw_boolean(bool boolean)
{
	return (struct lw_value){ .type = LW_BOOLEAN, .boolean = boolean };
}

static inline struct lw_value lw_opaque(const void *data, size_t len)
{
	return (struct lw_value){ .type = LW_OPAQUE, .bytes = { data, len } };
}

static inline struct lw_value lw_time(int64_t seconds)
{
	return (struct lw_value){ .type = LW_TIME, .integer = seconds };
}

static inline struct lw_value lw_objlnk(uint16_t object, uint16_t instance)
{
	return (struct lw_value){ .type = LW_OBJLNK, .link = { object, instance } };
}

static inline struct lw_value lw_corelnk(const char *text)
{
	return (struct lw_value){ .type = LW_CORELNK, .bytes = { text, strlen(text) } };
}

/* In read(): the value of a resource. -EINVAL: not of the resource's type; -EMSGSIZE: above 1 MiB; -ENOMEM. riid is LW_NO_ID. */
static inline int lw_answer_at(struct lw_instance *inst, lw_request request, uint16_t riid, struct lw_value value)
{
	return inst->host->answer(inst, request, riid, &value);
}

static inline int lw_answer(struct lw_instance *inst, lw_request request, struct lw_value value)
{
	return lw_answer_at(inst, request, LW_NO_ID, value);
}

/* Ends a request whose callback returned LW_LATER; error is 0 or -errno. A request that is no more is left alone. */
static inline void lw_done(struct lw_instance *inst, lw_request request, int error)
{
	inst->host->done(inst, request, error);
}

/*
 * In written(): did the request write this resource, with another value or the one it had? An agent that is too old to know
 * says so of all.
 */
static inline bool lw_wrote(const struct lw_instance *inst, uint16_t rid)
{
	return inst->host->size <= offsetof(struct lw_host, wrote) || inst->host->wrote(inst, rid);
}

/* Ends a poll() or written() that returned LW_LATER; error is 0 or -errno. When there is none, nothing happens. */
static inline void lw_finish(struct lw_instance *inst, int error)
{
	inst->host->done(inst, 0, error);
}

/* A resource that has a read() has another value now. Fields need no such call. */
static inline void lw_changed(struct lw_instance *inst, uint16_t rid)
{
	inst->host->changed(inst, rid);
}

/*
 * Makes an instance of an object that has LW_INSTANCES and calls its init() and poll(). ret may be NULL. -EEXIST: there
 * is one; -ENOENT: no such object; or what init() returned.
 */
static inline int lw_add_instance(const struct lw_host *host, uint16_t oid, uint16_t iid, struct lw_instance **ret)
{
	return host->add_instance(host, oid, iid, ret);
}

/* Takes the instance away; inside one of its own callbacks as soon as that returns. */
static inline void lw_remove_instance(struct lw_instance *inst)
{
	inst->host->remove_instance(inst);
}

/* The value of "key =" in [section] of plugins.d/NAME.conf; NULL when it is not there. Lives as long as the plugin. */
static inline const char *lw_config(const struct lw_host *host, const char *section, const char *key)
{
	return host->config(host, section, key);
}

/* The name of the section at index 0, 1, …; NULL after the last. */
static inline const char *lw_section(const struct lw_host *host, unsigned int index)
{
	return host->section(host, index);
}

/* The name of the key at index 0, 1, … of [section]; NULL after the last. */
static inline const char *lw_key(const struct lw_host *host, const char *section, unsigned int index)
{
	return LW_HOST_HAS(host, key) ? host->key(host, section, index) : NULL;
}

/*
 * The event loop (sd-event(3)) for file descriptors, timers and sd-bus connections; borrowed. The fields are compared
 * after each handler, too. Sources have to be freed in fini() or stop().
 */
static inline struct sd_event *lw_event(const struct lw_host *host)
{
	return host->event(host);
}

/* One line to the agent's log; priority is LOG_ERR … LOG_DEBUG of syslog.h (3, 4, 5, 6, 7). */
__attribute__((format(printf, 3, 4))) static inline void lw_log(const struct lw_host *host, int priority,
								const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	host->log(host, priority, text);
}

/*
 * Something is wrong with the setting "key =" in [section]: one line to the log, as an error, that begins with file and
 * line: "/etc/lwm2m-agent/plugins.d/gpio.conf:7: …". A key that is not there, or NULL: the line of the section's first key.
 * lwm2m/settings.h reads whole sections and says all that is wrong with them.
 */
__attribute__((format(printf, 4, 5))) static inline void lw_config_error(
	const struct lw_host *host, const char *section, const char *key, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (LW_HOST_HAS(host, complain))
		host->complain(host, section, key, text);
	else
		lw_log(host, 3, "[%s]: %s", section, text);
}

/* Writes one number to a sysfs file. -errno. */
static inline int lw_sysfs_write(const char *path, long number)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -errno;
	if (fprintf(file, "%ld", number) < 0) {
		fclose(file);
		return -EIO;
	}
	return fclose(file) == 0 ? 0 : -errno;
}

/* Reads the one number that a sysfs file holds, times scale; leaves *ret alone when it cannot. -errno; -EIO: no number. */
static inline int lw_sysfs_read(const char *path, double scale, double *ret)
{
	FILE *file = fopen(path, "re");
	double number;
	int r;

	if (!file)
		return -errno;
	errno = 0;
	r = fscanf(file, "%lf", &number) == 1 ? 0 : ferror(file) && errno > 0 ? -errno : -EIO;
	fclose(file);
	/* 41800 / 1000 is 41.8, and 41800 * 0.001 is 41.800000000000004. */
	if (r == 0)
		*ret = scale < 1 ? number / (1 / scale) : number * scale;
	return r;
}
