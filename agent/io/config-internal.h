/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config-internal.h - what the files that read the configuration share
 *
 * A section is a table of keys: each says how its value is read, where it goes and what may be in it. config-keys.c applies
 * such a table; config-server.c and config-plugin.c have those of accounts and plugins; config-key.c finds an account's key, and
 * sees who else could; config.c has the rest.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "io/config.h"
#include "io/ini.h"

struct config_loader {
	config_report_t report;
	void *userdata;
	const char *plugin_dir;
	unsigned int errors;
	struct buffer *secrets; /* of the configuration */
	bool from_outside; /* not in the service, which alone has its credentials */
};

/* A section [server.NAME] as it was written; what needs no second look goes into the account at once. */
struct config_account {
	struct server *server;
	const struct ini_section *section;
	const char *security, *binding, *key, *key_file, *key_credential;
	const char *certificate_file, *server_key_file, *server_certificate_file;
};

struct config_key {
	const char *name;
	/* Reads value, which is not empty, to ret. -EINVAL: not what key->expected says; -ENOMEM. */
	int (*parse)(const struct config_key *key, const char *value, void *ret);
	size_t offset;        /* of where it goes, in the section's struct */
	uint64_t min, max;    /* of a number; a text is at most max bytes long */
	const char *expected; /* "a number from 1 to 9" */
};

/* Says what is wrong, or worth a warning, in this line of this file; line 0: in the file. */
void config_complain(struct config_loader *loader, int priority, const char *file, unsigned int line,
		     const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Points at the line of this key of the account, or at its section's where the key is not given. */
void config_complain_account(struct config_loader *loader, const struct ini *ini,
	const struct config_account *account, const char *key, const char *text);

/*
 * Why file cannot be read, in words. The agent is not root, so that a file of root's alone is the usual reason; then also
 * what to do.
 */
#define CONFIG_EXPLAIN_MAX 1024
const char *config_explain_error(int error, const char *file, char ret[CONFIG_EXPLAIN_MAX]);

/* An ini_report_t; userdata is the loader. */
void config_report_ini(void *userdata, const char *file, unsigned int line, const char *text);

/*
 * Applies the settings of section to target. Keys without a value count as not given. What is unknown or wrong is
 * reported. -ENOMEM.
 */
int config_apply(struct config_loader *loader, const struct ini *ini, const char *section,
		 const struct config_key *keys, size_t n_keys, void *target);

/* The one of n names, stride bytes apart, that takes the fewest changes to become text. */
const char *config_nearest(const char *text, const char *const *names, size_t n, size_t stride);

int config_parse_text(const struct config_key *key, const char *value, void *ret);    /* char * */
int config_parse_boolean(const struct config_key *key, const char *value, void *ret); /* bool */
int config_parse_u16(const struct config_key *key, const char *value, void *ret);     /* uint16_t */
int config_parse_u32(const struct config_key *key, const char *value, void *ret);     /* uint32_t */

#define CONFIG_EXPECT_BOOLEAN "yes or no"

/* The accounts of all [server.NAME] sections into config->servers. -ENOMEM. */
int config_load_servers(struct config_loader *loader, const struct ini *ini, struct config *config);

/*
 * The pre-shared key, where the account needs one: from its file, its credential or the configuration itself; what file
 * that was is added to the secrets. One that everybody can read is reported as a warning. -ENOMEM.
 */
int config_load_key(struct config_loader *loader, const struct ini *ini, const struct config_account *account);

/*
 * rpk and x509: our certificate or public key, and what the server is known by; after config_load_key(). What lacks or cannot
 * be read is reported. -ENOMEM.
 */
int config_load_certificates(struct config_loader *loader, const struct ini *ini, const struct config_account *account);

/* The file that a setting names: beside the file of the setting, unless it is a path. -ENOMEM. */
int config_beside(const struct ini_setting *setting, char **ret);

/* The whole file and a NUL. -EFBIG: it is longer; -errno. */
#define CONFIG_FILE_MAX 16384
int config_read_small_file(const char *file, char ret[CONFIG_FILE_MAX]);

/* The files of directory, if there is one, into config->plugins. -ENOMEM. */
int config_load_plugins(struct config_loader *loader, const char *directory, struct config *config);
void config_plugin_deinit(struct config_plugin *plugin);

/* Hex digits, blanks around them, of at most max bytes, appended to ret. -EINVAL: not that, or none. */
int config_parse_hex(const char *text, size_t max, struct buffer *ret);

/*
 * The names of the *.conf files in directory by strcmp(), each with the directory before it, and NULL. A directory that is
 * not there has none. -errno; free with config_names_free().
 */
int config_list(const char *directory, char ***ret);
void config_names_free(char ***names);
