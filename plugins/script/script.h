/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.h - objects that are a description and an executable: what the files of this plugin share
 *
 * description.c reads a directory's object.ini into the tables of the ABI, with fields at places of our own; text.c is
 * between fields and the lines that an executable reads and writes; job.c runs it; notice.c listens to
 * lwm2m-script-changed; script.c is the plugin.
 */
#pragma once

#include <lwm2m/plugin.h>
#include <systemd/sd-event.h>

#define RESOURCES_MAX 256
#define INSTANCES_MAX 64
#define OBJECTS_MAX   64

/* One directory. */
struct description {
	struct lw_object object; /* first: what the agent has is &description->object */
	struct lw_resource *resources; /* by ascending id, then LW_RES_END */
	size_t n_resources;
	char *directory, *run;  /* absolute */
	uint16_t instances[INSTANCES_MAX];
	size_t n_instances;
	bool lists;             /* the executable says which instances there are */
	uint32_t timeout_ms, output_kb;
	void *defaults;
};

/* How every instance's data begin; the fields follow. */
struct script {
	struct lw_instance *inst;
	struct job *job;      /* that reads or writes: at most one at a time */
	bool reading;         /* which of the two */
	bool waited_for;      /* the agent waits for it, since poll() or written() */
	bool again;           /* read once more when it is done */
};

/* Where fields begin, for every type. */
#define FIELDS_OFFSET ((uint32_t)((sizeof(struct script) + 15) & ~(size_t)15))

/*
 * Reads directory/object.ini. Everything that is wrong with it is logged, each with its line, and then -EINVAL is returned.
 * -ENOMEM, or -errno when the file cannot be read, which is logged, too.
 */
int description_read(const struct lw_host *host, const char *directory, struct description **ret);
struct description *description_free(struct description *description);

const struct lw_resource *description_find(const struct description *description, uint16_t rid);

/* Text that grows, up to a limit. */
struct text {
	char *data; /* NUL-terminated, NULL: empty */
	size_t len, allocated;
};

/* -ENOMEM. */
int text_append(struct text *text, const char *data, size_t len);
void text_deinit(struct text *text);

/* The lines "RID VALUE" or "RID/RIID VALUE" of one resource's field in data. -ENOMEM. */
int text_print(struct text *text, const struct lw_resource *resource, const void *data);

/*
 * Sets the fields in data to what the lines of output say; resources without a line have no value afterwards. 0, or -EINVAL
 * with one line on what is wrong; data are in between then.
 */
int text_scan(const struct description *description, char *output, void *data, char ret_reason[200]);

/* What a job ended with; output is its stdout, to be changed at will until the function returns. */
typedef void (*job_done_t)(void *userdata, int error, char *output);

/* Up to so many processes run at a time, more jobs wait. */
void job_init(const struct lw_host *host, unsigned int processes);

/*
 * Runs "EXECUTABLE arguments…" of the description, with input at its stdin; both are copied. done is called later, unless
 * job_cancel() is. -ENOMEM, -EBUSY: too many wait.
 */
int job_start(struct job **ret, const struct description *description, const char *const *arguments,
	const struct text *input, job_done_t done, void *userdata);

/* Kills what runs. NULL is fine. */
struct job *job_cancel(struct job *job);

/* Calls changed for each word of lwm2m-script-changed; iid is LW_NO_ID where it named an object only. */
int notice_open(const struct lw_host *host, const char *path, void (*changed)(uint16_t oid, uint16_t iid));
void notice_close(void);
