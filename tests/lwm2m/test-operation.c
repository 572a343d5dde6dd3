/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fake-object.h"
#include "lwm2m/codec.h"
#include "lwm2m/operation.h"

static struct fake_objects fake;
static struct buffer heard;

static int setup(void **state)
{
	(void)state;
	fake_objects_init(&fake, &heard);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_objects_deinit(&fake);
	buffer_deinit(&heard);
	return 0;
}

static void success_codes(void **state)
{
	(void)state;
	assert_int_equal(operation_code(OPERATION_READ, 0), COAP_CONTENT);
	assert_int_equal(operation_code(OPERATION_DISCOVER, 0), COAP_CONTENT);
	assert_int_equal(operation_code(OPERATION_WRITE_REPLACE, 0), COAP_CHANGED);
	assert_int_equal(operation_code(OPERATION_WRITE_UPDATE, 0), COAP_CHANGED);
	assert_int_equal(operation_code(OPERATION_WRITE_BLOCK, 0), COAP_CHANGED);
	assert_int_equal(operation_code(OPERATION_WRITE_ATTRIBUTES, 0), COAP_CHANGED);
	assert_int_equal(operation_code(OPERATION_EXECUTE, 0), COAP_CHANGED);
	assert_int_equal(operation_code(OPERATION_CREATE, 0), COAP_CREATED);
	assert_int_equal(operation_code(OPERATION_DELETE, 0), COAP_DELETED);
}

static void rule_39_errors_are_codes(void **state)
{
	static const struct {
		int error;
		uint8_t code;
	} cases[] = {
		{ EBADMSG, COAP_CODE(4, 0) },
		{ EINVAL, COAP_CODE(4, 0) },
		{ ERANGE, COAP_CODE(4, 0) },
		{ EEXIST, COAP_CODE(4, 0) },
		{ EACCES, COAP_CODE(4, 1) },
		{ ENOENT, COAP_CODE(4, 4) },
		{ ENODATA, COAP_CODE(4, 4) },
		{ EPERM, COAP_CODE(4, 5) },
		{ EILSEQ, COAP_CODE(4, 8) },
		{ EMSGSIZE, COAP_CODE(4, 13) },
		{ E2BIG, COAP_CODE(4, 13) },
		{ EPROTONOSUPPORT, COAP_CODE(4, 15) },
		{ ENOTSUP, COAP_CODE(5, 1) },
		{ EAGAIN, COAP_CODE(5, 3) },
		{ EBUSY, COAP_CODE(5, 3) },
		{ ETIMEDOUT, COAP_CODE(5, 3) },
		{ ECONNRESET, COAP_CODE(5, 3) },
		{ EIO, COAP_CODE(5, 0) },
		{ ENOMEM, COAP_CODE(5, 3) },
		{ ENOSPC, COAP_CODE(5, 3) },
		{ 4000, COAP_CODE(5, 0) },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		assert_int_equal(operation_code(OPERATION_READ, -cases[i].error), cases[i].code);
}

/* What a request is, by method and path; the codes are told in test-serve.c. */
static void classifies(void **state)
{
	static const struct {
		uint8_t method;
		const char *path, *query;
		int accept;
		enum operation_type type;
	} cases[] = {
		{ COAP_GET, "/500", "", -1, OPERATION_READ },
		{ COAP_GET, "/500/0/4/0", "", 112, OPERATION_READ },
		{ COAP_GET, "/500", "", CODEC_LINK, OPERATION_DISCOVER },
		{ COAP_GET, "/500/0/1", "", CODEC_LINK, OPERATION_DISCOVER },
		{ COAP_PUT, "/500/0", "", -1, OPERATION_WRITE_REPLACE },
		{ COAP_PUT, "/500/0/1", "", -1, OPERATION_WRITE_REPLACE },
		{ COAP_PUT, "/500/0/4/0", "", -1, OPERATION_WRITE_REPLACE },
		{ COAP_PUT, "/500/0/5", "", -1, OPERATION_WRITE_BLOCK },
		{ COAP_PUT, "/500", "pmin=1", -1, OPERATION_WRITE_ATTRIBUTES },
		{ COAP_PUT, "/500/0/4/0", "pmin=1", -1, OPERATION_WRITE_ATTRIBUTES },
		{ COAP_POST, "/500", "", -1, OPERATION_CREATE },
		{ COAP_POST, "/500/0", "", -1, OPERATION_WRITE_UPDATE },
		{ COAP_POST, "/500/0/4", "", -1, OPERATION_WRITE_UPDATE },
		{ COAP_POST, "/500/0/3", "", -1, OPERATION_EXECUTE },
		{ COAP_DELETE, "/500/0", "", -1, OPERATION_DELETE },
		{ COAP_DELETE, "/500/0/4/0", "", -1, OPERATION_DELETE },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct message request = { .code = cases[i].method,
			.path = bytes_of(cases[i].path),
			.query = bytes_of(cases[i].query),
			.accept = cases[i].accept,
			.format = -1,
			.observe = -1 };
		struct target target;
		char path[PATH_TEXT_MAX];

		assert_int_equal(operation_parse(&request, &fake.registry, 1, &target), 0);
		assert_int_equal(target.type, cases[i].type);
		path_format(&target.path, path);
		assert_string_equal(path, cases[i].path);
		assert_ptr_equal(target.object, registry_find(&fake.registry, 500));
		assert_int_equal(target.path.depth >= PATH_RESOURCE, target.resource != NULL);
	}
}

static void paths_that_are_none(void **state)
{
	static const char *const paths[] = { "", "500", "//", "/500/", "/500//1", "/-1", "/+1", "/01",
		"/65535", "/65536", "/500/0/4/0/0", "/ 1", "/1 ", "/a", "/500/0/4/65535",
		"/99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
		struct message request = { .code = COAP_GET, .path = bytes_of(paths[i]), .accept = -1 };
		struct target target;

		assert_int_equal(operation_parse(&request, &fake.registry, 1, &target), COAP_METHOD_NOT_ALLOWED);
	}
}

static void rule_32_execute_arguments(void **state)
{
	static const char *const good[] = {
		"",
		"0",
		"9",
		"0,1",
		"5,0",
		"2='10.3'",
		"7,0='https://www.oma.org'",
		"0='',1",
		"0=''",
		"0,1,2,3,4,5,6,7,8,9",
		"0='!#$%&()*+,-./:;<=>?@[]^_`{|}~'",
		"0='a,1=b'",
	};
	static const char *const bad[] = {
		",",
		"0,",
		",0",
		"0,,1",
		"10",
		"a",
		"-1",
		" 0",
		"0 ",
		"0, 1",
		"0,0",
		"1='a',1='b'",
		"0=",
		"0='",
		"0='a",
		"0=a",
		"0=a'",
		"0='a'b",
		"0='a''",
		"0='a'b'",
		"='a'",
		"0='a b'",
		"0='a\"b'",
		"0='a\\b'",
		"0='a\nb'",
		"0='\x7F'",
		"0='ä'",
		"0=\"a\"",
		"0;1",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(good); i++)
		if (operation_check_arguments(bytes_of(good[i])) < 0)
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		if (operation_check_arguments(bytes_of(bad[i])) != -EINVAL)
			fail_msg("%s is taken", bad[i]);
	assert_int_equal(operation_check_arguments(BYTES(NULL, 0)), 0);
	assert_int_equal(operation_check_arguments(BYTES_LITERAL("0='a\0b'")), -EINVAL);
	assert_int_equal(operation_check_arguments(BYTES_LITERAL("0\0")), -EINVAL);
}

static void formats(void **state)
{
	const struct object *object = registry_find(&fake.registry, 500);
	struct target target = { .type = OPERATION_READ, .path = PATH2(500, 0) };

	(void)state;
	assert_int_equal(operation_format(&target, -1, LWM2M_1_1), CODEC_SENML_CBOR);
	assert_int_equal(operation_format(&target, -1, LWM2M_1_0), CODEC_TLV);
	assert_int_equal(operation_format(&target, CODEC_SENML_JSON, LWM2M_1_0), CODEC_SENML_JSON);
	assert_int_equal(operation_format(&target, 65535, LWM2M_1_1), -ENOTSUP);
	target.path = PATH3(500, 0, FAKE_NUMBERS);
	target.resource = object_find_resource(object, FAKE_NUMBERS);
	assert_int_equal(operation_format(&target, -1, LWM2M_1_1), CODEC_SENML_CBOR);
	target.path = PATH4(500, 0, FAKE_NUMBERS, 1);
	assert_int_equal(operation_format(&target, -1, LWM2M_1_1), CODEC_TEXT);
	target.path = PATH3(500, 0, FAKE_BLOB);
	target.resource = object_find_resource(object, FAKE_BLOB);
	assert_int_equal(operation_format(&target, -1, LWM2M_1_1), CODEC_OPAQUE);
}

/* The JSON of LwM2M 1.0 ends there, LwM2M CBOR begins with 1.2; SenML-ETCH is for Composite operations only. */
static void rule_39_formats_are_of_a_version(void **state)
{
	static const struct {
		int format;
		bool offered[3];
	} cases[] = {
		{ CODEC_TLV, { true, true, true } },
		{ CODEC_SENML_JSON, { true, true, true } },
		{ CODEC_SENML_CBOR, { true, true, true } },
		{ CODEC_LWM2M_JSON, { true, false, false } },
		{ CODEC_LWM2M_CBOR, { false, false, true } },
		{ CODEC_SENML_ETCH_JSON, { false, false, false } },
		{ CODEC_SENML_ETCH_CBOR, { false, false, false } },
	};
	struct target target = { .type = OPERATION_READ, .path = PATH2(500, 0) };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		for (unsigned int version = LWM2M_1_0; version <= LWM2M_1_2; version++) {
			_cleanup_(records_deinit) struct records records = { 0 };
			struct target write = { .type = OPERATION_WRITE_UPDATE, .path = PATH2(500, 0) };
			int format = operation_format(&target, cases[i].format, version), code;

			code = operation_decode(&write, cases[i].format, version, BYTES_LITERAL("?"), &fake.registry, &records);
			assert_int_equal(format, cases[i].offered[version] ? cases[i].format : -ENOTSUP);
			assert_int_equal(code, cases[i].offered[version] ? COAP_BAD_REQUEST : COAP_UNSUPPORTED_FORMAT);
		}
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	test(success_codes),
	test(rule_39_errors_are_codes),
	test(classifies),
	test(paths_that_are_none),
	test(rule_32_execute_arguments),
	test(formats),
	test(rule_39_formats_are_of_a_version),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/operation", tests, NULL, NULL);
}
