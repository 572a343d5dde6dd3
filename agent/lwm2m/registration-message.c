/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/registration-message.h"

#include "lwm2m/codec.h"
#include "lwm2m/discover.h"

/* "UQ" is how LwM2M 1.0 says queue mode; later versions have a parameter of its own. */
static const char *binding_text(const struct registration *registration, char text[10])
{
	const struct server *server = registration->server;
	bool queue = registration->version == LWM2M_1_0 && server->queue;

	stpcpy(stpcpy(text, server->binding), queue ? "Q" : "");
	return text;
}

static int add_parameter(struct effect *effect, const char *format, const char *text)
{
	struct buffer *query = effects_query(effect);
	int r = query->len > 0 ? buffer_append_byte(query, '&') : 0;

	if (r >= 0)
		r = buffer_append_text(query, format);
	return r < 0 ? r : buffer_append_text(query, text);
}

/* Later versions than 1.0 say it in a parameter of its own. */
static bool has_queue_parameter(const struct registration *registration)
{
	return registration->server->queue && registration->version > LWM2M_1_0;
}

/* The parameters go together: a binding without Q would be one without queue mode. */
static int add_binding(const struct registration *registration, struct effect *effect)
{
	char binding[10];
	int r = add_parameter(effect, "b=", binding_text(registration, binding));

	return r < 0 || !has_queue_parameter(registration) ? r : add_parameter(effect, "Q", "");
}

static bool binding_is_told(const struct registration *registration)
{
	char binding[10];

	return strcmp(registration->told_binding, binding_text(registration, binding)) == 0 &&
	       registration->told_queue == has_queue_parameter(registration);
}

static int add_lifetime(struct registration *registration, struct effect *effect)
{
	char text[11];

	snprintf(text, sizeof(text), "%u", registration->server->lifetime_s);
	return add_parameter(effect, "lt=", text);
}

static int add_links(const struct registration *registration, struct effect *effect)
{
	const struct registration_client *client = registration->client;
	const struct buffer *links =
		registration->version >= LWM2M_1_2 ? &client->links_1_2 : &client->links;
	struct buffer *payload = effects_payload(effect);
	int r = discover_root(registration->version, payload);

	effect->message.format = CODEC_LINK;
	if (r >= 0 && links->len > 0)
		r = buffer_append_byte(payload, ',');
	return r < 0 ? r : buffer_append(payload, links->data, links->len);
}

static bool has_profile(const struct registration *registration)
{
	return registration->server->profile_id && registration->version >= LWM2M_1_2;
}

/* The Profile ID goes with the list, too: that is how the server learns which list it stands for. */
static int add_list(struct registration *registration, struct effect *effect)
{
	bool profile = has_profile(registration);
	int r = profile ? add_parameter(effect, "pid=", "") : 0;

	registration->by_profile = profile && !registration->list_wanted;
	if (r >= 0 && profile)
		r = profile_append(registration->client->profile, registration->server->profile_hash,
			effects_query(effect));
	return r < 0 || registration->by_profile ? r : add_links(registration, effect);
}

/* What is told again when it is another: of the request that goes out now. */
void registration_message_note_told(struct registration *registration)
{
	char binding[10];

	registration->told_lifetime_s = registration->server->lifetime_s;
	registration->told_links_serial = registration->client->links_serial;
	stpcpy(registration->told_binding, binding_text(registration, binding));
	registration->told_queue = has_queue_parameter(registration);
}

int registration_message_register(struct registration *registration, struct effect *effect)
{
	int r = buffer_append_text(effects_path(effect), "/rd");

	if (r >= 0)
		r = add_parameter(effect, "ep=", registration->client->endpoint);
	if (r >= 0)
		r = add_lifetime(registration, effect);
	if (r >= 0)
		r = add_parameter(effect, "lwm2m=", version_name(registration->version));
	if (r >= 0)
		r = add_binding(registration, effect);
	return r < 0 ? r : add_list(registration, effect);
}

int registration_message_update(struct registration *registration, struct effect *effect)
{
	const struct buffer *location = &registration->location;
	bool all = registration->unheard;
	int r = buffer_append(effects_path(effect), location->data, location->len);

	registration->by_profile = false;
	if (r >= 0 && (all || registration->told_lifetime_s != registration->server->lifetime_s))
		r = add_lifetime(registration, effect);
	if (r >= 0 && (all || !binding_is_told(registration)))
		r = add_binding(registration, effect);
	if (r >= 0 && (all || registration->list_wanted ||
			      registration->told_links_serial != registration->client->links_serial))
		r = add_list(registration, effect);
	return r;
}

int registration_message_deregister(struct registration *registration, struct effect *effect)
{
	const struct buffer *location = &registration->location;

	effect->message.code = COAP_DELETE;
	return buffer_append(effects_path(effect), location->data, location->len);
}
