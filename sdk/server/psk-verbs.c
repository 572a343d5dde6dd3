/* SPDX-License-Identifier: Apache-2.0 */
#include "psk-verbs.h"

#include <stdio.h>
#include <sys/random.h>

#include "dir.h"
#include "psk.h"

#define RANDOM_KEY_LEN 16

static int usage(void)
{
	fputs("usage: lwm2m-server [--data-dir DIR] psk add ENDPOINT IDENTITY KEY\n"
	      "       lwm2m-server [--data-dir DIR] psk remove ENDPOINT\n"
	      "       lwm2m-server [--data-dir DIR] psk list\n"
	      "KEY is hexadecimal, - to read it from the standard input, or random for a new\n"
	      "one, which is printed.\n",
		stderr);
	return 2;
}

static int make_key(char text[2 * RANDOM_KEY_LEN + 1])
{
	uint8_t key[RANDOM_KEY_LEN];

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return -EIO;
	for (size_t i = 0; i < sizeof(key); i++)
		sprintf(text + 2 * i, "%02x", key[i]);
	explicit_bzero(key, sizeof(key));
	return 0;
}

static int take_key(const char *word, char text[2 * PSK_KEY_MAX + 2])
{
	if (strcmp(word, "random") == 0)
		return make_key(text);
	if (strcmp(word, "-") == 0) {
		if (!fgets(text, 2 * PSK_KEY_MAX + 2, stdin))
			*text = '\0';
		text[strcspn(text, "\r\n")] = '\0';
		return 0;
	}
	if (strlen(word) > 2 * PSK_KEY_MAX)
		return -EINVAL;
	strcpy(text, word);
	return 0;
}

static int add(struct psk *psk, char *argv[])
{
	char key[2 * PSK_KEY_MAX + 2];
	int r = take_key(argv[2], key);

	if (r >= 0)
		r = psk_add(psk, argv[0], argv[1], key);
	else
		fputs("lwm2m-server: the key is too long\n", stderr);
	if (r >= 0 && strcmp(argv[2], "random") == 0)
		puts(key);
	explicit_bzero(key, sizeof(key));
	if (r == 1)
		fprintf(stderr, "%s had a key; it is replaced\n", argv[0]);
	return r < 0 ? 1 : 0;
}

static int remove_one(struct psk *psk, const char *endpoint)
{
	int r = psk_remove(psk, endpoint);

	if (r == -ENOENT)
		fprintf(stderr, "lwm2m-server: %s has no key\n", endpoint);
	return r < 0 ? 1 : 0;
}

static int list(const struct psk *psk)
{
	for (size_t i = 0; i < psk->count; i++)
		printf("%s\t%s\n", psk->entries[i].endpoint, psk->entries[i].identity);
	return 0;
}

int psk_verbs_run(const char *dir, int argc, char *argv[])
{
	_cleanup_(psk_freep) struct psk *psk = NULL;
	const char *verb = argc > 0 ? argv[0] : "";
	bool is_add = strcmp(verb, "add") == 0 && argc == 4,
	     is_remove = strcmp(verb, "remove") == 0 && argc == 2;
	bool is_list = strcmp(verb, "list") == 0 && argc == 1;

	if (!is_add && !is_remove && !is_list)
		return strcmp(verb, "--help") == 0 ? (usage(), 0) : usage();
	if ((is_add && dir_make(dir) < 0) || psk_open(dir, &psk) < 0)
		return 1;
	return is_add ? add(psk, argv + 1) : is_remove ? remove_one(psk, argv[1]) : list(psk);
}
