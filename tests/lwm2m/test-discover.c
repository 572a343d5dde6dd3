/* SPDX-License-Identifier: Apache-2.0 */
#include "transcript.h"

#include "lwm2m/discover.h"

static void rule_33_depths(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		/* an object: its instances and their resources */
		{ 0, "GET /500 accept=40",
			"2.05 format=40 </500>;ver=2.0,</500/0>,</500/0/0>,</500/0/1>,</500/0/2>,</500/0/3>,"
			"</500/0/4>;dim=2,</500/0/5>" },
		/* else one level down */
		{ 0, "GET /500/0 accept=40",
			"2.05 format=40 </500/0>,</500/0/0>,</500/0/1>,</500/0/2>,</500/0/3>,"
			"</500/0/4>;dim=2,</500/0/5>" },
		{ 0, "GET /500/0/4 accept=40", "2.05 format=40 </500/0/4>;dim=2,</500/0/4/0>,</500/0/4/2>" },
		{ 0, "GET /500/0/1 accept=40", "2.05 format=40 </500/0/1>" },
		{ 0, "GET /500/0/3 accept=40", "2.05 format=40 </500/0/3>" },
		/* only LwM2M 1.2 asks how deep: not understood, not an error */
		{ 0, "GET /500/0/4?depth=0 accept=40",
			"2.05 format=40 </500/0/4>;dim=2,</500/0/4/0>,</500/0/4/2>" },
		{ 0, "GET /501 accept=40", "2.05 format=40 </501>" },
		{ 0, "GET /500/0/7 accept=40", "4.04" },
		{ 0, "GET /500/0/4/0 accept=40", "4.05" },
		{ 0, "GET / accept=40", "4.05" },
		{ 0, "GET /9 accept=40", "4.04" },
		/* as many as there are */
		{ 1 * SEC, "set /500/0/4" },
		{ 1 * SEC, "GET /500/0/4 accept=40", "4.04" },
	};

	(void)state;
	play(steps);
}

static void rule_33_depth_of_1_2(void **state)
{
	static const struct step steps[] = {
		{ 0, "start", "connect" },
		{ 0, "connected", "request POST /rd?ep=dev&lt=300&lwm2m=1.2&b=U format=40 "
			TRANSCRIPT_LINKS_OF("60 110 112 11542 11544") "\nregistering" },
		{ 0, "answer 2.01 /rd/5a", "registered 300" },
		{ 0, "GET /500?depth=0 accept=40", "2.05 format=40 </500>;ver=2.0" },
		{ 0, "GET /500?depth=1 accept=40", "2.05 format=40 </500>;ver=2.0,</500/0>" },
		{ 0, "GET /500?depth=3 accept=40",
			"2.05 format=40 </500>;ver=2.0,</500/0>,</500/0/0>,</500/0/1>,</500/0/2>,</500/0/3>,"
			"</500/0/4>;dim=2,</500/0/4/0>,</500/0/4/2>,</500/0/5>" },
		{ 0, "GET /500/0?depth=0 accept=40", "2.05 format=40 </500/0>" },
		{ 0, "GET /500/0?depth=2 accept=40",
			"2.05 format=40 </500/0>,</500/0/0>,</500/0/1>,</500/0/2>,</500/0/3>,"
			"</500/0/4>;dim=2,</500/0/4/0>,</500/0/4/2>,</500/0/5>" },
		{ 0, "GET /500/0/4?depth=0 accept=40", "2.05 format=40 </500/0/4>;dim=2" },
		{ 0, "GET /500/0/4?x&depth=1 accept=40", "2.05 format=40 </500/0/4>;dim=2,</500/0/4/0>,</500/0/4/2>" },
		{ 0, "GET /3/0/0?depth=3 accept=40", "2.05 format=40 </3/0/0>" },
		{ 0, "GET /500?depth=4 accept=40", "4.00" },
		{ 0, "GET /500?depth= accept=40", "4.00" },
		{ 0, "GET /500?depth=11 accept=40", "4.00" },
		{ 0, "GET /500?depth=1&depth=1 accept=40", "4.00" },
		{ 0, "GET /?depth=1 accept=40", "4.05" },
	};

	(void)state;
	play(steps, .version_minor = 2);
}

/* The example of Core 1.1, 6.3.2. */
static void shows_attributes_where_they_are(void **state)
{
	static const struct step steps[] = {
		TRANSCRIPT_REGISTERED,
		{ 0, "PUT /500?pmin=10", "2.04" },
		{ 0, "PUT /500/0?pmax=60", "2.04" },
		{ 0, "PUT /500/0/4?pmin=1", "2.04" },
		{ 0, "PUT /500/0/4/2?pmin=2", "2.04" },
		{ 0, "GET /500 accept=40",
			"2.05 format=40 </500>;ver=2.0;pmin=10,</500/0>;pmax=60,</500/0/0>,</500/0/1>,"
			"</500/0/2>,</500/0/3>,</500/0/4>;dim=2,</500/0/5>" },
		{ 0, "GET /500/0 accept=40",
			"2.05 format=40 </500/0>;pmax=60,</500/0/0>,</500/0/1>,</500/0/2>,</500/0/3>,"
			"</500/0/4>;dim=2;pmin=1,</500/0/5>" },
		/* a resource asked for by itself shows what it inherits */
		{ 0, "GET /500/0/4 accept=40",
			"2.05 format=40 </500/0/4>;dim=2;pmin=1;pmax=60,</500/0/4/0>,</500/0/4/2>;pmin=2" },
		{ 0, "GET /500/0/1 accept=40", "2.05 format=40 </500/0/1>;pmin=10;pmax=60" },
	};

	(void)state;
	play(steps);
}

static void rule_19_object_list(void **state)
{
	static const struct object_info infos[] = {
		{ 0, OBJECT_HIDDEN, "1.2", NULL, 0 },      { 1, OBJECT_MULTIPLE, "1.1", NULL, 0, "1.2" },
		{ 3, 0, "1.0", NULL, 0 },                  { 9, OBJECT_MULTIPLE, "1.0", NULL, 0 },
		{ 21, OBJECT_HIDDEN, "2.0", NULL, 0 },     { 23, OBJECT_HIDDEN, "1.0", NULL, 0 },
		{ 3303, OBJECT_MULTIPLE, "1.1", NULL, 0 }, { 3304, 0, NULL, NULL, 0 },
	};
	struct object objects[ELEMENTSOF(infos)] = { 0 };
	struct registry registry = { 0 };
	_cleanup_(buffer_deinit) struct buffer links = { 0 }, links_1_2 = { 0 };

	(void)state;
	for (size_t i = ELEMENTSOF(infos); i-- > 0;) {
		objects[i].info = &infos[i];
		assert_int_equal(registry_add(&registry, &objects[i]), 0);
		if (infos[i].id != 9)
			assert_int_equal(object_add_instance(&objects[i], 0), 0);
	}
	assert_int_equal(object_add_instance(&objects[1], 5), 0);
	assert_int_equal(discover_registry(&registry, LWM2M_1_1, &links), 0);
	assert_int_equal(buffer_append_byte(&links, '\0'), 0);
	assert_string_equal((char *)links.data, "</1>;ver=1.1,"
	"</1/0>,</1/5>,</3>;ver=1.0,</3/0>,</9>,</3303>;ver=1.1,</3303/0>,</3304>,</3304/0>");
	/* The later version of an object is for those who speak of it. */
	assert_int_equal(discover_registry(&registry, LWM2M_1_2, &links_1_2), 0);
	assert_int_equal(links_1_2.len, links.len - 1);
	assert_memory_equal(links_1_2.data, "</1>;ver=1.2,", 13);
	assert_memory_equal(links_1_2.data + 13, links.data + 13, links_1_2.len - 13);
	for (size_t i = 0; i < ELEMENTSOF(infos); i++)
		object_deinit(&objects[i]);
	registry_deinit(&registry);
}

static void rule_19_root_link(void **state)
{
	static const char *const links[] = {
		[LWM2M_1_0] = "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11543\"",
		[LWM2M_1_1] = "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\"",
		[LWM2M_1_2] = "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11544\"",
	};

	(void)state;
	for (unsigned int version = LWM2M_1_0; version <= LWM2M_1_2; version++) {
		_cleanup_(buffer_deinit) struct buffer link = { 0 };

		assert_int_equal(discover_root(version, &link), 0);
		assert_true(bytes_equal(buffer_bytes(&link), bytes_of(links[version])));
	}
}

static void is_bounded(void **state)
{
	_cleanup_(buffer_deinit) struct buffer links = { .limit = 8 };

	(void)state;
	assert_int_equal(discover_root(LWM2M_1_1, &links), -EMSGSIZE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(rule_33_depths),
	cmocka_unit_test(rule_33_depth_of_1_2),
	cmocka_unit_test(shows_attributes_where_they_are),
	cmocka_unit_test(rule_19_object_list),
	cmocka_unit_test(rule_19_root_link),
	cmocka_unit_test(is_bounded),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/discover", tests, NULL, NULL);
}
