/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line per failure, to the journal or to stderr
 *
 * Under systemd (JOURNAL_STREAM names our stderr) lines go to the journal with the fields SERVER=, OBJECT=, PLUGIN= and
 * MESSAGE_ID=; otherwise to stderr as "LEVEL: text". The level is process-wide and set once at start (log_set_level). Only
 * agent/io, the plugin supervisor and host, and main log; keys and payloads never are. %m is the errno of the error
 * passed in. log_error_errno() returns the error it was given, so that a caller can `return log_error_errno(r, …)`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

/* What a line is about; NULL: it has no such field. */
struct log_fields {
	const char *server, *plugin; /* names of the configuration */
	const uint16_t *object;      /* object id */
	const char *id;              /* of log-ids.h: what kind of event this is */
};

/* LOG_ERR … LOG_DEBUG; the default is LOG_NOTICE. */
void log_set_level(int priority);
int log_level(void);

/* "error", "warning", "notice", "info", "debug" → LOG_*; -EINVAL for anything else. */
int log_level_parse(const char *name);

/* The way back; "error" for what has no name. */
const char *log_level_name(int priority);

/* Chooses between journal and stderr; called once by main before any other thread exists. */
void log_open(const char *identifier);

/* error: 0, or an errno value of either sign that %m then names. Returns -|error|. */
int log_full(int priority, int error, const struct log_fields *fields, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* fields may be NULL. */
#define log_at(priority, error, fields, ...) \
	(log_level() >= (priority) ? log_full(priority, error, fields, __VA_ARGS__) \
				   : (error) < 0 ? (error) : -(error))

/* For log_at(): LOG_FIELDS(.server = name, .id = LOG_ID_LOST). */
#define LOG_FIELDS(...) (&(const struct log_fields){ __VA_ARGS__ })

#define log_error(...)   ((void)log_at(LOG_ERR, 0, NULL, __VA_ARGS__))
#define log_warning(...) ((void)log_at(LOG_WARNING, 0, NULL, __VA_ARGS__))
#define log_notice(...)  ((void)log_at(LOG_NOTICE, 0, NULL, __VA_ARGS__))
#define log_info(...)    ((void)log_at(LOG_INFO, 0, NULL, __VA_ARGS__))
#define log_debug(...)   ((void)log_at(LOG_DEBUG, 0, NULL, __VA_ARGS__))

#define log_error_errno(error, ...)   log_at(LOG_ERR, error, NULL, __VA_ARGS__)
#define log_warning_errno(error, ...) log_at(LOG_WARNING, error, NULL, __VA_ARGS__)

#define log_server(priority, error, name, ...) \
	log_at(priority, error, LOG_FIELDS(.server = (name)), __VA_ARGS__)
#define log_plugin(priority, error, name, ...) \
	log_at(priority, error, LOG_FIELDS(.plugin = (name)), __VA_ARGS__)
