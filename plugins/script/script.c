/* SPDX-License-Identifier: Apache-2.0 */
/* Objects without code: a directory each, with a description and an executable. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <lwm2m/settings.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <syslog.h>

#include "changed.h"
#include "script.h"

/* An Execute that is under way. */
struct execution {
	TAILQ_ENTRY(execution) link;
	struct lw_instance *inst;
	lw_request request;
	struct job *job;
};

static struct description *descriptions[OBJECTS_MAX];
static const struct lw_object *objects[OBJECTS_MAX + 1];
static struct job *listings[OBJECTS_MAX]; /* that ask which instances there are */
static size_t n_objects;
static struct lw_instance *instances[OBJECTS_MAX * INSTANCES_MAX];
static size_t n_instances;
static TAILQ_HEAD(, execution) executions = TAILQ_HEAD_INITIALIZER(executions);
static const struct lw_host *host;

static struct options {
	char directory[1024], socket[108];
	uint32_t processes;
} options = { "/etc/lwm2m-agent/scripts", SCRIPT_SOCKET, 4 };

static const struct lw_setting settings[] = {
	LW_SETTING_TEXT("directory", struct options, directory),
	LW_SETTING_TEXT("socket", struct options, socket),
	LW_SETTING_NUMBER("processes", struct options, processes, 1, 64),
	LW_SETTING_END,
};

static const char *const sections[] = { "script", NULL };

static struct description *description_of(const struct lw_instance *inst)
{
	for (size_t i = 0; i < n_objects; i++)
		if (descriptions[i]->object.id == inst->oid)
			return descriptions[i];
	return NULL;
}

static bool can_read(const struct description *d)
{
	for (size_t i = 0; i < d->n_resources; i++)
		if (d->resources[i].ops & LW_R)
			return true;
	return false;
}

static void refresh(struct lw_instance *inst);

/* All of the fields or none: what does not make sense leaves no value, as a failure does. */
static int take_output(struct lw_instance *inst, int error, char *output)
{
	const struct description *d = description_of(inst);
	uint32_t size = d->object.data_size;
	void *data = malloc(size);
	char reason[200], none[] = "";

	if (!data)
		return -ENOMEM;
	memcpy(data, inst->data, size);
	if (text_scan(d, error < 0 ? none : output, data, reason) < 0) {
		lw_log(host, LOG_WARNING, "%s read %u: %s", d->run, inst->iid, reason);
		error = -EBADMSG;
	}
	memcpy((char *)inst->data + FIELDS_OFFSET, (char *)data + FIELDS_OFFSET, size - FIELDS_OFFSET);
	free(data);
	return error;
}

static void on_read(void *userdata, int error, char *output)
{
	struct lw_instance *inst = userdata;
	struct script *s = inst->data;
	bool waited_for = s->waited_for, again = s->again;

	error = take_output(inst, error, output);
	s->job = NULL;
	s->waited_for = s->again = false;
	if (waited_for)
		lw_finish(inst, error);
	if (again)
		refresh(inst);
}

static int begin_read(struct lw_instance *inst)
{
	struct script *s = inst->data;
	char iid[8];
	const char *const arguments[] = { "read", iid, NULL };

	snprintf(iid, sizeof(iid), "%u", inst->iid);
	s->reading = true;
	return job_start(&s->job, description_of(inst), arguments, NULL, on_read, inst);
}

/* Values may be others. Who does not ask is told of what changed all the same. */
static void refresh(struct lw_instance *inst)
{
	struct script *s = inst->data;

	if (!can_read(description_of(inst)))
		return;
	if (s->job)
		s->again = true;
	else
		begin_read(inst);
}

static int script_poll(struct lw_instance *inst)
{
	struct script *s = inst->data;
	int r = s->job ? 0 : begin_read(inst);

	s->waited_for = r == 0;
	return r < 0 ? r : LW_LATER;
}

static void on_write(void *userdata, int error, char *output)
{
	struct lw_instance *inst = userdata;
	struct script *s = inst->data;
	bool again = s->again || error == 0;

	s->job = NULL;
	s->again = false;
	lw_finish(inst, error);
	if (again)
		refresh(inst);
}

/* "write IID RID…", and a line for each value. */
static int begin_write(struct lw_instance *inst)
{
	const struct description *d = description_of(inst);
	struct script *s = inst->data;
	const char *arguments[RESOURCES_MAX + 3] = { "write" };
	char ids[RESOURCES_MAX + 1][8];
	struct text input = { 0 };
	size_t n = 0;
	int r = 0;

	snprintf(ids[n], sizeof(ids[n]), "%u", inst->iid);
	n++;
	for (size_t i = 0; i < d->n_resources && r == 0; i++) {
		if (!lw_wrote(inst, d->resources[i].id))
			continue;
		snprintf(ids[n], sizeof(ids[n]), "%u", d->resources[i].id);
		n++;
		r = text_print(&input, &d->resources[i], inst->data);
	}
	for (size_t i = 0; i < n; i++)
		arguments[i + 1] = ids[i];
	s->reading = false;
	if (r == 0)
		r = job_start(&s->job, d, arguments, &input, on_write, inst);
	text_deinit(&input);
	return r;
}

/* What is being read would be from before the write. */
static int script_written(struct lw_instance *inst)
{
	struct script *s = inst->data;
	int r;

	if (s->job)
		s->again = true;
	s->job = job_cancel(s->job);
	r = begin_write(inst);
	return r < 0 ? r : LW_LATER;
}

static void execution_free(struct execution *execution)
{
	TAILQ_REMOVE(&executions, execution, link);
	free(execution);
}

static void on_executed(void *userdata, int error, char *output)
{
	struct execution *execution = userdata;
	struct lw_instance *inst = execution->inst;

	lw_done(inst, execution->request, error);
	execution_free(execution);
	if (error == 0)
		refresh(inst);
}

static int script_execute(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct execution *execution = calloc(1, sizeof(*execution));
	char iid[8], id[8];
	const char *const arguments[] = { "execute", iid, id, args, NULL };
	int r;

	if (!execution)
		return -ENOMEM;
	snprintf(iid, sizeof(iid), "%u", inst->iid);
	snprintf(id, sizeof(id), "%u", rid);
	execution->inst = inst;
	execution->request = request;
	TAILQ_INSERT_TAIL(&executions, execution, link);
	r = job_start(&execution->job, description_of(inst), arguments, NULL, on_executed, execution);
	if (r < 0)
		execution_free(execution);
	return r < 0 ? r : LW_LATER;
}

static int script_init(struct lw_instance *inst)
{
	struct script *s = inst->data;

	if (n_instances == sizeof(instances) / sizeof(instances[0]))
		return -ENOSPC;
	s->inst = inst;
	instances[n_instances++] = inst;
	if (description_of(inst)->object.poll == NULL)
		refresh(inst);
	return 0;
}

static void script_fini(struct lw_instance *inst)
{
	struct script *s = inst->data;
	struct execution *execution, *next;

	for (execution = TAILQ_FIRST(&executions); execution; execution = next) {
		next = TAILQ_NEXT(execution, link);
		if (execution->inst != inst)
			continue;
		job_cancel(execution->job);
		execution_free(execution);
	}
	s->job = job_cancel(s->job);
	for (size_t i = 0; i < n_instances; i++)
		if (instances[i] == inst)
			instances[i--] = instances[--n_instances];
}

static bool is_listed(const struct description *d, uint16_t iid)
{
	for (size_t i = 0; i < d->n_instances; i++)
		if (d->instances[i] == iid)
			return true;
	return false;
}

/* The instances that there are become those that there should be. */
static void apply_instances(const struct description *d)
{
	for (size_t i = n_instances; i-- > 0;)
		if (i < n_instances && instances[i]->oid == d->object.id && !is_listed(d, instances[i]->iid))
			lw_remove_instance(instances[i]);
	for (size_t i = 0; i < d->n_instances; i++)
		lw_add_instance(host, d->object.id, d->instances[i], NULL);
}

/* A list that is wrong, or that there is none of, changes nothing. */
static void on_list(void *userdata, int error, char *output)
{
	struct description *d = userdata;
	uint16_t ids[INSTANCES_MAX];
	size_t n = 0;
	char *word;

	for (size_t i = 0; i < n_objects; i++)
		if (descriptions[i] == d)
			listings[i] = NULL;
	while (error == 0 && (word = strsep(&output, " \t\n"))) {
		char *end;
		unsigned long id = strtoul(word, &end, 10);

		if (!*word)
			continue;
		if (!isdigit((unsigned char)*word) || *end || id >= LW_NO_ID || n == INSTANCES_MAX) {
			lw_log(host, LOG_WARNING,
				"%s list: \"%.20s\" is no instance id, or there are more than %d", d->run,
				word, INSTANCES_MAX);
			return;
		}
		ids[n++] = (uint16_t)id;
	}
	if (error < 0)
		return;
	memcpy(d->instances, ids, n * sizeof(ids[0]));
	d->n_instances = n;
	apply_instances(d);
}

static void list(size_t i)
{
	static const char *const arguments[] = { "list", NULL };

	if (!listings[i])
		job_start(&listings[i], descriptions[i], arguments, NULL, on_list, descriptions[i]);
}

static void on_notice(uint16_t oid, uint16_t iid)
{
	for (size_t i = 0; i < n_objects; i++)
		if (descriptions[i]->object.id == oid && descriptions[i]->lists)
			list(i);
	for (size_t i = 0; i < n_instances; i++)
		if (instances[i]->oid == oid && (iid == LW_NO_ID || instances[i]->iid == iid))
			refresh(instances[i]);
}

/* Is another directory's object of the same id there already? */
static bool is_taken(const struct description *d, const char *directory)
{
	for (size_t i = 0; i < n_objects; i++)
		if (descriptions[i]->object.id == d->object.id) {
			lw_log(host, LOG_ERR, "%s/object.ini: object %u is there already, in %s", directory,
				d->object.id, descriptions[i]->directory);
			return true;
		}
	return false;
}

static void add_directory(const char *directory)
{
	struct description *d;

	if (n_objects == OBJECTS_MAX) {
		lw_log(host, LOG_ERR, "%s is left out: there are %d objects already", directory, OBJECTS_MAX);
		return;
	}
	if (description_read(host, directory, &d) < 0)
		return;
	if (is_taken(d, directory)) {
		description_free(d);
		return;
	}
	d->object.poll = d->object.poll_ms > 0 && can_read(d) ? script_poll : NULL;
	d->object.written = script_written;
	d->object.init = script_init;
	d->object.fini = script_fini;
	for (size_t i = 0; i < d->n_resources; i++)
		if (d->resources[i].ops == LW_E)
			d->resources[i].execute = script_execute;
	objects[n_objects] = &d->object;
	descriptions[n_objects++] = d;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

static int describe(const struct lw_host *lent, const struct lw_object *const **ret)
{
	struct dirent **entries;
	char root[PATH_MAX], path[PATH_MAX];
	int n;

	host = lent;
	if (lw_read_section(host, "script", settings, &options) < 0 || lw_check_sections(host, sections) < 0)
		return -EINVAL;
	n = realpath(options.directory, root) ? scandir(root, &entries, is_visible, versionsort) : -1;
	if (n < 0) {
		lw_config_error(host, "script", "directory", "directory = %s: %s", options.directory,
			strerror(errno));
		return -ENOENT;
	}
	for (int i = 0; i < n; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", root, entries[i]->d_name) < (int)sizeof(path))
			add_directory(path);
		free(entries[i]);
	}
	free(entries);
	if (n_objects == 0)
		lw_log(host, LOG_ERR,
			"%s has no object that can be used: a directory with an object.ini each", root);
	*ret = objects;
	return n_objects == 0 ? -ENOENT : 0;
}

static int start(const struct lw_host *lent)
{
	bool listens = strcmp(options.socket, "none") != 0;
	int r;

	job_init(host, options.processes);
	r = listens ? notice_open(host, options.socket, on_notice) : 0;
	if (r < 0)
		lw_log(host, LOG_NOTICE, "lwm2m-script-changed will not be heard, at %s: %s", options.socket,
			strerror(-r));
	for (size_t i = 0; i < n_objects; i++) {
		if (descriptions[i]->lists)
			list(i);
		else
			apply_instances(descriptions[i]);
	}
	return 0;
}

static void stop(const struct lw_host *lent)
{
	notice_close();
	for (size_t i = 0; i < n_objects; i++)
		job_cancel(listings[i]);
	for (size_t i = 0; i < n_objects; i++)
		description_free(descriptions[i]);
	n_objects = 0;
}

LW_PLUGIN_DESCRIBE("script", describe, start, stop);
