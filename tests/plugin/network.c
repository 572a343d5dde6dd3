/* SPDX-License-Identifier: Apache-2.0 */
#include "network.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void give_up(const char *what)
{
	print_message("skipped: %s: %s\n", what, strerror(errno));
	skip();
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file) < 0)
		give_up(path);
}

void network_enter(void)
{
	static bool entered;
	char map[32];

	if (entered)
		return;
	if (system("ip -V >/dev/null 2>&1") != 0) {
		errno = ENOENT;
		give_up("ip(8)");
	}
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)getuid());
	if (unshare(CLONE_NEWNET) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
			give_up("a network namespace");
		write_file("/proc/self/uid_map", map);
	}
	entered = true;
	network_ip("link set lo up");
}

void network_ip(const char *format, ...)
{
	char command[256] = "ip ";
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command + 3, sizeof(command) - 3, format, arguments);
	va_end(arguments);
	if (system(command) != 0)
		fail_msg("%s", command);
}
