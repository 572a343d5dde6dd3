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

#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "psk.h"

#define KEY "00112233445566778899aabbccddeeff"

static char dir[64], path[96];
static struct psk *psk;

static int set_up(void **state)
{
	strcpy(dir, "/tmp/test-psk-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/psk", dir);
	log_set_level(LOG_CRIT);
	return psk_open(dir, &psk);
}

static int tear_down(void **state)
{
	static const char *const files[] = { "psk", "psk.new", "psk.lock" };
	char file[96];

	psk = psk_free(psk);
	for (size_t i = 0; i < ELEMENTSOF(files); i++) {
		snprintf(file, sizeof(file), "%s/%s", dir, files[i]);
		(void)unlink(file);
	}
	return rmdir(dir);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static void test_add_find_remove(void **state)
{
	const struct psk_entry *entry;
	struct stat stat_;

	assert_int_equal(psk_add(psk, "pi-1", "id 1", KEY), 0);
	assert_int_equal(psk_add(psk, "pi-2", "id-2", "FFEEDDCCBBAA9988"), 0);
	entry = psk_find_identity(psk, BYTES_LITERAL("id 1"));
	assert_non_null(entry);
	assert_string_equal(entry->endpoint, "pi-1");
	assert_int_equal(entry->key_len, 16);
	assert_int_equal(entry->key[15], 0xff);
	assert_non_null(psk_find_endpoint(psk, BYTES_LITERAL("pi-2")));
	assert_null(psk_find_identity(psk, BYTES_LITERAL("pi-2")));
	assert_int_equal(stat(path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0777, 0600);
	assert_int_equal(psk_remove(psk, "pi-1"), 0);
	assert_int_equal(psk_remove(psk, "pi-1"), -ENOENT);
	assert_null(psk_find_identity(psk, BYTES_LITERAL("id 1")));
	assert_non_null(psk_find_identity(psk, BYTES_LITERAL("id-2")));
}

static void test_replace(void **state)
{
	assert_int_equal(psk_add(psk, "pi-1", "id-1", KEY), 0);
	assert_int_equal(psk_add(psk, "pi-2", "id-2", KEY), 0);
	assert_int_equal(psk_add(psk, "pi-1", "id-1", "0000000000000000"), 1);
	assert_int_equal(psk_find_identity(psk, BYTES_LITERAL("id-1"))->key_len, 8);
	assert_int_equal(psk_add(psk, "pi-1", "id-3", KEY), 1);
	assert_null(psk_find_identity(psk, BYTES_LITERAL("id-1")));
	assert_int_equal(psk_add(psk, "pi-1", "id-2", KEY), -EEXIST);
	assert_int_equal(psk->count, 2);
}

static void test_wrong_texts(void **state)
{
	static const char *const keys[] = { "", "0", "00112233445566", "001122334455667", "001122334455667g",
		"0x0011223344556677" };
	char long_key[2 * PSK_KEY_MAX + 3], long_name[PSK_ENDPOINT_MAX + 2];

	memset(long_key, '0', sizeof(long_key) - 1);
	long_key[sizeof(long_key) - 1] = '\0';
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	for (size_t i = 0; i < ELEMENTSOF(keys); i++)
		assert_int_equal(psk_add(psk, "a", "b", keys[i]), -EINVAL);
	assert_int_equal(psk_add(psk, "a", "b", long_key), -EINVAL);
	assert_int_equal(psk_add(psk, long_name, "b", KEY), -EINVAL);
	assert_int_equal(psk_add(psk, "a", long_name + PSK_ENDPOINT_MAX - PSK_IDENTITY_MAX, KEY), -EINVAL);
	assert_int_equal(psk_add(psk, "a\tb", "b", KEY), -EINVAL);
	assert_int_equal(psk_add(psk, "a", "b\n", KEY), -EINVAL);
	assert_int_equal(psk_add(psk, "#a", "b", KEY), -EINVAL);
	assert_int_equal(psk_add(psk, "a", "", KEY), -EINVAL);
	assert_int_equal(psk_add(psk, "a", "\xff", KEY), -EINVAL);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void test_file_of_others(void **state)
{
	write_file("# comment\n\npi-1\tid-1\t" KEY "\r\npi-2\tid-2\t" KEY "\tnote\n");
	assert_non_null(psk_find_identity(psk, BYTES_LITERAL("id-1")));
	assert_non_null(psk_find_identity(psk, BYTES_LITERAL("id-2")));
	assert_int_equal(unlink(path), 0);
	assert_null(psk_find_identity(psk, BYTES_LITERAL("id-1")));
}

static void test_damaged_file(void **state)
{
	static const char *const lines[] = { "pi-1", "pi-1\tid-1", "pi-1\tid-1\txx", "\tid-1\t" KEY,
		"pi-1\t\t" KEY, "x\tid-1\t" KEY "\nx\tid-2\t" KEY, "x\tid-1\t" KEY "\ny\tid-1\t" KEY };

	for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
		struct psk *other;

		write_file(lines[i]);
		assert_int_equal(psk_open(dir, &other), -EBADMSG);
	}
}

/* A running server goes on with what it had. */
static void test_damage_while_open(void **state)
{
	assert_int_equal(psk_add(psk, "pi-1", "id-1", KEY), 0);
	write_file("nonsense\n");
	assert_non_null(psk_find_identity(psk, BYTES_LITERAL("id-1")));
	/* And what is damaged is not written over. */
	assert_int_equal(psk_add(psk, "pi-2", "id-2", KEY), -EBADMSG);
	write_file("pi-3\tid-3\t" KEY "\n");
	assert_non_null(psk_find_identity(psk, BYTES_LITERAL("id-3")));
	assert_null(psk_find_identity(psk, BYTES_LITERAL("id-1")));
}

static void test_another_programs_changes(void **state)
{
	struct psk *other;

	assert_int_equal(psk_open(dir, &other), 0);
	assert_int_equal(psk_add(psk, "pi-1", "id-1", KEY), 0);
	assert_int_equal(psk_add(other, "pi-2", "id-2", KEY), 0);
	assert_non_null(psk_find_identity(psk, BYTES_LITERAL("id-2")));
	assert_non_null(psk_find_identity(other, BYTES_LITERAL("id-1")));
	psk_free(other);
}

static void test_failed_write(void **state)
{
	char new[128];

	assert_int_equal(psk_add(psk, "pi-1", "id-1", KEY), 0);
	snprintf(new, sizeof(new), "%s.new", path);
	assert_int_equal(mkdir(new, 0700), 0); /* in the way of the new file */
	assert_true(psk_add(psk, "pi-2", "id-2", KEY) < 0);
	assert_int_equal(rmdir(new), 0);
	assert_null(psk_find_identity(psk, BYTES_LITERAL("id-2")));
	assert_non_null(psk_find_identity(psk, BYTES_LITERAL("id-1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_add_find_remove, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage_while_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_another_programs_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed_write, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("psk", tests, NULL, NULL);
}
