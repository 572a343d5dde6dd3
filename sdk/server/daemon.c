/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"

#include <signal.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "console.h"
#include "control.h"
#include "dir.h"
#include "payload.h"

static const char *const event_texts[] = {
	[CLIENTS_REGISTERED] = "registered",
	[CLIENTS_UPDATED] = "updated",
	[CLIENTS_DEREGISTERED] = "de-registered",
	[CLIENTS_EXPIRED] = "expired",
	[CLIENTS_REPLACED] = "replaced",
};

static void set_expiry(struct daemon *daemon)
{
	usec_t next = clients_expire(&daemon->clients, usec_now());

	if (next == USEC_INFINITY) {
		(void)sd_event_source_set_enabled(daemon->expiry, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(daemon->expiry, next);
	(void)sd_event_source_set_enabled(daemon->expiry, SD_EVENT_ONESHOT);
}

static int on_expiry(sd_event_source *source, uint64_t usec, void *userdata)
{
	set_expiry(userdata);
	return 0;
}

static int on_post(sd_event_source *source, void *userdata)
{
	command_bury(userdata);
	return 0;
}

/* -- what clients tell */

static void on_client_event(void *userdata, enum clients_event event, struct client *client)
{
	struct daemon *daemon = userdata;
	char address[TRANSPORT_ADDRESS_MAX] = "no address";

	if (client->session)
		transport_address(client->session, address);
	if (event == CLIENTS_UPDATED)
		log_info("%s %s from %s", client->endpoint, event_texts[event], address);
	else
		log_notice("%s %s (%s, %s)", client->endpoint, event_texts[event], address,
			client->identity ? "DTLS" : "no security");
	if (event != CLIENTS_REGISTERED && event != CLIENTS_UPDATED)
		observations_end(&daemon->observations, client);
	inform_event(daemon, event, client);
}

static void on_client_moved(void *userdata, struct client *client)
{
	struct daemon *daemon = userdata;

	observations_move(&daemon->observations, client, client->session);
}

static void *hold(void *session)
{
	return transport_hold(session);
}

static void release(void *session)
{
	transport_release(session);
}

static const struct clients_handlers clients_handlers = { on_client_event, on_client_moved, hold, release };

static bool on_send(void *userdata, struct client *client, int format, struct bytes payload)
{
	struct daemon *daemon = userdata;
	json_t *values;
	int r = payload_to_json(&PATH0(), format, payload, VALUE_NONE, &client->units, &values);

	if (r < 0) {
		log_warning("%s sent what cannot be read: %s", client->endpoint, payload_error(r));
		return false;
	}
	log_info("%s sent %zu values", client->endpoint, json_array_size(values));
	inform_send(daemon, client, values);
	json_decref(values);
	return true;
}

/* -- what the transport tells */

static void on_request(void *userdata, struct session *session, const struct packet *request,
	struct packet *response, char text[PACKET_TEXT_MAX])
{
	struct daemon *daemon = userdata;

	rd_request(&daemon->rd, usec_now(), session, request, response, text);
	set_expiry(daemon);
}

static bool on_response(void *userdata, struct session *session, const struct packet *response)
{
	struct daemon *daemon = userdata;

	return exchanges_response(&daemon->exchanges, session, response) ||
	       observations_response(&daemon->observations, session, response);
}

static void on_failed(void *userdata, struct session *session, uint16_t mid, int error)
{
	struct daemon *daemon = userdata;

	exchanges_failed(&daemon->exchanges, session, mid, error);
}

static void on_lost(void *userdata, struct session *session)
{
	struct daemon *daemon = userdata;

	rd_lose_session(&daemon->rd, session);
	clients_lose_session(&daemon->clients, session);
	exchanges_lose_session(&daemon->exchanges, session);
}

static bool on_key(void *userdata, struct bytes identity, struct bytes *ret)
{
	struct daemon *daemon = userdata;
	const struct psk_entry *entry = psk_find_identity(daemon->psk, identity);

	if (entry)
		*ret = BYTES(entry->key, entry->key_len);
	return entry;
}

static const struct transport_handlers transport_handlers = { on_request, on_response, on_failed, on_lost,
	on_key };

/* -- from start to end */

static int add_sources(struct daemon *daemon)
{
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL); /* NULL: the loop ends with 0 */
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_time(daemon->event, &daemon->expiry, CLOCK_BOOTTIME, USEC_INFINITY,
			USEC_PER_MSEC, on_expiry, daemon);
	if (r >= 0)
		r = sd_event_add_post(daemon->event, &daemon->post, on_post, daemon);
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->event, true);
	return r;
}

static int set_up(struct daemon *daemon, const struct options *options)
{
	int r = dir_make(options->data_dir);

	if (r >= 0)
		r = daemon->lock_fd = dir_lock(options->data_dir);
	if (r >= 0)
		r = psk_open(options->data_dir, &daemon->psk);
	if (r < 0)
		return r;
	daemon->rd.psk = daemon->psk;
	r = sd_event_new(&daemon->event);
	if (r >= 0)
		r = add_sources(daemon);
	if (r >= 0)
		r = transport_new(daemon->event, &transport_handlers, daemon, &daemon->transport);
	if (r < 0)
		return log_error_errno(r, "Cannot start: %m");
	exchanges_init(&daemon->exchanges, daemon->transport, daemon->event);
	observations_init(&daemon->observations, &daemon->exchanges);
	for (size_t i = 0; r >= 0 && i < options->n_listen; i++)
		r = transport_listen(daemon->transport, options->listen[i].where, options->listen[i].secure);
	if (r >= 0)
		r = control_new(daemon, options->data_dir, &daemon->control);
	if (r >= 0 && options->console && isatty(STDIN_FILENO))
		r = console_new(daemon, &daemon->console);
	return r;
}

/*
 * Those who ask first, then what they ask for, then what that needs: libcoap wants its sessions back before
 * it goes.
 */
static void tear_down(struct daemon *daemon)
{
	console_free(daemon->console);
	control_free(daemon->control);
	command_bury(daemon);
	clients_deinit(&daemon->clients);
	rd_deinit(&daemon->rd);
	if (daemon->transport)
		exchanges_deinit(&daemon->exchanges);
	transport_free(daemon->transport);
	psk_free(daemon->psk);
	sd_event_source_disable_unref(daemon->expiry);
	sd_event_source_disable_unref(daemon->post);
	sd_event_unref(daemon->event);
	closep(&daemon->lock_fd);
}

int daemon_run(const struct options *options)
{
	struct daemon daemon = { .lock_fd = -1 };
	int r;

	list_init(&daemon.commands);
	list_init(&daemon.ended);
	list_init(&daemon.observations.list);
	clients_init(&daemon.clients, &clients_handlers, &daemon);
	daemon.rd.clients = &daemon.clients;
	daemon.rd.send = on_send;
	daemon.rd.userdata = &daemon;
	r = set_up(&daemon, options);
	if (r >= 0) {
		(void)sd_notify(false, "READY=1");
		r = sd_event_loop(daemon.event);
		(void)sd_notify(false, "STOPPING=1");
	}
	tear_down(&daemon);
	return r;
}
