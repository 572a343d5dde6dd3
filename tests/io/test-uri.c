/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "io/uri.h"

static const struct {
	const char *text;
	bool secure;
	const char *host;
	uint16_t port;
} good[] = {
	{ "coap://lwm2m.example.com", false, "lwm2m.example.com", 5683 },
	{ "coaps://lwm2m.example.com", true, "lwm2m.example.com", 5684 },
	{ "CoAPs://A.b-c_d~1", true, "A.b-c_d~1", 5684 },
	{ "coap://192.0.2.1:1", false, "192.0.2.1", 1 },
	{ "coap://192.0.2.1:65535/", false, "192.0.2.1", 65535 },
	{ "coap://x:05683", false, "x", 5683 },
	{ "coaps://[2001:db8::1]", true, "2001:db8::1", 5684 },
	{ "coaps://[::ffff:192.0.2.1]:7", true, "::ffff:192.0.2.1", 7 },
	{ "coap://[fe80::1%eth0]:7/", false, "fe80::1%eth0", 7 },
};

static const struct {
	const char *text;
	int error;
} bad[] = {
	{ "", -EINVAL },
	{ "coap", -EINVAL },
	{ "coap:/x", -EINVAL },
	{ "coap://", -EINVAL },
	{ "coap:///", -EINVAL },
	{ "coap://:5683", -EINVAL },
	{ "http://x", -EINVAL },
	{ "coap+tcp://x", -EPROTONOSUPPORT },
	{ "coaps+tcp://x", -EPROTONOSUPPORT },
	{ "coap+ws://x", -EPROTONOSUPPORT },
	{ "coaps+ws://x", -EPROTONOSUPPORT },
	{ "coap://x:", -EINVAL },
	{ "coap://x:0", -EINVAL },
	{ "coap://x:65536", -EINVAL },
	{ "coap://x:99999999999999999999", -EINVAL },
	{ "coap://x:1x", -EINVAL },
	{ "coap://x/rd", -EINVAL },
	{ "coap://x//", -EINVAL },
	{ "coap://x?a", -EINVAL },
	{ "coap://x#a", -EINVAL },
	{ "coap://user@x", -EINVAL },
	{ "coap://a b", -EINVAL },
	{ "coap://%41", -EINVAL },
	{ "coap://b\xc3\xbc", -EINVAL },
	{ "coap://[::1", -EINVAL },
	{ "coap://[]", -EINVAL },
	{ "coap://[x]", -EINVAL },
	{ "coap://[7]", -EINVAL },
	{ "coap://[8%]", -EINVAL },
	{ "coap://[8%a:b]", -EINVAL },
	{ "coap://[::1]x", -EINVAL },
	{ "coap://::1", -EINVAL },
};

static void test_good(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(good); i++) {
		struct uri uri;

		assert_int_equal(uri_parse(good[i].text, &uri), 0);
		assert_int_equal(uri.secure, good[i].secure);
		assert_int_equal(uri.port, good[i].port);
		assert_string_equal(uri.host, good[i].host);
	}
}

static void test_bad(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
		struct uri uri = { .host = "untouched" };

		assert_int_equal(uri_parse(bad[i].text, &uri), bad[i].error);
		assert_string_equal(uri.host, "untouched");
	}
}

/* CVE-2025-34468 is about names that are longer. */
static void test_long_host(void **state)
{
	char text[7 + 256 + 1] = "coap://";
	struct uri uri;

	memset(text + 7, 'a', 255);
	assert_int_equal(uri_parse(text, &uri), 0);
	assert_int_equal(strlen(uri.host), 255);
	text[7 + 255] = 'a';
	assert_int_equal(uri_parse(text, &uri), -ENAMETOOLONG);
	text[7] = '[';
	assert_true(uri_parse(text, &uri) < 0);
	memcpy(text, "coap://[::%", 11);
	assert_true(uri_parse(text, &uri) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long_host),
	};

	return cmocka_run_group_tests_name("io/uri", tests, NULL, NULL);
}
