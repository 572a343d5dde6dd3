/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "api/api-internal.h"

/* The one table from errno to the API's errors. */
static const struct {
	int error;
	const char *name, *text;
} faults[] = {
	{ ENOENT, API_ERROR "NotFound", "there is no such object, instance or resource" },
	{ ENODATA, API_ERROR "NotFound", "it has no value now" },
	{ EPERM, API_ERROR "NotAllowed", "its definition does not allow it" },
	{ EACCES, API_ERROR "NotAllowed", "it is not allowed" },
	{ EINVAL, API_ERROR "BadValue", "the value is not one that it takes" },
	{ EBADMSG, API_ERROR "BadValue", "the value is not one that it takes" },
	{ ERANGE, API_ERROR "BadValue", "the value is out of range" },
	{ EEXIST, API_ERROR "BadValue", "it exists already" },
	{ EMSGSIZE, API_ERROR "BadValue", "the value is too large" },
	{ E2BIG, API_ERROR "BadValue", "the value is too large" },
	{ EBUSY, API_ERROR "Busy", "too much is under way; try again in a moment" },
	{ EAGAIN, API_ERROR "Busy", "it cannot be had now; try again in a moment" },
	{ ECONNRESET, API_ERROR "Busy", "what serves it has ended and is started again; see its plugin" },
	{ ETIMEDOUT, API_ERROR "TimedOut", "what serves it does not answer; see its plugin" },
	{ ENOTSUP, API_ERROR "NotSupported", "it is not supported" },
	{ ENOTCONN, API_ERROR "NotRegistered", "the agent is not registered" },
	{ ENOSPC, API_ERROR "QuotaExceeded", "there is no room for more" },
	{ ENOMEM, API_ERROR "Failed", "there is no memory" },
};

int fault_replyf(sd_bus_message *m, const char *name, const char *format, ...)
{
	char text[512];
	va_list arguments;
	int r;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	r = sd_bus_reply_method_errorf(m, name, "%s", text);
	return r < 0 ? r : 1;
}

static int reply(sd_bus_message *m, int error, const char *before, const char *what)
{
	for (size_t i = 0; i < ELEMENTSOF(faults); i++)
		if (faults[i].error == -error)
			return fault_replyf(m, faults[i].name, "%s%s%s%s", before, what, *what ? ": " : "",
				faults[i].text);
	return fault_replyf(
		m, API_ERROR "Failed", "%s%s%s%s", before, what, *what ? ": " : "", strerror(-error));
}

int fault_reply(sd_bus_message *m, int error, const char *what)
{
	return reply(m, error, "", what ? what : "");
}

int fault_reply_operation(sd_bus_message *m, int error, enum operation_type type, const struct path *path)
{
	char text[PATH_TEXT_MAX];

	path_format(path, text);
	if (type == OPERATION_EXECUTE && (error == -EINVAL || error == -EBADMSG))
		return fault_replyf(m, API_ERROR "BadValue",
			"Cannot execute %s: arguments are digits with values, like 0='text',3", text);
	return reply(m, error,
		type == OPERATION_READ	    ? "Cannot read " :
		type == OPERATION_EXECUTE ? "Cannot execute " :
					    "Cannot write ",
		text);
}
