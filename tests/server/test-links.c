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
#include "links.h"

/* Each entry as "PATH attributes|", the alternate path before them. */
static void render(const struct links *links, char ret[512])
{
	char path[PATH_TEXT_MAX];
	int n = snprintf(ret, 512, "%.*s:", (int)links->root.len, (const char *)links->root.data);

	for (size_t i = 0; i < links->count; i++) {
		path_format(&links->entries[i].path, path);
		n += snprintf(ret + n, 512 - (size_t)n, "%s%.*s|", path,
			(int)links->entries[i].attributes.len,
			(const char *)links->entries[i].attributes.data);
	}
}

static const struct {
	const char *text, *rendered; /* NULL: refused */
} cases[] = {
	{ "", ":" },
	{ "</3/0>", ":/3/0|" },
	{ "</3/0>,</4>,", ":/3/0|/4|" },
	{ " </3/0> , </4/0>;ver=1.1", ":/3/0|/4/0;ver=1.1|" },
	{ "</>;rt=\"oma.lwm2m\";ct=\"60 110\",</1/0>", ":/1/0|" },
	{ "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/1/0>,</1/0>,</lwm2mx>", "/lwm2m:/1/0|" },
	{ "</lwm2m/1/0>,</lwm2m/>;rt=\"oma.lwm2m\"", "/lwm2m:/1/0|" },
	{ "</1/0>;title=\"a,b;c>\",</3>", ":/1/0;title=\"a,b;c>\"|/3|" },
	{ "</.well-known/core>,</99999>,</3/0/x>,<coap://host/3>,</3>", ":/3|" },
	{ "</>;ct=110,</3>", ":/;ct=110|/3|" },
	{ "</3", NULL },
	{ "3/0", NULL },
	{ "</3>x", NULL },
	{ "</3>,x", NULL },
	{ "<", NULL },
	{ "\"", NULL },
};

static void test_parse(void **state)
{
	char text[512];
	struct links links;

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		int r = links_parse(bytes_of(cases[i].text), &links);

		if (r < 0) {
			if (cases[i].rendered)
				fail_msg("%s is refused", cases[i].text);
			continue;
		}
		render(&links, text);
		links_deinit(&links);
		if (!cases[i].rendered)
			fail_msg("%s is taken: %s", cases[i].text, text);
		assert_string_equal(text, cases[i].rendered);
	}
}

static void test_attributes(void **state)
{
	struct bytes attributes = BYTES_LITERAL(";ver=1.1;title=\"a;b\";obs;pmin=10"), value, one;
	size_t n = 0;

	assert_true(links_attribute(attributes, "ver", &value) && bytes_equal(value, BYTES_LITERAL("1.1")));
	assert_true(links_attribute(attributes, "title", &value) && bytes_equal(value, BYTES_LITERAL("a;b")));
	assert_true(links_attribute(attributes, "obs", &value) && value.len == 0);
	assert_false(links_attribute(attributes, "pm", &value));
	while (links_next_attribute(&attributes, &one))
		n++;
	assert_int_equal(n, 4);
}

static void test_formats(void **state)
{
	struct links links;

	assert_int_equal(links_parse(BYTES_LITERAL("</>;rt=\"oma.lwm2m\";ct=\"60 110 11542\""), &links), 0);
	assert_true(links_has_format(&links, 60));
	assert_true(links_has_format(&links, 11542));
	assert_false(links_has_format(&links, 11));
	assert_false(links_has_format(&links, 112));
	links_deinit(&links);
}

static void test_limit(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = { 0 };
	struct links links;

	for (int i = 0; i < LINKS_MAX; i++)
		assert_int_equal(buffer_append_text(&text, "</3>,"), 0);
	assert_int_equal(links_parse(buffer_bytes(&text), &links), 0);
	links_deinit(&links);
	assert_int_equal(buffer_append_text(&text, "</3>,"), 0);
	assert_int_equal(links_parse(buffer_bytes(&text), &links), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
