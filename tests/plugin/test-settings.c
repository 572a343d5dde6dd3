/* SPDX-License-Identifier: Apache-2.0 */
/* lwm2m/settings.h on a host of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <lwm2m/settings.h>

struct options {
	char name[8];
	uint32_t count, mode;
	double ratio;
	bool flag;
};

static const char *const modes[] = { "slow", "fast", "off", NULL };
static const struct lw_setting settings[] = {
	LW_SETTING_TEXT("name", struct options, name),
	LW_SETTING_NUMBER("count", struct options, count, 1, 500),
	LW_SETTING_WORD("mode", struct options, mode, modes),
	LW_SETTING_REAL("ratio", struct options, ratio, -1, 1.5),
	LW_SETTING_BOOLEAN("flag", struct options, flag),
	LW_SETTING_END,
};

/* What [s] says, and what was complained of. */
static const char *const *pairs;
static char said[2048];

static const char *fake_config(const struct lw_host *host, const char *section, const char *key)
{
	for (size_t i = 0; strcmp(section, "s") == 0 && pairs[i]; i += 2)
		if (strcmp(pairs[i], key) == 0)
			return pairs[i + 1];
	return NULL;
}

static const char *fake_key(const struct lw_host *host, const char *section, unsigned int index)
{
	for (size_t i = 0; strcmp(section, "s") == 0 && pairs[i]; i += 2)
		if (index-- == 0)
			return pairs[i];
	return NULL;
}

static const char *fake_section(const struct lw_host *host, unsigned int index)
{
	static const char *const sections[] = { "s", "t", "u" };

	return index < 3 ? sections[index] : NULL;
}

static void fake_complain(const struct lw_host *host, const char *section, const char *key, const char *text)
{
	size_t len = strlen(said);

	snprintf(said + len, sizeof(said) - len, "%s/%s: %s\n", section, key ? key : "", text);
}

static void fake_log(const struct lw_host *host, int priority, const char *text)
{
	snprintf(said, sizeof(said), "%d %s\n", priority, text);
}

static struct lw_host host = {
	.size = sizeof(host),
	.log = fake_log,
	.config = fake_config,
	.section = fake_section,
	.key = fake_key,
	.complain = fake_complain,
};

static int read_pairs(const char *const *from, struct options *ret)
{
	pairs = from;
	said[0] = 0;
	return lw_read_section(&host, "s", settings, ret);
}

static void test_all(void **state)
{
	static const char *const from[] = { "name", "1234567", "count", "500", "mode", "off", "ratio", "-0.5",
		"flag", "yes", NULL };
	struct options options = { .count = 3 };

	assert_int_equal(read_pairs(from, &options), 0);
	assert_string_equal(options.name, "1234567");
	assert_int_equal(options.count, 500);
	assert_int_equal(options.mode, 2);
	assert_true(options.ratio == -0.5);
	assert_true(options.flag);
	assert_string_equal(said, "");
}

static void test_defaults(void **state)
{
	static const char *const from[] = { "count", "", "name", "", NULL }, *const none[] = { NULL };
	struct options options = { .name = "a", .count = 3 };

	assert_int_equal(read_pairs(none, &options), 0);
	assert_int_equal(read_pairs(from, &options), 0);
	assert_int_equal(options.count, 3);
	assert_string_equal(options.name, "a");
}

/* All of it is said, with what is accepted; what is right is taken. */
static void test_wrong(void **state)
{
	static const char *const from[] = { "name", "12345678", "count", "0", "mode", "quick", "ratio", "1.6",
		"flag", "maybe", "colour", "red", NULL };
	struct options options = { .count = 3 };

	assert_int_equal(read_pairs(from, &options), -EINVAL);
	assert_string_equal(said,
		"s/name: name = 12345678: it has to be a text of at most 7 bytes\n"
		"s/count: count = 0: it has to be a whole number from 1 to 500\n"
		"s/mode: mode = quick: it has to be slow, fast or off\n"
		"s/ratio: ratio = 1.6: it has to be a number from -1 to 1.5\n"
		"s/flag: flag = maybe: it has to be yes or no\n"
		"s/colour: unknown key 'colour' in [s]; it has to be name, count, mode, ratio or flag\n");
	assert_int_equal(options.count, 3);
}

static void test_numbers(void **state)
{
	static const char *const wrong[] = { "1.5", "-1", "501", "1e3", "x", "3 x", "nan", "inf",
		"99999999999999999999" };
	struct options options = { .count = 3 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const from[] = { "count", wrong[i], NULL };

		assert_int_equal(read_pairs(from, &options), -EINVAL);
		assert_int_equal(options.count, 3);
	}
}

static void test_sections(void **state)
{
	static const char *const all[] = { "s", "t", "u", NULL }, *const some[] = { "x", "t", NULL };

	said[0] = 0;
	assert_int_equal(lw_check_sections(&host, all), 0);
	assert_string_equal(said, "");
	assert_int_equal(lw_check_sections(&host, some), -EINVAL);
	assert_string_equal(said,
		"s/: unknown section [s]; it has to be x or t\nu/: unknown section [u]; it has to be x or t\n");
}

/* An agent that is older than these functions: no lines, and no list of keys. */
static void test_older_host(void **state)
{
	static const char *const from[] = { "count", "7", NULL };
	struct options options = { .count = 3 };

	host.size = offsetof(struct lw_host, key);
	assert_int_equal(read_pairs(from, &options), 0);
	assert_int_equal(options.count, 3);
	lw_config_error(&host, "s", "count", "count = %d", 7);
	assert_string_equal(said, "3 [s]: count = 7\n");
	host.size = sizeof(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_older_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
