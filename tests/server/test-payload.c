/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "model.h"
#include "payload.h"
#include "print.h"
#include "values.h"

/* -- words to payloads */

static const struct {
	const char *line;
	int format;          /* -1: refused, then hex is part of the message */
	const char *payload; /* hexadecimal */
} encodings[] = {
	{ "write e /3/0/15 UTC", 0, "555443" },
	{ "write e /1/0/1 300", 0, "333030" },
	{ "write e /1/0/1 300 --format tlv", 11542, "c201012c" },
	{ "write e /1/0/1 300 --format cbor", 60, "19012c" },
	{ "write e /3/0/13 2026-11-24T17:00:00Z", 0, "31373935353339363030" },
	{ "write e /3442/0/150 00FF", 42, "00ff" },
	{ "write e /3442/0/150 0x00FF --format text", 0, "4150383d" },
	{ "write e /1/0 1=300 6=false", 11542, "c201012cc10600" },
	{ "write e /3442/0 1120/0=5", 11542, "a30460410005" },
	{ "write e /3442/0/1120 0=5 --instances", 11542, "a30460410005" },
	{ "write e /33000/0/1 7 --type integer", 0, "37" },
	{ "create e /3311 5850=1", 11542, "e116da01" },
	{ "create e /3311", 11542, "" },
	{ "create e /3311/7 5850=1", 11542, "0407e116da01" },
	{ "create e /3311/7", 11542, "0007" },
	{ "create e /3311/256", 11542, "200100" },
	{ "write e /3/0/9 x", -1, "\"x\" is not of type integer" },
	{ "write e /33000/0/1 x", -1, "The type of /33000/0/1 is not known here: add --type" },
	{ "write e /3/0/4 x", -1, "executed, not written" },
	{ "write e /3442/0/150 0", -1, "\"0\" is not of type opaque" },
	{ "write e /3442/0/150 0g", -1, "not of type opaque" },
	{ "write e /3/0/13 2026-11-24T17:00", -1, "not of type time" },
	{ "write e /3442/0/120 9223372036854775808", -1, "out of range" },
	{ "write e /1/0 x=1", -1, "\"x=1\" is not RESOURCE=VALUE" },
	{ "write e /1/0 1/2/3=1", -1, "is not RESOURCE=VALUE" },
	{ "write e /1/0 =1", -1, "is not RESOURCE=VALUE" },
	{ "write e /1/0 1=1 --format opaque", -1, "cannot be sent as opaque: try another --format" },
	{ "create e /3311 5850=1 5850=1 --format text", -1, "cannot be sent as text" },
};

static int encode(char *line, struct buffer *payload, int *ret_format, char error[VERB_ERROR_MAX])
{
	const struct links links = { 0 };
	struct verb_call call;
	char *words[16];
	size_t n = 0;

	for (char *state, *word = strtok_r(line, " ", &state); word; word = strtok_r(NULL, " ", &state))
		words[n++] = word;
	assert_int_equal(verb_parse(n, words, &call, error), VERB_OK);
	return payload_encode(&call, &links, BYTES(NULL, 0), payload, ret_format, error);
}

static void test_encode(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(encodings); i++) {
		_cleanup_(buffer_deinit) struct buffer payload = { 0 };
		char line[128], error[VERB_ERROR_MAX], hex[128] = "";
		int format, r;

		strcpy(line, encodings[i].line);
		r = encode(line, &payload, &format, error);
		if (encodings[i].format < 0) {
			if (r >= 0 || !strstr(error, encodings[i].payload))
				fail_msg("%s: %s", encodings[i].line, r >= 0 ? "is taken" : error);
			continue;
		}
		if (r < 0)
			fail_msg("%s: %s", encodings[i].line, error);
		assert_int_equal(format, encodings[i].format);
		for (size_t k = 0; k < payload.len; k++)
			sprintf(hex + 2 * k, "%02x", payload.data[k]);
		if (strcmp(hex, encodings[i].payload) != 0)
			fail_msg("%s: %s", encodings[i].line, hex);
	}
}

/* -- payloads to lines */

static const struct {
	const char *path;
	int format;
	const char *payload, *text;
} prints[] = {
	{ "/3/0/9", 0, "80", "/3/0/9  Battery Level  80 %\n" },
	{ "/3/0/13", 0, "1795539600", "/3/0/13  Current Time  2026-11-24T17:00:00Z\n" },
	{ "/3311/0/5850", 0, "1", "/3311/0/5850  On/Off  true\n" },
	{ "/3442/0/170", 0, "3:0", "/3442/0/170  ObjLink Value  3:0\n" },
	{ "/33000/0/1", 0, "text", "/33000/0/1  text\n" },
	{ "/3/0/9", 0, "many", "/3/0/9  Battery Level  many %\n" }, /* a client with a type of its own */
	{ "/3/0", 110, "[{\"bn\":\"/3/0/\",\"n\":\"0\",\"vs\":\"A\\u001b\"},{\"n\":\"21\",\"v\":64}]",
		"/3/0/0   Manufacturer  A\\x1b\n/3/0/21  Memory Total  64 KiB\n" },
	{ "/3303", 110, "[{\"bn\":\"/3303/0/\",\"n\":\"5700\",\"v\":21.3},{\"n\":\"5701\",\"vs\":\"Cel\"}]",
		"/3303/0/5700  Sensor Value  21.3 Cel\n/3303/0/5701  Sensor Units  Cel\n" },
	{ "/3303", 110, "[]", "no values\n" },
	/* what a client stored, and told when it was back */
	{ "/3303/0/5700", 110,
		"[{\"bn\":\"/3303/0/5700\",\"t\":1795539600,\"v\":21},{\"t\":1795539601.5,\"v\":22},{\"v\":23}]",
		"/3303/0/5700  Sensor Value  21 Cel  at 2026-11-24T17:00:00Z\n"
		"/3303/0/5700  Sensor Value  22 Cel  at 2026-11-24T17:00:01Z\n"
		"/3303/0/5700  Sensor Value  23 Cel\n" },
	{ "/3303/0/5700", 110, "[{\"bn\":\"/3303/0/5700\",\"t\":-80.5,\"v\":21},{\"t\":-5,\"v\":22}]",
		"/3303/0/5700  Sensor Value  21 Cel  80.5 s ago\n/3303/0/5700  Sensor Value  22 Cel  5 s ago\n" },
	{ "/33000/0", 110, "[{\"bn\":\"/33000/0/\",\"n\":\"1\",\"vd\":\"AP8\"}]", "/33000/0/1  00ff\n" },
	{ "/3303/0/5700", 110, "[{\"bn\":\"/3303/0/5700\",\"v\":0.30000000000000004}]",
		"/3303/0/5700  Sensor Value  0.30000000000000004 Cel\n" },
};

static void test_print(void **state)
{
	struct records units = { 0 };

	for (size_t i = 0; i < ELEMENTSOF(prints); i++) {
		_cleanup_(freep) char *text = NULL;
		json_t *values, *answer;
		struct path path;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_int_equal(path_parse(bytes_of(prints[i].path), &path), 0);
		assert_int_equal(payload_to_json(&path, prints[i].format, bytes_of(prints[i].payload),
					 VALUE_NONE, &units, &values),
			0);
		answer = json_pack("{s:s, s:o}", "kind", "values", "values", values);
		print_answer(out, out, "", answer, false);
		json_decref(answer);
		fclose(out);
		assert_string_equal(text, prints[i].text);
	}
	records_deinit(&units);
}

static void test_units(void **state)
{
	struct records records = { 0 }, units = { 0 };

	for (int i = 0; i < VALUES_UNITS_MAX + 10; i++)
		records_add(&records, PATH3(3303, i, MODEL_UNITS), VALUE_STRING("Cel"));
	records_add(&records, PATH3(3304, 0, MODEL_UNITS), VALUE_INTEGER(7));
	values_keep_units(&records, &units);
	assert_int_equal(units.count, VALUES_UNITS_MAX);
	records_clear(&records);
	records_add(&records, PATH3(3303, 0, MODEL_UNITS), VALUE_STRING("K"));
	values_keep_units(&records, &units);
	assert_int_equal(units.count, 1);
	records_deinit(&records);
	records_deinit(&units);
}

static void test_model(void **state)
{
	const struct path temperature = PATH3(3303, 1, 5700), reboot = PATH3(3, 0, 4),
			  sink = PATH3(33000, 0, 1);
	struct path unit;

	assert_string_equal(definition_object_name(3303), "Temperature");
	assert_null(definition_object_name(33000));
	assert_int_equal(model_type_of(NULL, &temperature), VALUE_FLOAT);
	assert_int_equal(model_type_of(&(struct model_types){ VALUE_INTEGER }, &temperature), VALUE_INTEGER);
	assert_int_equal(model_type_of(NULL, &sink), VALUE_NONE);
	assert_true(model_find(&reboot) && model_type_of(NULL, &reboot) == VALUE_NONE);
	assert_true(model_unit_path(&temperature, &unit) && unit.ids[1] == 1 && unit.ids[2] == MODEL_UNITS);
	assert_false(model_unit_path(&reboot, &unit));
	assert_int_equal(model_type_parse("objlnk"), VALUE_OBJLNK);
	assert_int_equal(model_type_parse("none"), VALUE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
