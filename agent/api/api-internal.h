/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api-internal.h - what the files of the API share
 *
 * api.c is the front door; bus-link.c has the connection, tree.c the D-Bus objects as nodes of three
 * branches, described by server-node.c, object-node.c and plugin-node.c; manager.c is the root node with its
 * methods. access.c decides who may call, call.c waits for what objects answer, send.c for servers; caller.c
 * follows clients that have something here: what they watch (watch.c) and objects that they serve
 * (provide.c, provision.c). control.c steers servers and plugins. variant.c turns values into variants and
 * back, fault.c errors into words.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "api/api.h"
#include "base/list.h"

#define API_NAME  "org.lwm2m.Agent1"
#define API_PATH  "/org/lwm2m/Agent1"
#define API_ERROR API_NAME ".Error."

/* Of the 64 operations that the engine has under way, servers keep the larger part. */
#define CALLS_MAX 16

struct api;

/* One property of a node: number for "q", "u", "t" and "b", text for "s", ids for "aq". */
struct fact {
	union {
		uint64_t number;
		const char *text;
		struct {
			const uint16_t *ids;
			size_t n_ids;
		};
	};
};

#define FACTS_MAX 16

struct node_property {
	const char *name, *signature;
	bool silent; /* changes are not told */
};

struct node;

struct node_kind {
	const char *interface;
	const char *folder; /* path of the branch; NULL: the root node */
	bool numbered;      /* its nodes' names are numbers */
	const sd_bus_vtable *vtable;
	const struct node_property *properties;
	size_t n_properties;
	/* Fills in what each property is now, in their order; text is good until the next call of it. */
	void (*describe)(const struct node *node, struct fact *ret);
};

struct branch {
	struct api *api;
	const struct node_kind *kind;
	struct list nodes;
};

struct node {
	struct list link; /* in branch->nodes */
	struct branch *branch;
	char *name;       /* the last part of its path, before it is escaped */
	uint16_t id;      /* of the server or object */
	bool seen;
	uint64_t marks[FACTS_MAX]; /* hashes of the properties as they were told last */
	/* A server's: */
	bool left; /* by Deregister() */
	usec_t registered_at; /* CLOCK_BOOTTIME, 0: it is not */
	char *last_error;     /* NULL: none */
};

/* A client on the bus that has something here until it leaves. */
struct caller {
	struct list link; /* in api->callers */
	struct api *api;
	char *name;       /* its unique name */
	sd_bus_slot *match, *check;
	struct list watches;
	size_t n_watches, n_values;
	struct list provisions, accesses;
};

struct api {
	struct api_parts parts;
	char *status;
	int64_t wall_ahead; /* microseconds from CLOCK_BOOTTIME to the time since 1970 */
	bool dirty, stopping;
	char scratch[256];  /* texts that describe() makes */
	struct branch root, servers, objects, plugins;
	struct node manager;

	sd_bus *bus; /* NULL: there is none */
	sd_event_source *retry;
	usec_t retry_delay;
	bool bus_missed; /* and the log knows */

	struct list calls;
	unsigned int n_calls;
	struct list accesses;
	unsigned int n_accesses, n_waiting;
	struct list sendings;
	unsigned int n_sendings;
	uint32_t last_sending;
	struct list callers;
	unsigned int n_callers;
	sd_event_source *watch_timer;
	unsigned int n_watch_reads;
	struct list provisions;
	unsigned int n_provisions;
	uint32_t uid; /* of the caller whose call is handled */
	bool watch_due;       /* a watch may have something to tell */
	bool watched_changed; /* the engine has to know what is watched */
};

/* bus-link.c: connects now, and again whenever the connection is lost. */
void bus_link_open(struct api *api);
void bus_link_close(struct api *api);
bool bus_link_is_up(struct api *api);

/* tree.c */
void tree_init(struct api *api);
void tree_deinit(struct api *api);

/* Puts all vtables on a new connection. */
int tree_publish(struct api *api);

/* The node called name, made and announced where there is none; NULL without memory. */
struct node *tree_see(struct branch *branch, const char *name, uint16_t id);

/* The node that m was sent to; NULL: it is gone. */
struct node *tree_find(const struct branch *branch, sd_bus_message *m);

/* Tells what is another now; tree_sweep() takes those away that were not seen since the last sweep. */
void tree_tell(struct node *node);
void tree_sweep(struct branch *branch);

int tree_get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error);

/* A property of a node; change signals are as the kind's table has it. */
#define TREE_PROPERTY(name, signature) \
	SD_BUS_PROPERTY(name, signature, tree_get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define TREE_CONSTANT(name, signature) \
	SD_BUS_PROPERTY(name, signature, tree_get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST)
#define TREE_SILENT(name, signature) SD_BUS_PROPERTY(name, signature, tree_get_property, 0, 0)

/* A time of CLOCK_BOOTTIME in microseconds since 1970; 0 for 0 and USEC_INFINITY. */
uint64_t tree_wall_time(const struct api *api, usec_t at);

extern const struct node_kind manager_kind, server_node_kind, object_node_kind, plugin_node_kind;

/* Walk what there is, and tell. */
void server_nodes_refresh(struct api *api);
void object_nodes_refresh(struct api *api);
void plugin_nodes_refresh(struct api *api);

/* What went on with a server. */
void server_node_event(struct api *api, const struct effect *effect, const char *why);

/* The account of a node; NULL when it is gone. */
struct server *server_node_get(const struct node *node);

enum access_action {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_EXECUTE,
	ACCESS_MANAGE,
	ACCESS_PROVIDE,
	_ACCESS_ACTION_MAX,
};

/*
 * Calls handler once it is known that the sender of m may do this, which then answers m, now or later, or
 * returns -errno to have it answered so; refuses the others itself. For the handler of a vtable to return.
 */
int access_check(struct api *api, sd_bus_message *m, enum access_action action,
	int (*handler)(struct api *api, sd_bus_message *m));
void access_cancel(struct api *api);
void access_forget(struct caller *caller);

/*
 * caller.c: follows a client from now on. -ENOSPC: there are too many. To be released after use, also on
 * failure of that.
 */
int caller_get(struct api *api, const char *name, struct caller **ret);
void caller_release(struct caller *caller);
void callers_free(struct api *api);

/* watch.c: Watch and Unwatch. */
int watch_add(struct api *api, sd_bus_message *m);
int watch_remove(struct api *api, sd_bus_message *m);
void watch_forget(struct caller *caller);

/* What is at or below path may be another. */
void watch_mark(struct api *api, const struct path *path);

/* Reads what is due. False: the engine was asked nothing. */
bool watch_run(struct api *api);
void watch_answered(struct api *api, const struct effect *effect);
void watch_stop(struct api *api);

/* provide.c: objects of programs on the bus. */
int provide_add(struct api *api, sd_bus_message *m);
int provide_remove(struct api *api, sd_bus_message *m);
void provide_forget(struct caller *caller);

void provide_free(struct api *api);

/* Who serves an object beside plugins: the next one from *at on, which begins with 0; NULL: nobody else. */
const char *provide_next(const struct api *api, uint16_t oid, size_t *at);

/* send.c */
int send_values(struct api *api, sd_bus_message *m);
void send_event(struct api *api, const struct effect *effect, const char *why);
void send_cancel(struct api *api);

/* control.c: what steers servers and plugins; all of them, or the one whose path m was sent to. */
int control_register_all(struct api *api, sd_bus_message *m);
int control_register(struct api *api, sd_bus_message *m);
int control_deregister_all(struct api *api, sd_bus_message *m);
int control_deregister(struct api *api, sd_bus_message *m);
int control_bootstrap(struct api *api, sd_bus_message *m);
int control_restart_plugin(struct api *api, sd_bus_message *m);
int control_restart(struct api *api, sd_bus_message *m);
int control_set_log_level(struct api *api, sd_bus_message *m);

/* call.c: Read, Write and Execute. */
int call_read(struct api *api, sd_bus_message *m);
int call_write(struct api *api, sd_bus_message *m);
int call_execute(struct api *api, sd_bus_message *m);

/*
 * The path that m begins with; *ret_text is a text of the message. 0, or as fault_reply(): it was answered.
 */
int call_read_path(sd_bus_message *m, const char **ret_text, struct path *ret);

/* Answers the call that waits for this; false: none does. */
bool call_answered(struct api *api, const struct effect *effect);
void call_cancel(struct api *api);

/* variant.c: path, type and value of one record, and the same as a struct. -errno. */
int variant_append(sd_bus_message *m, const struct record *record);
int variant_append_record(sd_bus_message *m, const struct record *record);

/*
 * Reads a variant as a value of this type, text where it is written as servers would. It borrows from the
 * message and from scratch. -EINVAL, -ERANGE, -ENOMEM.
 */
int variant_read(sd_bus_message *m, enum value_type type, struct buffer *scratch, struct value *ret);

/* Text that is not UTF-8 gets U+FFFD in place of each bad byte. */
int variant_append_text(sd_bus_message *m, struct bytes text);

/*
 * fault.c: answers m with an error of ours and returns 1, or -errno; what: the path or name it is about, may
 * be NULL.
 */
int fault_reply(sd_bus_message *m, int error, const char *what);
int fault_replyf(sd_bus_message *m, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for an operation on the object model. */
int fault_reply_operation(sd_bus_message *m, int error, enum operation_type type, const struct path *path);
