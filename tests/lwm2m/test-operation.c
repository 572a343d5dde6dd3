/* SPDX-License-Identifier: Apache-2.0 */
/* What of operation.c has no need of an engine; requests as a whole are in test-request.c. */
#include "vectors.h"

#include "lwm2m/operation.h"

static void rule_32_execute_arguments(void **state)
{
	static const char *const good[] = {
		"", "0", "9", "0,1", "5,0", "2='10.3'", "7,0='https://www.oma.org'", "0='',1", "0=''", "0,1,2,3,4,5,6,7,8,9",
		"0='!#$%&()*+,-./:;<=>?@[]^_`{|}~'", "0='a,1=b'",
	};
	static const char *const bad[] = {
		",", "0,", ",0", "0,,1", "10", "a", "-1", " 0", "0 ", "0, 1", "0,0", "1='a',1='b'", "0=", "0='", "0='a", "0=a",
		"0=a'", "0='a'b", "0='a''", "0='a'b'", "='a'", "0='a b'", "0='a\"b'", "0='a\\b'", "0='a\nb'", "0='\x7F'", "0='ä'",
		"0=\"a\"", "0;1",
	};

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

static void test_codes(void **state)
{
	static const struct {
		enum operation_type type;
		int error;
		uint8_t code;
	} codes[] = {
		{ OPERATION_READ, 0, COAP_CONTENT },
		{ OPERATION_DISCOVER, 0, COAP_CONTENT },
		{ OPERATION_WRITE_REPLACE, 0, COAP_CHANGED },
		{ OPERATION_EXECUTE, 0, COAP_CHANGED },
		{ OPERATION_CREATE, 0, COAP_CREATED },
		{ OPERATION_DELETE, 0, COAP_DELETED },
		{ OPERATION_READ, -ENOENT, COAP_NOT_FOUND },
		{ OPERATION_READ, -ENODATA, COAP_NOT_FOUND },
		{ OPERATION_WRITE_REPLACE, -EPERM, COAP_METHOD_NOT_ALLOWED },
		{ OPERATION_WRITE_REPLACE, -EACCES, COAP_UNAUTHORIZED },
		{ OPERATION_WRITE_REPLACE, -EINVAL, COAP_BAD_REQUEST },
		{ OPERATION_WRITE_REPLACE, -ERANGE, COAP_BAD_REQUEST },
		{ OPERATION_WRITE_REPLACE, -EBADMSG, COAP_BAD_REQUEST },
		{ OPERATION_WRITE_REPLACE, -EMSGSIZE, COAP_TOO_LARGE },
		{ OPERATION_WRITE_REPLACE, -E2BIG, COAP_TOO_LARGE },
		{ OPERATION_WRITE_REPLACE, -EPROTONOSUPPORT, COAP_UNSUPPORTED_FORMAT },
		{ OPERATION_READ, -ETIMEDOUT, COAP_UNAVAILABLE },
		{ OPERATION_READ, -ECONNRESET, COAP_UNAVAILABLE },
		{ OPERATION_READ, -ENOMEM, COAP_INTERNAL_ERROR },
		{ OPERATION_READ, -EIO, COAP_INTERNAL_ERROR },
	};

	for (size_t i = 0; i < ELEMENTSOF(codes); i++)
		assert_int_equal(operation_code(codes[i].type, codes[i].error), codes[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_32_execute_arguments),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests_name("lwm2m/operation", tests, NULL, NULL);
}
