/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* Every line would be of this file. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "base/cleanup.h"

static int maximum = LOG_NOTICE;
static bool journal;
static const char *identifier = "lwm2m-agent";

static const struct {
	const char *name;
	int priority;
} levels[] = {
	{ "error", LOG_ERR }, { "warning", LOG_WARNING }, { "notice", LOG_NOTICE },
	{ "info", LOG_INFO }, { "debug", LOG_DEBUG },
};

void log_set_level(int priority)
{
	maximum = priority;
}

int log_level(void)
{
	return maximum;
}

int log_level_parse(const char *name)
{
	for (size_t i = 0; i < ELEMENTSOF(levels); i++)
		if (strcmp(levels[i].name, name) == 0)
			return levels[i].priority;
	return -EINVAL;
}

const char *log_level_name(int priority)
{
	for (size_t i = 0; i < ELEMENTSOF(levels); i++)
		if (levels[i].priority == priority)
			return levels[i].name;
	return "error";
}

/* systemd says in JOURNAL_STREAM which device and inode our stderr has when it leads to the journal. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *name)
{
	identifier = name;
	journal = stderr_is_journal();
	setvbuf(stderr, NULL, _IOLBF, 0);
}

/* One field of an entry: "NAME=value", in a place of its own. */
struct entry {
	struct iovec fields[7];
	char texts[7][128];
	int n;
};

static void add_field(struct entry *entry, const char *name, const char *value)
{
	char *text = entry->texts[entry->n];
	int len = snprintf(text, sizeof(entry->texts[0]), "%s=%s", name, value);

	if (len > 0)
		entry->fields[entry->n++] = (struct iovec){ text, strlen(text) };
}

static void add_number(struct entry *entry, const char *name, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	add_field(entry, name, text);
}

/* message begins with "MESSAGE=". */
static void write_journal(int priority, const struct log_fields *fields, char *message)
{
	struct entry entry = { .n = 0 };

	entry.fields[entry.n++] = (struct iovec){ message, strlen(message) };
	add_number(&entry, "PRIORITY", priority);
	add_field(&entry, "SYSLOG_IDENTIFIER", identifier);
	if (fields && fields->id)
		add_field(&entry, "MESSAGE_ID", fields->id);
	if (fields && fields->server)
		add_field(&entry, "SERVER", fields->server);
	if (fields && fields->object)
		add_number(&entry, "OBJECT", *fields->object);
	if (fields && fields->plugin)
		add_field(&entry, "PLUGIN", fields->plugin);
	sd_journal_sendv(entry.fields, entry.n);
}

int log_full(int priority, int error, const struct log_fields *fields, const char *format, ...)
{
	char line[1024] = "MESSAGE=", *text = line + strlen(line);
	va_list arguments;

	error = abs(error);
	errno = error;
	va_start(arguments, format);
	vsnprintf(text, sizeof(line) - (size_t)(text - line), format, arguments);
	va_end(arguments);
	if (journal)
		write_journal(priority, fields, line);
	else
		fprintf(stderr, "%s: %s\n", log_level_name(priority), text);
	return -error;
}
