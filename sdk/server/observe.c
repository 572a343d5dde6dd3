/* SPDX-License-Identifier: Apache-2.0 */
#include "observe.h"

#include "base/usec.h"

#define NUMBER_HALF (1 << 23)
#define FRESH_AFTER (128 * USEC_PER_SEC) /* RFC 7641, 3.4 */
#define CANCEL_WAIT (10 * USEC_PER_SEC)

struct observation {
	struct list link;
	struct observations *observations;
	const void *client;      /* NULL: ended */
	struct session *session; /* NULL: none for the time being */
	struct packet request;   /* its path is in path */
	char path[64];
	uint64_t timeout_us;
	struct exchange *exchange; /* the first answer, or the rest of a notification */
	int number;
	usec_t heard;
	observe_changed_t changed;
	void *userdata;
};

void observations_init(struct observations *observations, struct exchanges *exchanges)
{
	*observations = (struct observations){ .exchanges = exchanges };
	list_init(&observations->list);
}

static void set_session(struct observation *observation, struct session *session)
{
	struct session *old = observation->session;

	observation->session = session ? transport_hold(session) : NULL;
	if (old)
		transport_release(old);
}

static void end(struct observation *observation)
{
	observation->exchange = exchange_cancel(observation->exchange);
	observation->client = NULL;
	set_session(observation, NULL);
}

struct observation *observe_cancel(struct observation *observation)
{
	struct packet request;

	if (!observation)
		return NULL;
	if (observation->session) {
		request = observation->request;
		request.observe = 1;
		/*
		 * Nobody waits for the answer; should the request get lost, the next notification gets a
		 * Reset.
		 */
		(void)exchange_start(observation->observations->exchanges, observation->session, &request,
			CANCEL_WAIT, NULL, NULL, NULL);
	}
	end(observation);
	list_remove(&observation->link);
	observation->observations->count--;
	free(observation);
	return NULL;
}

static void on_rest(void *userdata, int error, const struct packet *response)
{
	struct observation *observation = userdata;

	observation->exchange = NULL;
	/* A value that changes while it is fetched comes again by itself. */
	if (error == -EBADMSG)
		return;
	observation->changed(observation->userdata, error, response);
}

static void on_first(void *userdata, int error, const struct packet *response)
{
	struct observation *observation = userdata;

	observation->exchange = NULL;
	if (!error && (response->code >> 5 != 2 || response->observe < 0)) {
		end(observation); /* refused: there is nothing to cancel */
	} else if (!error) {
		observation->number = response->observe;
		observation->heard = usec_now();
	}
	observation->changed(observation->userdata, error, response);
}

int observe_start(struct observations *observations, const void *client, struct session *session,
	const struct packet *request, uint64_t timeout_us, observe_changed_t changed, void *userdata,
	struct observation **ret)
{
	struct observation *observation;
	int r;

	if (!session)
		return -ENOTCONN;
	if (observations->count >= OBSERVATIONS_MAX)
		return -EBUSY;
	observation = calloc(1, sizeof(*observation));
	if (!observation)
		return -ENOMEM;
	observation->request = *request;
	if (request->path.len > sizeof(observation->path)) {
		free(observation);
		return -ENAMETOOLONG;
	}
	memcpy(observation->path, request->path.data, request->path.len);
	observation->request.path.data = (const uint8_t *)observation->path;
	observation->request.observe = 0;
	observation->request.token = transport_token(observations->exchanges->transport);
	observation->timeout_us = timeout_us;
	observation->changed = changed;
	observation->userdata = userdata;
	r = exchange_start(observations->exchanges, session, &observation->request, timeout_us, on_first,
		observation, &observation->exchange);
	if (r < 0) {
		free(observation);
		return r;
	}
	observation->observations = observations;
	observation->client = client;
	set_session(observation, session);
	list_append(&observations->list, &observation->link);
	observations->count++;
	*ret = observation;
	return 0;
}

static bool is_newer(const struct observation *observation, int number, usec_t now)
{
	int last = observation->number;

	return (last < number && number - last < NUMBER_HALF) ||
	       (last > number && last - number > NUMBER_HALF) ||
	       now > usec_add(observation->heard, FRESH_AFTER);
}

static void notify(struct observation *observation, const struct packet *response)
{
	usec_t now = usec_now();
	int r;

	if (response->code >> 5 == 2 && response->observe >= 0) {
		if (observation->heard > 0 && !is_newer(observation, response->observe, now))
			return;
		observation->number = response->observe;
		observation->heard = now;
	} else {
		end(observation); /* the last one: the client has forgotten us */
	}
	if (observation->session && response->block2.present && response->block2.more) {
		observation->exchange = exchange_cancel(observation->exchange);
		r = exchange_start_rest(observation->observations->exchanges, observation->session,
			&observation->request, response, observation->timeout_us, on_rest, observation,
			&observation->exchange);
		if (r < 0)
			observation->changed(observation->userdata, r, NULL);
		return;
	}
	observation->changed(observation->userdata, 0, response);
}

bool observations_response(
	struct observations *observations, struct session *session, const struct packet *response)
{
	struct observation *observation;

	list_for_each(observation, &observations->list, link)
		if (observation->session == session &&
			packet_token_equal(&observation->request.token, &response->token)) {
			notify(observation, response);
			return true;
		}
	return false;
}

void observations_move(struct observations *observations, const void *client, struct session *session)
{
	struct observation *observation;

	list_for_each(observation, &observations->list, link)
		if (observation->client == client)
			set_session(observation, session);
}

/* A callback may cancel others: from the beginning again after each. */
void observations_end(struct observations *observations, const void *client)
{
	struct observation *observation;
	bool found;

	do {
		found = false;
		list_for_each(observation, &observations->list, link)
			if (observation->client == client) {
				found = true;
				end(observation);
				observation->changed(observation->userdata, -ESTALE, NULL);
				break;
			}
	} while (found);
}
