/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/log-ids.h"
#include "base/log.h"
#include "lwm2m/path.h"

static const struct {
	uint8_t code;
	const char *name;
} codes[] = {
	{ COAP_BAD_REQUEST, "Bad Request" },
	{ COAP_UNAUTHORIZED, "Unauthorized" },
	{ COAP_FORBIDDEN, "Forbidden" },
	{ COAP_NOT_FOUND, "Not Found" },
	{ COAP_CONFLICT, "Conflict" },
	{ COAP_PRECONDITION_FAILED, "Precondition Failed" },
	{ COAP_INTERNAL_ERROR, "Internal Server Error" },
	{ COAP_UNAVAILABLE, "Service Unavailable" },
};

/* Why something failed: what the server answered, what the transport says, or an errno. */
static const char *why(const struct effect *effect, const char *failure, char *text, size_t size)
{
	uint8_t code = effect->message.code;
	const char *name = "";

	for (size_t i = 0; i < ELEMENTSOF(codes); i++)
		if (codes[i].code == code)
			name = codes[i].name;
	if (code)
		snprintf(text, size, "the server answered %u.%02u%s%s", code >> 5, code & 31,
			*name ? " " : "", name);
	else if (failure)
		snprintf(text, size, "%s", failure);
	else if (effect->error == -ETIMEDOUT)
		snprintf(text, size, "no answer");
	else
		snprintf(text, size, "%s", strerror(-effect->error));
	return text;
}

const char *report_why(const struct effect *effect, const char *failure, char *text, size_t size)
{
	if (effect->event == EVENT_DEREGISTERED && effect->message.code == COAP_DELETED)
		return NULL; /* that is how it should be */
	return effect->error < 0 || effect->message.code ? why(effect, failure, text, size) : NULL;
}

static const char *const ids[] = {
	[EVENT_REGISTERED] = LOG_ID_REGISTERED,
	[EVENT_FAILED] = LOG_ID_NOT_REGISTERED,
	[EVENT_LOST] = LOG_ID_LOST,
	[EVENT_UNREACHABLE] = LOG_ID_UNREACHABLE,
	[EVENT_DEREGISTERED] = LOG_ID_DEREGISTERED,
	[EVENT_BOOTSTRAPPED] = LOG_ID_BOOTSTRAPPED,
	[EVENT_BOOTSTRAP_FAILED] = LOG_ID_NOT_BOOTSTRAPPED,
};

static void report_server(const struct effect *effect, const char *failure)
{
	const struct server *server = effect->server;
	const char *name = server->name;
	const struct log_fields fields = {
		.server = name,
		.id = (size_t)effect->event < ELEMENTSOF(ids) ? ids[effect->event] : NULL,
	};
	char text[REPORT_WHY_MAX];

	switch (effect->event) {
	case EVENT_REGISTERING:
		log_at(LOG_INFO, 0, &fields, "%s: registering with %s", name, server->uri);
		break;
	case EVENT_REGISTERED:
		log_at(LOG_NOTICE, 0, &fields, "%s: registered with %s for %" PRIu64 " s", name, server->uri,
			effect->value);
		break;
	case EVENT_UPDATED:
		log_at(LOG_INFO, 0, &fields, "%s: registration updated, again in %" PRIu64 " s", name,
			effect->value);
		break;
	case EVENT_DEREGISTERED:
		log_at(LOG_NOTICE, 0, &fields, "%s: de-registered", name);
		break;
	case EVENT_SENT:
		if (effect->error < 0 || effect->message.code)
			log_at(LOG_WARNING, 0, &fields, "%s: values were not sent: %s", name,
				why(effect, failure, text, sizeof(text)));
		else
			log_at(LOG_INFO, 0, &fields, "%s: %" PRIu64 " values sent", name, effect->value);
		break;
	case EVENT_FAILED:
		log_at(LOG_WARNING, 0, &fields, "%s: not registered with %s: %s; next try in %" PRIu64 " s",
			name, server->uri, why(effect, failure, text, sizeof(text)), effect->value);
		break;
	case EVENT_UNREACHABLE:
		log_at(LOG_WARNING, 0, &fields, "%s: %s is out of reach: %s; next try in %" PRIu64 " s",
			name, server->uri, why(effect, failure, text, sizeof(text)), effect->value);
		break;
	case EVENT_ASLEEP:
		log_at(LOG_DEBUG, 0, &fields, "%s: asleep until the next update or notification", name);
		break;
	case EVENT_BOOTSTRAPPING:
		log_at(LOG_INFO, 0, &fields, "asking %s for accounts", server->uri);
		break;
	case EVENT_BOOTSTRAPPED:
		log_at(LOG_NOTICE, 0, &fields, "bootstrapped by %s; starting with the new accounts", server->uri);
		break;
	case EVENT_BOOTSTRAP_FAILED:
		if (effect->message.path.len > 0)
			snprintf(text, sizeof(text), "%.*s", (int)effect->message.path.len,
				(const char *)effect->message.path.data);
		else
			(void)why(effect, failure, text, sizeof(text));
		log_at(LOG_WARNING, 0, &fields, "not bootstrapped by %s: %s; next try in %" PRIu64 " s",
			server->uri, text, effect->value);
		break;
	case EVENT_ACCOUNT_PURGED:
		log_at(LOG_NOTICE, 0, &fields, "the time of the account of %s is over; it is forgotten", server->uri);
		break;
	case EVENT_LOST:
		log_at(LOG_WARNING, 0, &fields,
			"%s: registration with %s lost: %s; registering again in %" PRIu64 " s", name,
			server->uri, why(effect, failure, text, sizeof(text)), effect->value);
		break;
	default:
		break;
	}
}

void report_event(const struct effect *effect, const char *failure)
{
	struct bytes where = effect->message.path;
	const char *name = effect->server ? effect->server->name : "the agent";
	struct log_fields fields = { .server = effect->server ? name : NULL };
	struct path path;

	if (path_parse(where, &path) == 0 && path.depth > 0)
		fields.object = &path.ids[0];
	if (effect->event == EVENT_OPERATION_TIMEOUT)
		log_at(LOG_WARNING, 0, &fields, "%.*s: no answer in time to a request of %s", (int)where.len,
			(const char *)where.data, name);
	else if (effect->event == EVENT_HISTORY_FULL)
		log_at(LOG_WARNING, 0, &fields,
			"%s: more is stored for it than its history_size allows; the oldest goes (the first time for %.*s)",
			name, (int)where.len, (const char *)where.data);
	else if (effect->event == EVENT_QUOTA)
		log_at(LOG_WARNING, 0, &fields, "%s asked for more than it may have: %.*s", name,
			where.len ? (int)where.len : 4, where.len ? (const char *)where.data : "body");
	else
		report_server(effect, failure);
}

void report_clock(bool is_set)
{
	char text[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	if (is_set)
		log_notice("The clock has been set: it is %s", text);
	else
		log_warning("The clock is not set, it says %s; times that servers are told are wrong until it is", text);
}

/* " 12:03", or nothing when there is no such time. */
static void clock_time(usec_t at, usec_t now, const char *what, char *text, size_t size)
{
	time_t seconds = time(NULL) + (time_t)((at > now ? at - now : 0) / USEC_PER_SEC);
	struct tm tm;
	char hours[8];

	*text = '\0';
	if (at == USEC_INFINITY || !localtime_r(&seconds, &tm))
		return;
	strftime(hours, sizeof(hours), "%H:%M", &tm);
	snprintf(text, size, ", next %s %s", what, hours);
}

static void add_status(struct buffer *status, const struct registration *registration, usec_t now)
{
	const char *name = registration->server->name;
	char next[32];

	if (status->len > 0)
		(void)buffer_append_text(status, "; ");
	switch (registration->state) {
	case REGISTRATION_REGISTERED:
	case REGISTRATION_UPDATING:
		clock_time(registration->deadline, now, "update", next, sizeof(next));
		(void)buffer_printf(
			status, "registered to %s%s%s", name, registration->asleep ? ", asleep" : "", next);
		break;
	case REGISTRATION_WAITING:
		clock_time(registration->deadline, now, "try", next, sizeof(next));
		(void)buffer_printf(status,
			registration->resume ? "cannot reach %s%s" : "not registered to %s%s", name, next);
		break;
	case REGISTRATION_DEREGISTERING:
		(void)buffer_printf(status, "leaving %s", name);
		break;
	case REGISTRATION_IDLE:
		(void)buffer_printf(
			status, registration->in_line ? "%s waits for its turn" : "not in use: %s", name);
		break;
	default:
		(void)buffer_printf(status, "registering with %s", name);
	}
}

static void add_bootstrap(struct buffer *status, enum bootstrap_state state)
{
	if (state == BOOTSTRAP_IDLE)
		return;
	(void)buffer_printf(status, "%s%s", status->len > 0 ? "; " : "",
		state == BOOTSTRAP_WAITING ? "waiting to bootstrap" : "bootstrapping");
}

int report_status(const struct engine *engine, const struct servers *servers, usec_t now, struct buffer *ret)
{
	const struct server *server;
	size_t before = ret->len;

	list_for_each(server, &servers->list, link) {
		const struct registration *registration = engine_registration(engine, server);

		if (registration)
			add_status(ret, registration, now);
	}
	add_bootstrap(ret, engine_bootstrap_state(engine));
	if (ret->len == before)
		(void)buffer_printf(ret, "%sno server is configured", before > 0 ? "; " : "");
	return buffer_append_byte(ret, '\0');
}
