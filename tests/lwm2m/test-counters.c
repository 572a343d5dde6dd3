/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/counters.h"

#include "transcript.h"

/* Of the one server, by operation and code. */
static uint64_t answers(struct transcript *transcript, enum counted_operation operation, uint8_t code)
{
	const struct counters *counters = engine_counters(transcript->engine, transcript_server(transcript, 0));

	assert_non_null(counters);
	for (size_t i = 0; i < COUNTERS_CODES_MAX; i++)
		if (counters_code(i) == code)
			return counters->answers[operation][i];
	fail_msg("code %u is counted nowhere", code);
	return 0;
}

static uint64_t all_answers(struct transcript *transcript)
{
	const struct counters *counters = engine_counters(transcript->engine, transcript_server(transcript, 0));
	uint64_t sum = 0;

	for (size_t operation = 0; operation < _COUNTED_MAX; operation++)
		for (size_t i = 0; i < COUNTERS_CODES_MAX; i++)
			sum += counters->answers[operation][i];
	return sum;
}

static void operations_and_codes(void **state)
{
	static const struct {
		const char *does;
		enum counted_operation operation;
		uint8_t code;
	} requests[] = {
		{ "GET /500/0/1", COUNTED_READ, COAP_CONTENT },
		{ "GET /500/9", COUNTED_READ, COAP_NOT_FOUND },
		{ "GET /500/0/1 accept=999", COUNTED_READ, COAP_NOT_ACCEPTABLE },
		{ "GET /500/0/1 observe=0 token=01", COUNTED_OBSERVE, COAP_CONTENT },
		{ "GET /500/9 observe=0 token=02", COUNTED_OBSERVE, COAP_NOT_FOUND },
		{ "GET /500/0/1 observe=1 token=01", COUNTED_READ, COAP_CONTENT },
		{ "GET /500 accept=40", COUNTED_DISCOVER, COAP_CONTENT },
		{ "GET /577 accept=40", COUNTED_DISCOVER, COAP_NOT_FOUND },
		{ "PUT /500/0/1 format=0 \"6\"", COUNTED_WRITE, COAP_CHANGED },
		{ "PUT /500/0/1 format=0 \"x\"", COUNTED_WRITE, COAP_BAD_REQUEST },
		{ "PUT /577/0/1 format=0 \"x\"", COUNTED_WRITE, COAP_NOT_FOUND },
		{ "PUT /500/0/1?pmin=1", COUNTED_WRITE_ATTRIBUTES, COAP_CHANGED },
		{ "PUT /500/9?pmin=1", COUNTED_WRITE_ATTRIBUTES, COAP_NOT_FOUND },
		{ "POST /500/9/1", COUNTED_EXECUTE, COAP_NOT_FOUND },
		{ "POST /500/9", COUNTED_WRITE, COAP_NOT_FOUND },
		{ "POST /577", COUNTED_CREATE, COAP_NOT_FOUND },
		{ "DELETE /501/9", COUNTED_DELETE, COAP_NOT_FOUND },
		{ "FETCH / format=112 x:81a10068", COUNTED_READ_COMPOSITE, COAP_BAD_REQUEST },
		{ "FETCH / format=110 accept=110 \"[{\"n\":\"/500/0/1\"}]\"", COUNTED_READ_COMPOSITE, COAP_CONTENT },
		{ "FETCH / format=110 accept=110 observe=0 token=07 \"[{\"n\":\"/500/0/1\"}]\"",
		  COUNTED_OBSERVE_COMPOSITE, COAP_CONTENT },
		{ "IPATCH / format=110 \"[{\"n\":\"/500/0/1\",\"v\":7}]\"", COUNTED_WRITE_COMPOSITE, COAP_CHANGED },
	};
	struct transcript transcript;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	transcript_do(&transcript, 0, "start");
	transcript_do(&transcript, 0, "connected");
	transcript_do(&transcript, 0, "answer 2.01 /rd/5a");
	for (size_t i = 0; i < ELEMENTSOF(requests); i++) {
		uint64_t before = answers(&transcript, requests[i].operation, requests[i].code);

		transcript_do(&transcript, 0, requests[i].does);
		if (answers(&transcript, requests[i].operation, requests[i].code) != before + 1)
			fail_msg("%s is not counted as %s", requests[i].does,
				counters_operation_name(requests[i].operation));
		assert_int_equal(all_answers(&transcript), i + 1);
	}
	transcript_deinit(&transcript);
}

/* Objects that answer late: each answer is to its own request. */
static void late_answers(void **state)
{
	struct transcript transcript;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	transcript_do(&transcript, 0, "start");
	transcript_do(&transcript, 0, "connected");
	transcript_do(&transcript, 0, "answer 2.01 /rd/5a");
	transcript_do(&transcript, 0, "hold");
	transcript_do(&transcript, 0, "PUT /500/0/1 format=0 \"6\"");
	transcript_do(&transcript, 0, "GET /577");
	transcript_do(&transcript, 1 * SEC, "done");
	assert_int_equal(answers(&transcript, COUNTED_WRITE, COAP_CHANGED), 1);
	assert_int_equal(answers(&transcript, COUNTED_READ, COAP_NOT_FOUND), 1);
	assert_int_equal(all_answers(&transcript), 2);
	transcript_deinit(&transcript);
}

static void events_and_notifications(void **state)
{
	struct transcript transcript;
	const struct counters *counters;
	struct server *server;

	(void)state;
	transcript_init(&transcript, &(struct transcript_config){ 0 });
	server = transcript_server(&transcript, 0);
	counters = engine_counters(transcript.engine, server);
	transcript_do(&transcript, 0, "start");
	transcript_do(&transcript, 0, "connected");
	assert_int_equal(counters->events[EVENT_REGISTERING], 1);
	assert_int_equal(counters->events[EVENT_REGISTERED], 0);
	transcript_do(&transcript, 0, "answer 2.01 /rd/5a");
	assert_int_equal(counters->events[EVENT_REGISTERED], 1);
	assert_int_equal(engine_count_observations(transcript.engine, server), 0);
	transcript_do(&transcript, 0, "GET /500/0/1 observe=0 token=01");
	assert_int_equal(engine_count_observations(transcript.engine, server), 1);
	assert_int_equal(counters->notifications, 0);
	transcript_do(&transcript, 1 * SEC, "set /500/0/1 6");
	assert_int_equal(counters->notifications, 1);
	assert_int_equal(counters->confirmable, 0);
	transcript_do(&transcript, 2 * SEC, "con");
	transcript_do(&transcript, 3 * SEC, "set /500/0/1 7");
	assert_int_equal(counters->notifications, 2);
	assert_int_equal(counters->confirmable, 1);
	transcript_do(&transcript, 4 * SEC, "confirmed");
	transcript_do(&transcript, 5 * SEC, "update");
	transcript_do(&transcript, 5 * SEC, "answer 4.04");
	assert_int_equal(counters->events[EVENT_LOST], 1);
	transcript_deinit(&transcript);
}

static void names_and_codes(void **state)
{
	(void)state;
	for (int operation = 0; operation < _COUNTED_MAX; operation++)
		assert_non_null(counters_operation_name(operation));
	assert_int_equal(counters_code(0), 0);
	assert_int_equal(counters_code(COUNTERS_CODES_MAX), 0);
	for (size_t i = 1; i < COUNTERS_CODES_MAX && counters_code(i); i++)
		assert_int_equal(counters_indexes[counters_code(i)], i);
	for (size_t code = 0; code <= UINT8_MAX; code++)
		if (counters_indexes[code])
			assert_int_equal(counters_code(counters_indexes[code]), code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_and_codes),
		cmocka_unit_test(late_answers),
		cmocka_unit_test(events_and_notifications),
		cmocka_unit_test(names_and_codes),
	};

	return cmocka_run_group_tests_name("lwm2m/counters", tests, NULL, NULL);
}
