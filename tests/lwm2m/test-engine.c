/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "transcript.h"

static void nothing_is_due_when_nothing_is_to_be_done(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "GET /500 observe=0 token=01",
			"watch 500 on\n2.05 observe=0 format=112 {/500/0/0=abc /500/0/1=5 /500/0/2=21.5 "
			"/500/0/4/0=10 /500/0/4/2=30}" },
		{ 2 * SEC }, /* the observation is written to the state */
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	assert_int_equal(engine_deadline(transcript.engine), USEC_INFINITY);
	play_on(&transcript, steps);
	assert_int_equal(engine_deadline(transcript.engine), USEC_INFINITY);
	transcript_deinit(&transcript);
}

/* One wake-up per Update: none for the way there. */
static void no_idle_wake_ups(void **state)
{
	static struct transcript transcript;
	static const struct step registered[] = { TRANSCRIPT_REGISTERED };
	unsigned int wake_ups = 0;
	usec_t deadline;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, registered);
	for (; (deadline = engine_deadline(transcript.engine)) < 24 * HOUR; wake_ups++) {
		transcript_do(&transcript, deadline, NULL);
		transcript_do(&transcript, deadline, "answer 2.04");
	}
	assert_int_equal(wake_ups, 86400 / 207);
	transcript_deinit(&transcript);
}

static void changes_ask_for_a_tick_at_once(void **state)
{
	static struct transcript transcript;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	registry_persist(&transcript.fake.registry, 501);
	assert_int_equal(engine_deadline(transcript.engine), 0);
	transcript_do(&transcript, 1 * SEC, NULL);
	assert_int_equal(engine_deadline(transcript.engine), USEC_INFINITY);
	assert_int_equal(object_add_instance(fake_objects_get(&transcript.fake, 500), 1), 0);
	assert_int_equal(engine_deadline(transcript.engine), 0);
	transcript_do(&transcript, 1 * SEC, NULL);
	assert_int_equal(engine_deadline(transcript.engine), USEC_INFINITY);
	transcript_deinit(&transcript);
}

/* Each server has its own lifetime, retries and registration; what becomes of one is nothing to the other. */
static void two_servers_live_apart(void **state)
{
	static const struct step steps[] = {
		{ 0, "@1 lifetime 1000", NULL },
		{ 0, "start", "connect\n@1 connect" },
		{ 0, "connected", TRANSCRIPT_REGISTER },
		{ 0, "@1 connected",
			"@1 request POST /rd?ep=dev&lt=1000&lwm2m=1.1&b=U format=40 " TRANSCRIPT_LINKS
			"\n@1 registering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "@1 answer 2.01 /rd/1", "@1 registered 1000" },
		{ 207 * SEC, NULL, "request POST /rd/5a" },
		{ 207 * SEC, "answer 4.04", "lost 4.04\n" TRANSCRIPT_REGISTER },
		{ 207 * SEC, "GET /3/0/0", "silence" },
		{ 207 * SEC, "@1 GET /3/0/0", "@1 2.05 format=0 maker" },
		{ 207 * SEC, "answer 2.01 /rd/6b", "registered 300" },
		/* the list is another: both hear of it, each at its own place */
		{ 208 * SEC, "add /501/0",
			"request POST /rd/6b format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</3>;ver=1.1,"
			"</3/0>,</500>;ver=2.0,</500/0>,</501>,</501/0>,</502>\n"
			"@1 request POST /rd/1 format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</3>;ver=1.1,"
			"</3/0>,</500>;ver=2.0,</500/0>,</501>,</501/0>,</502>" },
		{ 208 * SEC, "@1 answer 2.04", "@1 updated 907" },
		{ 208 * SEC, "answer 2.04", "updated 207" },
		{ 209 * SEC, "@1 disable", "@1 request DELETE /rd/1" },
		{ 209 * SEC, "@1 answer 2.02", "@1 deregistered 2.02\n@1 close" },
		{ 209 * SEC, "GET /3/0/0", "2.05 format=0 maker" },
	};

	(void)state;
	play(steps, .servers = 2);
}

static void which_accounts_are_started(void **state)
{
	static const struct step steps[] = { { 0, "start", "@1 connect" },
		{ 1 * SEC, "@1 stop", "@1 close" } };
	struct transcript transcript = { 0 };
	struct engine_config config = { .endpoint = "dev" };
	struct server *bootstrap, *disabled, *server;

	(void)state;
	servers_init(&transcript.servers);
	assert_int_equal(server_new(&transcript.servers, "bootstrap", &bootstrap), 0);
	bootstrap->bootstrap = true;
	assert_int_equal(server_new(&transcript.servers, "disabled", &disabled), 0);
	disabled->enabled = false;
	assert_int_equal(server_new(&transcript.servers, "main", &server), 0);
	fake_objects_init(&transcript.fake, &transcript.lines);
	assert_int_equal(
		engine_new(&config, &transcript.fake.registry, &transcript.servers, &transcript.engine), 0);
	assert_null(engine_registration(transcript.engine, bootstrap));
	assert_int_equal(engine_registration(transcript.engine, disabled)->state, REGISTRATION_IDLE);
	assert_int_equal(disabled->session, 0);
	assert_int_equal(server->session, 1);
	/* of none of its accounts */
	engine_update(transcript.engine, 0, bootstrap);
	engine_disable(transcript.engine, 0, bootstrap);
	play_on(&transcript, steps);
	transcript_deinit(&transcript);
}

static void strangers_are_not_heard(void **state)
{
	static struct transcript transcript;
	struct message response = { .code = COAP_CHANGED, .accept = -1, .format = -1, .observe = -1 };
	static const struct step registered[] = { TRANSCRIPT_REGISTERED };
	static const struct step nothing[] = { { 0 } };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, registered);
	engine_response(transcript.engine, 0, 0, 0, &response);
	engine_response(transcript.engine, 0, 0, -ECONNRESET, NULL);
	engine_response(transcript.engine, 0, 12345, 0, &response);
	engine_response(transcript.engine, 0, 12345, -ETIMEDOUT, NULL);
	engine_connected(transcript.engine, 0, 7, 0);
	engine_connected(transcript.engine, 0, 65535, -EIO);
	play_on(&transcript, nothing);
	transcript_deinit(&transcript);
}

/* Everything that is under way goes with the engine. */
static void free_at_any_time(void **state)
{
	static struct transcript transcript;
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 0, "PUT /500?pmin=1", "2.04" },
		{ 0, "PUT /500/0/0 format=0 offset=0 more \"ab\"", "2.31" },
		{ 0, "hold" },
		{ 0, "GET /500/0/0" },
		{ 1 * SEC, "set /500/0/2 1" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, steps);
	engine_update(transcript.engine, 2 * SEC, transcript_server(&transcript, 0));
	transcript_deinit(&transcript);
	assert_null(engine_free(NULL));
}

/* An object that ends one operation while it is asked for another. */
static void operations_may_end_in_a_call(void **state)
{
	static struct transcript transcript;
	static const struct step held[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/0" },
	};
	static const struct step both[] = { { 2 * SEC, "GET /500/0/1",
		"#1 2.05 format=0 abc\n2.05 format=0 5" } };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, held);
	transcript.fake.hold = false;
	transcript.fake.release = true;
	play_on(&transcript, both);
	transcript_deinit(&transcript);
}

/* State that waited for a free operation is read as soon as there is one, and not with the next event. */
static void a_call_may_make_room(void **state)
{
	static struct transcript transcript;
	static const struct step full[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "set /501/0/0 a" },
		{ 0, "GET /500/0/2 observe=0 token=01", "watch 500 on\n2.05 observe=0 format=0 21.5" },
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/0" },
		{ 1 * SEC, "GET /3/0/0" },
		{ 1 * SEC, "keep /501" },
	};
	static const struct step room[] = {
		{ 2 * SEC, "GET /500/0/2 observe=1 token=01",
			"watch 500 off\n#2 2.05 format=0 abc\n#3 2.05 format=0 maker\n2.05 format=0 21.5\n"
			"persist 501 {/501/0/0=a}" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ .limits.operations = 2 });
	play_on(&transcript, full);
	transcript.fake.hold = false;
	transcript.fake.release = true;
	play_on(&transcript, room);
	transcript_deinit(&transcript);
}

/* Between the end of an operation and the tick that passes it on the object goes on living. */
static void results_are_those_of_their_time(void **state)
{
	static struct transcript transcript;
	static const struct step held[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/0" },
	};
	static const struct step told[] = { { 1 * SEC, NULL, "2.05 format=0 abc" } };

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, held);
	fake_objects_answer(&transcript.fake, 0);
	fake_objects_set(&transcript.fake, &PATH3(500, 0, FAKE_NAME), "xyz");
	play_on(&transcript, told);
	transcript_deinit(&transcript);
}

/* What an object ended stays ended, but its definition is gone with it. */
static void an_object_may_go_before_its_answer_is_out(void **state)
{
	static struct transcript transcript;
	static const struct step held[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "hold" },
		{ 1 * SEC, "GET /3/0/0" },
		{ 1 * SEC, "PUT /500/0/0 format=0 \"x\"" },
	};
	static const struct step gone[] = {
		{ 1 * SEC, NULL,
			"#1 5.03\n5.03\nrequest POST /rd/5a format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 "
			"11542\",</501>,</502>" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	play_on(&transcript, held);
	fake_objects_answer(&transcript.fake, 0);
	fake_objects_answer(&transcript.fake, 0);
	registry_remove(&transcript.fake.registry, fake_objects_get(&transcript.fake, 3));
	registry_remove(&transcript.fake.registry, fake_objects_get(&transcript.fake, 500));
	play_on(&transcript, gone);
	transcript_deinit(&transcript);
}

/* What was asked of the plugin's object is not answered by the agent's own, which has its place again. */
static void an_object_may_give_its_place_back_before_its_answer(void **state)
{
	static struct transcript transcript;
	static const struct object_info info = { 500, OBJECT_REPLACEABLE, "1.0", NULL, 0 };
	struct object own = { .info = &info }, *plugins;
	static const struct step held[] = {
		TRANSCRIPT_REGISTERED_FOREVER,
		{ 0, "hold" },
		{ 1 * SEC, "GET /500/0/0" },
	};
	static const struct step back[] = {
		{ 1 * SEC, NULL,
			"5.03\nrequest POST /rd/5a format=40 </>;rt=\"oma.lwm2m\";ct=\"60 110 112 "
			"11542\",</3>;ver=1.1,</3/0>,</500>,</501>,</502>" },
	};

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	plugins = fake_objects_get(&transcript.fake, 500);
	registry_remove(&transcript.fake.registry, plugins);
	assert_int_equal(registry_add(&transcript.fake.registry, &own), 0);
	assert_int_equal(registry_add(&transcript.fake.registry, plugins), 0);
	play_on(&transcript, held);
	registry_remove(&transcript.fake.registry, plugins);
	fake_objects_answer(&transcript.fake, 0);
	play_on(&transcript, back);
	transcript_deinit(&transcript);
}

static const char *const random_verbs[] = {
	"start",
	"stop",
	"deregister",
	"update",
	"disable",
	"connected",
	"connected",
	"connected",
	"connected EIO",
	"@1 connected",
	"@1 connected",
	"@1 connected EIO",
	"answer 2.01 /rd/1",
	"answer 2.01 /rd/1",
	"answer 2.04",
	"answer 2.04",
	"answer 4.04",
	"answer 4.12",
	"@1 answer 2.01 /rd/2",
	"@1 answer 2.04",
	"@1 answer 5.00",
	"unanswered",
	"reset",
	"@1 unanswered",
	"confirmed",
	"unconfirmed",
	"refused",
	"@1 refused",
	"start",
	"start",
	"GET /500",
	"GET /500/0/1",
	"GET /501/0 accept=40",
	"@1 GET /500/0/4/2",
	"DELETE /500/0/4/2",
	"GET /500/0/1 observe=0 token=01",
	"GET /500/0 observe=0 token=02",
	"GET /500 observe=0 token=03",
	"@1 GET /500/0/2 observe=0 token=01",
	"@1 GET /501 observe=0 token=02",
	"@1 GET /500/0/4/2 observe=0 token=03",
	"GET /500/0/1 observe=1 token=01",
	"@1 GET /500/0/2 observe=1 token=01",
	"GET /500/1 observe=0 token=01",
	"PUT /500/0/1 format=0 \"6\"",
	"PUT /500/0/4/2 format=0 \"6\"",
	"PUT /500?pmin=5&pmax=20",
	"PUT /500/0/2?pmin",
	"@1 PUT /500/0/2?pmax=3",
	"PUT /500/0/0 format=0 offset=0 more \"ab\"",
	"PUT /500/0/0 format=0 offset=2 \"cd\"",
	"PUT /500/0/5 format=42 offset=0 more \"ab\"",
	"@1 PUT /500/0/5 format=42 offset=0 more \"ab\"",
	"PUT /500/0/5 format=42 offset=2 more \"cd\"",
	"PUT /500/0/5 format=42 offset=4 \"ef\"",
	"POST /500/0/3",
	"POST /500 format=11542 x:c10061",
	"@1 POST /501 format=11542 x:c10061",
	"DELETE /500/1",
	"DELETE /501/0",
	"DELETE /500/0",
	"POST /500 format=11542 x:c10061",
	"set /500/0/1 7",
	"set /500/0/2 7.5",
	"set /500/0/2",
	"set /500/0/4/2 8",
	"hold",
	"fail EIO",
	"fail ENODATA",
	"fail ENOENT",
	"pmin 3",
	"pmax 9",
	"lifetime 400",
};

/* Held operations end, the hold ends, an object goes or comes back. */
static void meddle(struct transcript *transcript, unsigned int choice)
{
	struct fake_objects *fake = &transcript->fake;
	struct object *object = fake_objects_get(fake, choice % 2 ? 500 : 501);

	if (choice < 12 && fake->n_held > 0)
		fake_objects_answer(fake, choice < 10 ? 0 : -EIO);
	else if (choice == 12)
		fake->hold = false;
	else if (choice == 13 && !object->registry)
		assert_int_equal(registry_add(&fake->registry, object), 0);
	else if (choice == 14 && object->registry)
		registry_remove(&fake->registry, object);
}

/* Whatever comes in whatever order: no crash, no spin, and it ends when told to. */
static void at_random(void **state)
{
	static struct transcript transcript;
	unsigned int seed;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		unsigned int random = seed;

		transcript_init(
			&transcript, &(struct transcript_config){ .servers = 2, .limits.operations = 8 });
		for (unsigned int i = 0; i < 2000; i++) {
			usec_t at = transcript.now + (usec_t)(rand_r(&random) % 3000) * USEC_PER_MSEC;
			bool verb = rand_r(&random) % 3 > 0;

			if (!verb)
				meddle(&transcript, (unsigned int)rand_r(&random) % 15);
			transcript_do(&transcript, at,
				verb ? random_verbs[(unsigned int)rand_r(&random) %
						    ELEMENTSOF(random_verbs)] :
				       NULL);
		}
		transcript_do(&transcript, transcript.now, "stop");
		assert_true(engine_is_idle(transcript.engine));
		while (transcript.fake.n_held > 0)
			fake_objects_answer(&transcript.fake, 0);
		transcript_do(&transcript, transcript.now, NULL);
		transcript_do(&transcript, transcript.now + HOUR, NULL);
		transcript.fake.hold = false;
		while (transcript.fake.n_held > 0)
			fake_objects_answer(&transcript.fake, 0);
		transcript_do(&transcript, transcript.now, NULL);
		assert_int_equal(engine_deadline(transcript.engine), USEC_INFINITY);
		for (size_t i = 0; i < FAKE_OBJECTS; i++) {
			assert_int_equal(transcript.fake.objects[i].object.pending, 0);
			assert_false(transcript.fake.objects[i].object.watched);
		}
		transcript_deinit(&transcript);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nothing_is_due_when_nothing_is_to_be_done),
	cmocka_unit_test(no_idle_wake_ups),
	cmocka_unit_test(changes_ask_for_a_tick_at_once),
	cmocka_unit_test(two_servers_live_apart),
	cmocka_unit_test(which_accounts_are_started),
	cmocka_unit_test(strangers_are_not_heard),
	cmocka_unit_test(free_at_any_time),
	cmocka_unit_test(operations_may_end_in_a_call),
	cmocka_unit_test(a_call_may_make_room),
	cmocka_unit_test(results_are_those_of_their_time),
	cmocka_unit_test(an_object_may_give_its_place_back_before_its_answer),
	cmocka_unit_test(an_object_may_go_before_its_answer_is_out),
	cmocka_unit_test(at_random),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/engine", tests, NULL, NULL);
}
