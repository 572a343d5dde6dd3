/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line per failure, to the journal or to stderr
 *
 * Under systemd (JOURNAL_STREAM names our stderr) lines go to the journal with the fields SERVER=, OBJECT= and PLUGIN=;
 * otherwise to stderr as "LEVEL: text". The level is process-wide and set once at start (log_set_level). Only
 * agent/io, the plugin supervisor and host, and main log; keys and payloads never are. %m is the errno of the error
 * passed in. log_error_errno() returns the error it was given, so that a caller can `return log_error_errno(r, …)`.
 */
#pragma once

#include <stdbool.h>
#include <syslog.h>

enum log_field { LOG_FIELD_NONE, LOG_FIELD_SERVER, LOG_FIELD_OBJECT, LOG_FIELD_PLUGIN };

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
int log_full(int priority, int error, enum log_field field, const char *value, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#define log_at(priority, error, field, value, ...) \
	(log_level() >= (priority) ? log_full(priority, error, field, value, __VA_ARGS__) \
				   : (error) < 0 ? (error) : -(error))

#define log_error(...)   ((void)log_at(LOG_ERR, 0, LOG_FIELD_NONE, NULL, __VA_ARGS__))
#define log_warning(...) ((void)log_at(LOG_WARNING, 0, LOG_FIELD_NONE, NULL, __VA_ARGS__))
#define log_notice(...)  ((void)log_at(LOG_NOTICE, 0, LOG_FIELD_NONE, NULL, __VA_ARGS__))
#define log_info(...)    ((void)log_at(LOG_INFO, 0, LOG_FIELD_NONE, NULL, __VA_ARGS__))
#define log_debug(...)   ((void)log_at(LOG_DEBUG, 0, LOG_FIELD_NONE, NULL, __VA_ARGS__))

#define log_error_errno(error, ...)   log_at(LOG_ERR, error, LOG_FIELD_NONE, NULL, __VA_ARGS__)
#define log_warning_errno(error, ...) log_at(LOG_WARNING, error, LOG_FIELD_NONE, NULL, __VA_ARGS__)

#define log_server(priority, error, name, ...) log_at(priority, error, LOG_FIELD_SERVER, name, __VA_ARGS__)
#define log_plugin(priority, error, name, ...) log_at(priority, error, LOG_FIELD_PLUGIN, name, __VA_ARGS__)
