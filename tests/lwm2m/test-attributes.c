/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "lwm2m/attributes.h"

#define PMIN (1U << ATTRIBUTE_PMIN)
#define PMAX (1U << ATTRIBUTE_PMAX)

static void test_queries(void **state)
{
	static const struct {
		const char *query;
		struct attributes attributes;
		const char *links;
	} queries[] = {
		{ "pmin=10", { PMIN, { 10 } }, ";pmin=10" },
		{ "pmin=0", { PMIN, { 0 } }, ";pmin=0" },
		{ "pmin=10&pmax=60", { PMIN | PMAX, { 10, 60 } }, ";pmin=10;pmax=60" },
		{ "pmax=60&pmin=10", { PMIN | PMAX, { 10, 60 } }, ";pmin=10;pmax=60" },
		{ "pmax=4294967295", { PMAX, { 0, UINT32_MAX } }, ";pmax=4294967295" },
		{ "gt=-2.5&lt=-1e3&st=0.1",
			{ 1U << ATTRIBUTE_GT | 1U << ATTRIBUTE_LT | 1U << ATTRIBUTE_ST, { 0, 0, -2.5, -1000, 0.1 } },
			";gt=-2.5;lt=-1000;st=0.1" },
		{ "epmin=1&epmax=2", { 1U << ATTRIBUTE_EPMIN | 1U << ATTRIBUTE_EPMAX, { [ATTRIBUTE_EPMIN] = 1, 2 } },
			";epmin=1;epmax=2" },
		{ "hqmax=3&con=1&edge=0", { 1U << ATTRIBUTE_EDGE | 1U << ATTRIBUTE_CON | 1U << ATTRIBUTE_HQMAX,
			{ [ATTRIBUTE_EDGE] = 0, 1, 3 } }, ";edge=0;con=1;hqmax=3" },
	};

	for (size_t i = 0; i < ELEMENTSOF(queries); i++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
		struct attributes attributes = { 0 };

		assert_int_equal(attributes_parse(bytes_of(queries[i].query), &attributes), 0);
		assert_int_equal(attributes.set, queries[i].attributes.set);
		for (enum attribute k = 0; k < _ATTRIBUTE_MAX; k++)
			if (attributes_has(&attributes, k))
				assert_true(attributes.values[k] == queries[i].attributes.values[k]);
		assert_int_equal(attributes_format(&attributes, &buffer), 0);
		assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of(queries[i].links)));
	}
}

/* A name without a value takes that one away and leaves the others. */
static void test_unset(void **state)
{
	struct attributes attributes = { 0 };

	assert_int_equal(attributes_parse(BYTES_LITERAL("pmin=10&pmax=60"), &attributes), 0);
	assert_int_equal(attributes_parse(BYTES_LITERAL("pmin"), &attributes), 0);
	assert_int_equal(attributes.set, PMAX);
	assert_int_equal(attributes_parse(BYTES_LITERAL("pmin=5&pmax"), &attributes), 0);
	assert_int_equal(attributes.set, PMIN);
	assert_true(attributes.values[ATTRIBUTE_PMIN] == 5);
	assert_int_equal(attributes_parse(BYTES_LITERAL("pmax"), &attributes), 0);
	assert_int_equal(attributes.set, PMIN);
}

static void test_refused(void **state)
{
	static const char *const queries[] = {
		"", "&", "=", "=5", "pmin=", "pmin=-1", "pmin=+1", "pmin= 1", "pmin=1 ", "pmin=1.5",
		"pmin=0x1", "pmin=4294967296",
		"pmin=99999999999999999999", "pmin=1&", "&pmin=1", "pmin=1&&pmax=2", "pmin=1&pmin=2",
		"pmin=1&pmin", "PMIN=1",
		"pmi=1", "pminn=1", "gt=", "gt=x", "gt=nan", "lt=inf", "st=-1", "edge=2", "con=yes", "hqmax=-1", "pmin=1&foo=2", "pmin=1;pmax=2", "pmin=1=2",
	};
	struct attributes attributes = { PMIN, { 77 } };

	for (size_t i = 0; i < ELEMENTSOF(queries); i++)
		if (attributes_parse(bytes_of(queries[i]), &attributes) != -EINVAL)
			fail_msg("\"%s\" is taken", queries[i]);
	assert_int_equal(attributes_parse(BYTES(NULL, 0), &attributes), -EINVAL);
	assert_int_equal(attributes.set, PMIN);
	assert_true(attributes.values[ATTRIBUTE_PMIN] == 77);
}

/* Rule 3: numbers only, lt below gt, and room for two steps between them; edge is for Booleans; releases differ. */
static void rule_3_check(void **state)
{
	static const struct {
		const char *query;
		enum value_type type;
		unsigned int minor;
		int r;
	} checks[] = {
		{ "pmin=1&pmax=1&epmin=1&epmax=1", VALUE_NONE, 1, 0 },
		{ "epmin=1", VALUE_NONE, 0, -EINVAL },
		{ "con=1&hqmax=1", VALUE_NONE, 2, 0 },
		{ "con=1", VALUE_NONE, 1, -EINVAL },
		{ "hqmax=1", VALUE_NONE, 1, -EINVAL },
		{ "gt=1", VALUE_NONE, 2, -EINVAL },
		{ "gt=1", VALUE_INTEGER, 0, 0 },
		{ "lt=1", VALUE_UNSIGNED, 0, 0 },
		{ "st=1", VALUE_FLOAT, 0, 0 },
		{ "st=1", VALUE_TIME, 0, 0 },
		{ "gt=1", VALUE_STRING, 2, -EINVAL },
		{ "lt=1", VALUE_BOOLEAN, 2, -EINVAL },
		{ "edge=1", VALUE_BOOLEAN, 2, 0 },
		{ "edge=1", VALUE_BOOLEAN, 1, -EINVAL },
		{ "edge=1", VALUE_INTEGER, 2, -EINVAL },
		{ "lt=5&gt=10", VALUE_FLOAT, 1, 0 },
		{ "lt=10&gt=10", VALUE_FLOAT, 1, -EINVAL },
		{ "lt=5&gt=10&st=2.4", VALUE_FLOAT, 1, 0 },
		{ "lt=5&gt=10&st=2.5", VALUE_FLOAT, 1, -EINVAL },
		{ "gt=10&st=100", VALUE_FLOAT, 1, 0 },
	};

	for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
		struct attributes attributes = { 0 };

		assert_int_equal(attributes_parse(bytes_of(checks[i].query), &attributes), 0);
		if (attributes_check(&attributes, checks[i].type, checks[i].minor) != checks[i].r)
			fail_msg("%s of %s in 1.%u", checks[i].query, value_type_name(checks[i].type), checks[i].minor);
	}
}

static void put(struct attributes_store *store, uint16_t session, struct path path, const char *query)
{
	struct attributes attributes = attributes_get(store, session, &path);

	assert_int_equal(attributes_parse(bytes_of(query), &attributes), 0);
	assert_int_equal(attributes_put(store, session, &path, &attributes), 0);
}

static void check(const struct attributes_store *store, uint16_t session, struct path path, const char *links)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	struct attributes effective = attributes_effective(store, session, &path);

	assert_int_equal(attributes_format(&effective, &buffer), 0);
	if (!bytes_equal(buffer_bytes(&buffer), bytes_of(links)))
		fail_msg("session %u has %.*s", session, (int)buffer.len, buffer.data);
}

/* Rule 4: per server, inherited downwards, the lowest level wins, unset on one level only. */
static void rule_4_inheritance(void **state)
{
	_cleanup_(attributes_store_deinit) struct attributes_store store = { 0 };

	put(&store, 1, PATH1(3), "pmin=1&pmax=100");
	put(&store, 1, PATH2(3, 0), "pmin=2");
	put(&store, 1, PATH3(3, 0, 7), "pmax=50");
	put(&store, 1, PATH4(3, 0, 7, 1), "pmin=4");
	put(&store, 2, PATH2(3, 0), "pmin=9");
	check(&store, 1, PATH1(3), ";pmin=1;pmax=100");
	check(&store, 1, PATH2(3, 0), ";pmin=2;pmax=100");
	check(&store, 1, PATH3(3, 0, 7), ";pmin=2;pmax=50");
	check(&store, 1, PATH4(3, 0, 7, 1), ";pmin=4;pmax=50");
	check(&store, 1, PATH4(3, 0, 7, 0), ";pmin=2;pmax=50");
	check(&store, 1, PATH3(3, 0, 9), ";pmin=2;pmax=100");
	check(&store, 1, PATH2(3, 1), ";pmin=1;pmax=100");
	check(&store, 1, PATH1(4), "");
	check(&store, 2, PATH3(3, 0, 7), ";pmin=9");
	check(&store, 3, PATH3(3, 0, 7), "");
	put(&store, 1, PATH2(3, 0), "pmin");
	check(&store, 1, PATH2(3, 0), ";pmin=1;pmax=100");
	assert_int_equal(store.count, 4);
}

static void test_forget(void **state)
{
	_cleanup_(attributes_store_deinit) struct attributes_store store = { 0 };

	for (uint16_t session = 1; session <= 3; session++)
		for (uint16_t instance = 0; instance < 10; instance++) {
			put(&store, session, PATH2(3, instance), "pmin=1");
			put(&store, session, PATH3(3, instance, 7), "pmin=2");
		}
	attributes_forget_path(&store, &PATH2(3, 4));
	assert_int_equal(store.count, 54);
	check(&store, 2, PATH3(3, 4, 7), "");
	check(&store, 2, PATH3(3, 5, 7), ";pmin=2");
	attributes_forget_path(&store, &PATH1(3));
	assert_int_equal(store.count, 0);
}

static void test_limit(void **state)
{
	_cleanup_(attributes_store_deinit) struct attributes_store store = { .limit = 2 };
	struct attributes attributes = { PMIN, { 5 } };

	assert_int_equal(attributes_put(&store, 1, &PATH1(3), &attributes), 0);
	assert_int_equal(attributes_put(&store, 1, &PATH1(4), &attributes), 0);
	assert_int_equal(attributes_put(&store, 1, &PATH1(5), &attributes), -ENOSPC);
	attributes.values[ATTRIBUTE_PMIN] = 6;
	assert_int_equal(attributes_put(&store, 1, &PATH1(4), &attributes), 0);
	check(&store, 1, PATH1(4), ";pmin=6");
	attributes.set = 0;
	assert_int_equal(attributes_put(&store, 1, &PATH1(5), &attributes), 0);
	assert_int_equal(attributes_put(&store, 1, &PATH1(4), &attributes), 0);
	assert_int_equal(store.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_unset),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(rule_3_check),
		cmocka_unit_test(rule_4_inheritance),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("lwm2m/attributes", tests, NULL, NULL);
}
