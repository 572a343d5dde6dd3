/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - a loop, a registry and a supervisor with one plugin, and operations that wait for their end
 *
 * What goes wrong in a wait ends the test with the place and what was waited for. LWM2M_PLUGIN_HOST and LWM2M_TEST_PLUGINS
 * say where the host and the modules are.
 */
#pragma once

#include <systemd/sd-event.h>

#include "lwm2m/registry.h"
#include "plugin/supervisor.h"

struct fixture {
	sd_event *event;
	struct registry registry;
	struct supervisor *supervisor;
	struct supervisor_options options;
	struct records records; /* of the last read */
	unsigned int settled;
	struct path changes[256]; /* what the registry was told, the newest last; fixture_forget() */
	enum registry_change kinds[256];
	size_t n_changes;
};

/* Short times; options may be changed before fixture_start(). */
void fixture_init(struct fixture *fixture);
void fixture_deinit(struct fixture *fixture);

/* Adds a plugin of tests/plugins ("/": any path) and starts; settings end with a section that is NULL. */
void fixture_add(struct fixture *fixture, const char *name, const char *module, enum plugin_isolation isolation,
		 const struct plugin_setting *settings);

/* The same with numbers of its own: first_instance of its configuration. */
void fixture_add_from(struct fixture *fixture, const char *name, const char *module, enum plugin_isolation isolation,
		      uint16_t first);
void fixture_start(struct fixture *fixture, const char *module, enum plugin_isolation isolation);

/* Of the first plugin. */
struct plugin_status fixture_status(const struct fixture *fixture);


/* Turns the loop until condition holds. */
#define fixture_wait(fixture, condition)                                                    \
	do {                                                                                \
		usec_t _until = usec_now() + 20 * USEC_PER_SEC;                             \
		while (!(condition)) {                                                      \
			if (usec_now() > _until)                                            \
				fail_msg("%s:%d: not within 20 s: %s", __func__, __LINE__,  \
					#condition);                                        \
			sd_event_run((fixture)->event, 50 * USEC_PER_MSEC);                 \
		}                                                                           \
	} while (0)

void fixture_wait_state(struct fixture *fixture, enum plugin_state state);

/* The operation's outcome: 0 or -errno. A read leaves fixture->records. */
int fixture_read(struct fixture *fixture, struct path path);
int fixture_write(struct fixture *fixture, enum operation_type type, struct path path, const struct record *records,
		  size_t n);
int fixture_write_value(struct fixture *fixture, struct path path, struct value value);
int fixture_block(struct fixture *fixture, struct path path, uint64_t offset, struct bytes block, bool more);
int fixture_execute(struct fixture *fixture, struct path path, const char *arguments);
int fixture_delete(struct fixture *fixture, struct path path);

/* Begins a read without waiting; *ret_error becomes 1 now and the outcome when it ends. */
void fixture_begin_read(struct fixture *fixture, struct path path, int *ret_error);

/* The same with a write of one value. */
void fixture_begin_write(struct fixture *fixture, struct path path, struct value value, int *ret_error);

/* Reads path, one value, and compares. */
void fixture_expect(struct fixture *fixture, struct path path, struct value value);

/* What probe() says; the ids in fixture's own memory. */
int fixture_probe(struct fixture *fixture, struct path path, const uint16_t **ret_ids);

void fixture_watch(struct fixture *fixture, uint16_t oid, bool watched);

/* Was the registry told of this since fixture_forget()? */
bool fixture_told(const struct fixture *fixture, enum registry_change kind, struct path path);
void fixture_forget(struct fixture *fixture);
