/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap.h"

#define PLAY(steps, ...) play(steps, .accounts = &real_accounts, .no_server = true, ##__VA_ARGS__)

static void rule_24_discover_says_which_server(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 1 * SEC, ACCOUNT_SERVER, "2.04" },
		{ 1 * SEC, "GET /", "2.05 format=40 </>;lwm2m=1.1,</0/0>,</0/1>;ssid=101;uri=\"coap://192.0.2.9\","
				    "</1/0>;ssid=101,</3>;ver=1.1,</3/0>,</500>;ver=2.0,</500/0>,</501>,</502>" },
		{ 1 * SEC, "GET /0 accept=40",
			"2.05 format=40 </>;lwm2m=1.1,</0/0>,</0/1>;ssid=101;uri=\"coap://192.0.2.9\"" },
		{ 1 * SEC, "GET /500 accept=40", "2.05 format=40 </>;lwm2m=1.1,</500>;ver=2.0,</500/0>" },
		{ 1 * SEC, "GET /77 accept=40", "4.04" },
		{ 1 * SEC, "GET /0/1 accept=40", "4.00" },
	};

	(void)state;
	PLAY(steps);
}

static void rule_24_only_servers_and_rights_are_read(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 1 * SEC, ACCOUNT_SERVER, "2.04" },
		{ 1 * SEC, "GET /1/0/1 accept=0", "2.05 format=0 300" },
		{ 1 * SEC, "GET /1 accept=110",
			"2.05 format=110 [{\"bn\":\"/1/\",\"n\":\"0/0\",\"v\":101},{\"n\":\"0/1\",\"v\":300},"
			"{\"n\":\"0/6\",\"vb\":true},{\"n\":\"0/7\",\"vs\":\"U\"}]" },
		{ 1 * SEC, "GET /2 accept=110", "4.04" },
		{ 1 * SEC, "GET /0/1 accept=110", "4.05" },
		{ 1 * SEC, "GET /500/0 accept=110", "4.05" },
		{ 1 * SEC, "GET / accept=110", "4.05" },
		{ 1 * SEC, "GET /1/0 accept=99", "4.06" },
	};

	(void)state;
	PLAY(steps);
}

static void rule_22_delete_leaves_the_own_account_and_the_device(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 1 * SEC, ACCOUNT_SERVER, "2.04" },
		{ 1 * SEC, "DELETE /", "2.02" },
		{ 1 * SEC, "GET /0 accept=40", "2.05 format=40 </>;lwm2m=1.1,</0/0>" },
		{ 1 * SEC, "GET /1 accept=40", "2.05 format=40 </>;lwm2m=1.1" },
		{ 1 * SEC, "GET /3 accept=40", "2.05 format=40 </>;lwm2m=1.1,</3>;ver=1.1,</3/0>" },
		{ 1 * SEC, "DELETE /0/0", "4.00" },
		{ 1 * SEC, "DELETE /3", "4.00" },
		{ 1 * SEC, "DELETE /1/0/1", "4.00" },
		{ 1 * SEC, ACCOUNT_SECURITY, "2.04" },
		{ 1 * SEC, "DELETE /0", "2.02" },
		{ 1 * SEC, "GET /0 accept=40", "2.05 format=40 </>;lwm2m=1.1,</0/0>" },
	};

	(void)state;
	PLAY(steps);
}

static void rule_23_write_ignores_rights_and_what_it_does_not_know(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		/* 1/x/0 can be written by nobody else, 1/x/999 is not known, 1/7 was not there */
		{ 1 * SEC, "PUT /1/7 format=110 \"[{\"bn\":\"/1/7/\",\"n\":\"0\",\"v\":7},{\"n\":\"999\",\"v\":1}]\"", "2.04" },
		{ 1 * SEC, "GET /1/7 accept=110", "2.05 format=110 [{\"bn\":\"/1/7/\",\"n\":\"0\",\"v\":7}]" },
		{ 1 * SEC, "PUT /1/7/1 format=0 \"60\"", "2.04" },
		{ 1 * SEC, "GET /1/7/1 accept=0", "2.05 format=0 60" },
		{ 1 * SEC, "PUT /1/7/1 format=0 \"x\"", "4.00" },
		{ 1 * SEC, "PUT /1/7 format=110 \"[{\"n\":\"/1/8/0\",\"v\":7}]\"", "4.00" },
		{ 1 * SEC, "PUT /1/7 format=99 \"x\"", "4.15" },
		{ 1 * SEC, "PUT / format=110 \"[]\"", "4.05" },
		{ 1 * SEC, "GET /1/7/1 accept=0", "2.05 format=0 60" },
	};

	(void)state;
	PLAY(steps);
}

static void other_objects_are_written_at_once(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, "PUT /500/0/1 format=0 \"7\"", "2.04" },
		{ 1 * SEC, "PUT /77/0/1 format=0 \"7\"", "4.04" },
		{ 1 * SEC, "fail EIO" },
		{ 1 * SEC, "PUT /500/0/1 format=0 \"8\"", "5.00" },
	};

	(void)state;
	PLAY(steps);
}

static void a_body_may_come_in_blocks(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, "PUT /1/7 format=110 more \"[{\"bn\":\"/1/7/\",\"n\":\"0\",\"v\":7\"", "2.31" },
		{ 2 * SEC, "PUT /1/7 format=110 offset=28 \"}]\"", "2.04" },
		{ 3 * SEC, "GET /1/7/0 accept=0", "2.05 format=0 7" },
		{ 3 * SEC, "PUT /1/7 format=110 offset=64 \"}]\"", "4.08" },
	};

	(void)state;
	PLAY(steps);
}

static void too_much_ends_it(void **state)
{
	_cleanup_(buffer_deinit) struct buffer body = { 0 };
	struct transcript transcript;
	struct message message = { .code = COAP_PUT, .path = BYTES_LITERAL("/1"), .format = 110, .accept = -1, .observe = -1 };
	const struct effect *effect;
	static const struct step steps[] = { BOOTSTRAP_OPENED };

	(void)state;
	buffer_append_byte(&body, '[');
	for (unsigned int i = 0; i <= DRAFT_VALUES_MAX; i++)
		buffer_printf(&body, "%s{\"n\":\"/1/%u/0\",\"v\":7}", i ? "," : "", i);
	buffer_append_byte(&body, ']');
	message.payload = buffer_bytes(&body);
	transcript_init(&transcript, &(struct transcript_config){ .accounts = &real_accounts, .no_server = true });
	transcript_steps(&transcript, steps, ELEMENTSOF(steps));
	engine_request(transcript.engine, transcript.now, &message);
	assert_int_equal(engine_bootstrap_state(transcript.engine), BOOTSTRAP_WAITING);
	while (engine_next(transcript.engine, &effect) > 0)
		;
	transcript_deinit(&transcript);
}

static void nothing_else_is_asked(void **state)
{
	static const struct step steps[] = {
		BOOTSTRAP_OPENED,
		{ 1 * SEC, "POST /1", "4.05" },
		{ 1 * SEC, "POST /3/0/4", "4.05" },
		{ 1 * SEC, "FETCH /", "4.05" },
		{ 1 * SEC, "PUT /x", "4.00" },
	};

	(void)state;
	PLAY(steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_24_discover_says_which_server),
		cmocka_unit_test(rule_24_only_servers_and_rights_are_read),
		cmocka_unit_test(rule_22_delete_leaves_the_own_account_and_the_device),
		cmocka_unit_test(rule_23_write_ignores_rights_and_what_it_does_not_know),
		cmocka_unit_test(other_objects_are_written_at_once),
		cmocka_unit_test(a_body_may_come_in_blocks),
		cmocka_unit_test(too_much_ends_it),
		cmocka_unit_test(nothing_else_is_asked),
	};

	return cmocka_run_group_tests_name("lwm2m/bootstrap-serve", tests, NULL, NULL);
}
