/* SPDX-License-Identifier: Apache-2.0 */
/* lwm2m-script-changed - tells the plugin "script" that values of an object are others now */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "changed.h"

static const char usage[] =
	"Usage: lwm2m-script-changed [--socket PATH] OBJECT[/INSTANCE]...\n"
	"Have the plugin \"script\" read objects again; it tells servers what is different.\n"
	"\n"
	"  --socket PATH  where the plugin listens; default: " SCRIPT_SOCKET "\n"
	"  --help         show this\n";

/* "3303", "3303/0" */
static int is_place(const char *text)
{
	const char *slash = strchr(text, '/');
	size_t digits = strspn(text, "0123456789");

	if (!slash)
		return digits > 0 && !text[digits] && digits < 6;
	return digits > 0 && digits < 6 && text + digits == slash && slash[1] && strlen(slash) < 7 &&
	       !slash[1 + strspn(slash + 1, "0123456789")];
}

static int say(int fd, const struct sockaddr_un *to, const char *text)
{
	if (sendto(fd, text, strlen(text), 0, (const struct sockaddr *)to, sizeof(*to)) >= 0)
		return 0;
	fprintf(stderr, "lwm2m-script-changed: %s: %s%s\n", to->sun_path, strerror(errno),
		errno == ENOENT || errno == ECONNREFUSED ?
			"; is lwm2m-agent running, with its plugin script?" :
			"");
	return -1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = SCRIPT_SOCKET };
	int option, fd, failed = 0;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h')
			return fputs(usage, stdout) < 0;
		if (option != 's' || strlen(optarg) >= sizeof(to.sun_path))
			return fputs(usage, stderr), 2;
		strcpy(to.sun_path, optarg);
	}
	for (int i = optind; i < argc; i++)
		if (!is_place(argv[i])) {
			fprintf(stderr, "lwm2m-script-changed: %s: it has to be OBJECT or OBJECT/INSTANCE\n",
				argv[i]);
			return 2;
		}
	if (optind == argc)
		return fputs(usage, stderr), 2;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = optind; i < argc && !failed; i++)
		failed = say(fd, &to, argv[i]) < 0;
	close(fd);
	return failed;
}
