/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static void write_journal(int priority, enum log_field field, const char *value, const char *text)
{
	static const char *const names[] = {
		[LOG_FIELD_NONE] = "", [LOG_FIELD_SERVER] = "SERVER",
		[LOG_FIELD_OBJECT] = "OBJECT", [LOG_FIELD_PLUGIN] = "PLUGIN",
	};

	if (field == LOG_FIELD_NONE || !value)
		sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority, "SYSLOG_IDENTIFIER=%s",
			identifier, NULL);
	else {
		char extra[128];

		snprintf(extra, sizeof(extra), "%s=%s", names[field], value);
		sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority, "SYSLOG_IDENTIFIER=%s",
			identifier, "%s", extra, NULL);
	}
}

int log_full(int priority, int error, enum log_field field, const char *value, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	error = abs(error);
	errno = error;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (journal)
		write_journal(priority, field, value, text);
	else
		fprintf(stderr, "%s: %s\n", log_level_name(priority), text);
	return -error;
}
