/* SPDX-License-Identifier: Apache-2.0 */
/* RegisterObject() and UnregisterObject(). */
#include <string.h>

#include "api/provision.h"
#include "base/log.h"

#define NAME_MAX_LEN 64

void provide_forget(struct caller *caller)
{
	struct provision *provision, *safe;

	list_for_each_safe(provision, safe, &caller->provisions, of_caller) {
		log_plugin(LOG_NOTICE, 0, provision->name, "Program %s (%s) is gone, and its objects",
			provision->name, caller->name);
		provision_free(provision);
	}
}

void provide_free(struct api *api)
{
	struct provision *provision, *safe;

	list_for_each_safe(provision, safe, &api->provisions, link)
		provision_free(provision);
}

static int read_option(sd_bus_message *m, struct wanted *wanted)
{
	const char *key;
	int r = sd_bus_message_read_basic(m, 's', &key);

	if (r < 0)
		return r;
	if (strcmp(key, "first_instance") == 0)
		r = sd_bus_message_read(m, "v", "q", &wanted->first_instance);
	else if (strcmp(key, "lease") == 0)
		r = sd_bus_message_read(m, "v", "u", &wanted->lease_s);
	else
		return fault_replyf(m, API_ERROR "BadValue", "There is no option '%s'", key);
	return r < 0 ? fault_replyf(m, API_ERROR "BadValue", "Option %s is of another type", key) : 0;
}

/* 0, or as fault_reply(). */
static int read_options(sd_bus_message *m, struct wanted *wanted)
{
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = read_option(m, wanted);
		if (r != 0)
			return r;
		r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 0;
}

static int check_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 127)
			return -EINVAL;
	return 0;
}

static int refuse(sd_bus_message *m, int error, const char *reason)
{
	if (error == -EEXIST)
		return fault_replyf(m, API_ERROR "NotAllowed", "%s", reason);
	if (error == -EMSGSIZE)
		return fault_replyf(m, API_ERROR "QuotaExceeded", "The program %s", reason);
	if (error == -EBADMSG)
		return fault_replyf(m, API_ERROR "BadValue", "The program %s", reason);
	return error;
}

static int add(struct caller *caller, sd_bus_message *m, const struct wanted *wanted)
{
	const char *name = wanted->name, *path = wanted->path;
	char reason[REMOTE_REASON_MAX] = "";
	struct provision *provision;
	int r;

	if (provision_find(caller, name) || provision_find_path(caller, path))
		return fault_replyf(m, API_ERROR "NotAllowed",
			"This program has registered the name '%s' or the path %s already", name, path);
	r = provision_new(caller->api, caller, wanted, &provision);
	if (r < 0)
		return r;
	r = remote_attach_program(provision->remote, caller->api->bus, caller->name, path, m, reason);
	if (r < 0) {
		provision_free(provision);
		return refuse(m, r, reason);
	}
	caller->api->dirty = true;
	log_plugin(LOG_NOTICE, 0, name, "Program %s (%s) serves %zu object%s", name, caller->name,
		remote_count(provision->remote), remote_count(provision->remote) == 1 ? "" : "s");
	return sd_bus_reply_method_return(m, "");
}

static int on_lease_end(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct provision *provision = userdata;

	log_plugin(LOG_NOTICE, 0, provision->name,
		"The lease of %s has run out: its objects are taken away", provision->name);
	provision_free(provision);
	return 0;
}

static int set_lease(struct provision *provision, uint32_t lease_s)
{
	provision->end = sd_event_source_disable_unref(provision->end);
	return sd_event_add_time_relative(provision->api->parts.event, &provision->end, CLOCK_BOOTTIME,
		usec_from_s(lease_s), USEC_PER_SEC / 10, on_lease_end, provision);
}

/* Values that stand until they are told anew, by the same user and name, or until the lease runs out. */
static int add_lease(struct api *api, sd_bus_message *m, const struct wanted *wanted)
{
	struct provision *provision = provision_find_lease(api, wanted->name);
	bool is_new = !provision;
	char reason[REMOTE_REASON_MAX] = "";
	int r = is_new ? provision_new(api, NULL, wanted, &provision) : 0;

	if (r < 0)
		return r;
	r = remote_describe(provision->remote, m, reason);
	if (r >= 0)
		r = set_lease(provision, wanted->lease_s);
	/* What stood before still does, unless another object is in the way of a part of it. */
	if (r < 0 && (is_new || r == -EEXIST))
		provision_free(provision);
	if (r < 0)
		return refuse(m, r, reason);
	api->dirty = true;
	if (is_new)
		log_plugin(LOG_NOTICE, 0, wanted->name, "User %u leases %zu object%s as %s", api->uid,
			remote_count(provision->remote), remote_count(provision->remote) == 1 ? "" : "s",
			wanted->name);
	return sd_bus_reply_method_return(m, "");
}

int provide_add(struct api *api, sd_bus_message *m)
{
	struct wanted wanted = { 0 };
	struct caller *caller;
	int r = sd_bus_message_read(m, "so", &wanted.name, &wanted.path);

	if (r < 0)
		return r;
	if (check_name(wanted.name) < 0)
		return fault_replyf(m, API_ERROR "BadValue",
			"A name is up to %d characters without blanks, for messages to people", NAME_MAX_LEN);
	r = read_options(m, &wanted);
	if (r != 0)
		return r;
	if (wanted.lease_s > 0)
		return add_lease(api, m, &wanted);
	r = caller_get(api, sd_bus_message_get_sender(m), &caller);
	if (r < 0)
		return r;
	r = add(caller, m, &wanted);
	caller_release(caller);
	return r;
}

int provide_remove(struct api *api, sd_bus_message *m)
{
	struct provision *provision;
	struct caller *caller;
	const char *name;
	int r = sd_bus_message_read(m, "s", &name);

	if (r < 0)
		return r;
	r = caller_get(api, sd_bus_message_get_sender(m), &caller);
	if (r < 0)
		return r;
	provision = provision_find(caller, name);
	if (!provision)
		provision = provision_find_lease(api, name);
	if (provision)
		provision_free(provision);
	caller_release(caller);
	if (!provision)
		return fault_replyf(m, API_ERROR "NotFound", "This program has not registered '%s'", name);
	return sd_bus_reply_method_return(m, "");
}

const char *provide_next(const struct api *api, uint16_t oid, size_t *at)
{
	const struct provision *provision;
	size_t i = 0;

	list_for_each(provision, &api->provisions, link) {
		if (i++ < *at)
			continue;
		*at = i;
		if (provision_serves(provision, oid))
			return provision->provider;
	}
	return NULL;
}
