/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "io/ini.h"

static void report(void *userdata, const char *file, unsigned int line, const char *text)
{
	unsigned int *n = userdata;

	CHECK(text && text[0]);
	(*n)++;
}

static void check_settings(const struct ini *ini)
{
	for (size_t i = 0; i < ini->n_settings; i++) {
		const struct ini_setting *setting = &ini->settings[i];

		CHECK(setting->line > 0 && setting->file && setting->value);
		CHECK(ini_find(ini, setting->section, setting->key) == setting);
	}
	for (size_t i = 0; i < ini->n_sections; i++)
		CHECK(ini->sections[i].name[0] && ini->sections[i].line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(ini_deinit) struct ini ini = { 0 };
	_cleanup_(closep) int fd = memfd_create("fuzz.conf", MFD_CLOEXEC);
	unsigned int reports = 0;
	char file[32];
	int r;

	CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	r = ini_read(&ini, file, report, &reports);
	CHECK((r < 0) == (reports > 0));
	check_settings(&ini);
	return 0;
}
