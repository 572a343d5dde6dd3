/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/platform.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define TEXT_MAX 256

static int open_below(const char *root, const char *path)
{
	char file[PATH_MAX];
	int fd;

	if (snprintf(file, sizeof(file), "%s%s", root, path) >= (int)sizeof(file))
		return -ENAMETOOLONG;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text + strspn(text, " \t");
}

int platform_read_line(const char *root, const char *path, char *ret, size_t size)
{
	_cleanup_(closep) int fd = open_below(root, path);
	char *text;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, ret, size - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	text = trim(ret);
	memmove(ret, text, strlen(text) + 1);
	return *ret ? 0 : -ENOENT;
}

int platform_read_number(const char *root, const char *path, int64_t *ret)
{
	char text[32], *end;
	int64_t number;
	int r = platform_read_line(root, path, text, sizeof(text));

	if (r < 0)
		return r;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end)
		return -EINVAL;
	*ret = number;
	return 0;
}

/* What is not text a server could show counts as not there. */
static bool is_text(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		if (*at < 0x20 || *at >= 0x7f)
			return false;
	return true;
}

static bool is_placeholder(const char *text)
{
	static const char *const placeholders[] = {
		"To be filled by O.E.M.",
		"Default string",
		"System manufacturer",
		"System Product Name",
		"System Serial Number",
		"System Version",
		"Not Specified",
		"Not Applicable",
		"None",
		"N/A",
		"Unknown",
		"Undefined",
		"INVALID",
		"0123456789",
		"123456789",
	};

	for (size_t i = 0; i < ELEMENTSOF(placeholders); i++)
		if (strcasecmp(text, placeholders[i]) == 0)
			return true;
	return text[strspn(text, "0.- ")] == '\0';
}

/* The first of these files that says something. */
static int first_line(const char *root, const char *const *paths, size_t n, char **ret)
{
	char text[TEXT_MAX], *copy;

	for (size_t i = 0; i < n; i++) {
		if (platform_read_line(root, paths[i], text, sizeof(text)) < 0 || !is_text(text) ||
		    is_placeholder(text))
			continue;
		copy = strdup(text);
		if (!copy)
			return -ENOMEM;
		*ret = copy;
		return 0;
	}
	return -ENOENT;
}

#define DMI         "/sys/class/dmi/id/"
#define DEVICE_TREE "/proc/device-tree/"

/* "raspberrypi,4-model-b" names the board's vendor before the comma. */
static int device_tree_vendor(const char *root, char **ret)
{
	char text[TEXT_MAX], *comma, *copy;
	int r = platform_read_line(root, DEVICE_TREE "compatible", text, sizeof(text));

	if (r < 0)
		return r;
	comma = strchr(text, ',');
	if (!comma || comma == text || !is_text(text))
		return -ENOENT;
	copy = strndup(text, (size_t)(comma - text));
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int platform_manufacturer(const char *root, char **ret)
{
	static const char *const paths[] = { DMI "sys_vendor", DMI "board_vendor" };
	int r = first_line(root, paths, ELEMENTSOF(paths), ret);

	return r == -ENOENT ? device_tree_vendor(root, ret) : r;
}

int platform_model(const char *root, char **ret)
{
	static const char *const paths[] = { DMI "product_name", DMI "board_name", DEVICE_TREE "model" };

	return first_line(root, paths, ELEMENTSOF(paths), ret);
}

int platform_serial(const char *root, char **ret)
{
	static const char *const paths[] = { DMI "product_serial", DMI "board_serial",
		DEVICE_TREE "serial-number" };

	return first_line(root, paths, ELEMENTSOF(paths), ret);
}

int platform_hardware_version(const char *root, char **ret)
{
	static const char *const paths[] = { DMI "product_version", DMI "board_version" };

	return first_line(root, paths, ELEMENTSOF(paths), ret);
}

/* A value of os-release, without the quotes and backslashes that a shell would take away. */
static void unquote(char *value)
{
	char quote = *value == '"' || *value == '\'' ? *value : '\0';
	const char *from = quote ? value + 1 : value;

	for (; *from && *from != quote; from++) {
		if (*from == '\\' && quote != '\'' && from[1])
			from++;
		*value++ = *from;
	}
	*value = '\0';
}

static int os_release_value(FILE *stream, const char *name, char ret[TEXT_MAX])
{
	size_t len = strlen(name);
	char line[TEXT_MAX];

	rewind(stream);
	while (fgets(line, sizeof(line), stream))
		if (strncmp(line, name, len) == 0 && line[len] == '=') {
			char *value = trim(line + len + 1);

			unquote(value);
			snprintf(ret, TEXT_MAX, "%s", value);
			return *ret ? 0 : -ENOENT;
		}
	return -ENOENT;
}

static FILE *open_os_release(const char *root)
{
	int fd = open_below(root, "/etc/os-release");

	if (fd < 0)
		fd = open_below(root, "/usr/lib/os-release");
	return fd < 0 ? NULL : fdopen(fd, "r");
}

int platform_firmware_version(const char *root, char **ret)
{
	static const char *const names[] = { "IMAGE_VERSION", "BUILD_ID", "PRETTY_NAME", "VERSION_ID" };
	_cleanup_(fclosep) FILE *stream = open_os_release(root);
	char value[TEXT_MAX], *copy;

	if (!stream)
		return -ENOENT;
	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		if (os_release_value(stream, names[i], value) < 0)
			continue;
		copy = strdup(value);
		if (!copy)
			return -ENOMEM;
		*ret = copy;
		return 0;
	}
	return -ENOENT;
}

int platform_timezone(const char *root, char **ret)
{
	char file[PATH_MAX], target[PATH_MAX];
	const char *zone = NULL;
	char *copy;
	ssize_t n;

	if (snprintf(file, sizeof(file), "%s/etc/localtime", root) >= (int)sizeof(file))
		return -ENAMETOOLONG;
	n = readlink(file, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		zone = strstr(target, "zoneinfo/");
	}
	if (zone)
		zone += strlen("zoneinfo/");
	else if (platform_read_line(root, "/etc/timezone", target, sizeof(target)) == 0)
		zone = target;
	if (!zone || !*zone)
		return -ENOENT;
	copy = strdup(zone);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

static int64_t meminfo_value(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoll(at + strlen(name), NULL, 10) : -1;
}

int platform_memory(const char *root, int64_t *ret_free_kb, int64_t *ret_total_kb)
{
	_cleanup_(closep) int fd = open_below(root, "/proc/meminfo");
	int64_t total, available;
	char text[1024];
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	total = meminfo_value(text, "MemTotal:");
	available = meminfo_value(text, "MemAvailable:");
	if (total < 0 || available < 0)
		return -ENOENT;
	/* The kernel counts in 1024 bytes. */
	*ret_free_kb = available * 1024 / 1000;
	*ret_total_kb = total * 1024 / 1000;
	return 0;
}
