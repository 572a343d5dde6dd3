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
	};

	for (size_t i = 0; i < ELEMENTSOF(queries); i++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
		struct attributes attributes = { 0 };

		assert_int_equal(attributes_parse(bytes_of(queries[i].query), &attributes), 0);
		assert_int_equal(attributes.set, queries[i].attributes.set);
		for (enum attribute k = 0; k < _ATTRIBUTE_MAX; k++)
			if (attributes_has(&attributes, k))
				assert_int_equal(attributes.values[k], queries[i].attributes.values[k]);
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
	assert_int_equal(attributes.values[ATTRIBUTE_PMIN], 5);
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
		"pmi=1", "pminn=1", "gt=5", "pmin=1&foo=2", "pmin=1;pmax=2", "pmin=1=2",
	};
	struct attributes attributes = { PMIN, { 77 } };

	for (size_t i = 0; i < ELEMENTSOF(queries); i++)
		if (attributes_parse(bytes_of(queries[i]), &attributes) != -EINVAL)
			fail_msg("\"%s\" is taken", queries[i]);
	assert_int_equal(attributes_parse(BYTES(NULL, 0), &attributes), -EINVAL);
	assert_int_equal(attributes.set, PMIN);
	assert_int_equal(attributes.values[ATTRIBUTE_PMIN], 77);
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
		cmocka_unit_test(rule_4_inheritance),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("lwm2m/attributes", tests, NULL, NULL);
}
