/* SPDX-License-Identifier: Apache-2.0 */
/* Where the key of an account comes from, and who else could read it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "io/config-internal.h"
#include "io/pem.h"

#define PSK_KEY_MAX 64

/* The file lets everybody read it, and all directories on the way let everybody through. */
static bool is_for_all(const char *file)
{
	_cleanup_(freep) char *path = realpath(file, NULL);
	struct stat st;

	if (!path || stat(path, &st) < 0 || !(st.st_mode & S_IROTH))
		return false;
	for (char *slash = strrchr(path, '/'); slash && slash != path; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (stat(path, &st) < 0 || !(st.st_mode & S_IXOTH))
			return false;
	}
	return true;
}

int config_read_small_file(const char *file, char ret[CONFIG_FILE_MAX])
{
	_cleanup_(closep) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	n = read(fd, ret, CONFIG_FILE_MAX);
	if (n < 0)
		return -errno;
	if (n == CONFIG_FILE_MAX)
		return -EFBIG;
	ret[n] = '\0';
	return 0;
}

const char *config_explain_error(int error, const char *file, char ret[CONFIG_EXPLAIN_MAX])
{
	const struct passwd *user = error == -EACCES ? getpwuid(geteuid()) : NULL;
	const struct group *group = error == -EACCES ? getgrgid(getegid()) : NULL;

	if (user && group)
		snprintf(ret, CONFIG_EXPLAIN_MAX, "user %s may not; chgrp %s %s && chmod 640 %s", user->pw_name,
			group->gr_name, file, file);
	else
		snprintf(ret, CONFIG_EXPLAIN_MAX, "%s", strerror(-error));
	return ret;
}

/* What a file with the account's key has to hold. */
static int parse_key(const struct server *server, const char *text, struct buffer *ret)
{
	return server->mode == SECURITY_PSK ? config_parse_hex(text, PSK_KEY_MAX, ret) :
					      pem_read_private_key(text, ret);
}

static int read_key_file(struct config_loader *loader, const struct ini_setting *setting, const char *file,
			 struct server *server)
{
	char text[CONFIG_FILE_MAX], why[CONFIG_EXPLAIN_MAX];
	int r = config_read_small_file(file, text);

	if (buffer_printf(loader->secrets, "%s\n", file) < 0)
		return -ENOMEM;
	if (r < 0) {
		config_complain(loader, LOG_ERR, setting->file, setting->line, "cannot read the key in %s: %s",
			file, config_explain_error(r, file, why));
		return 0;
	}
	if (is_for_all(file))
		config_complain(loader, LOG_WARNING, setting->file, setting->line,
			"everybody on this machine can read the key in %s: chmod o= %s", file, file);
	r = parse_key(server, text, &server->key);
	explicit_bzero(text, sizeof(text));
	if (r == -EINVAL)
		config_complain(loader, LOG_ERR, setting->file, setting->line,
			"%s has to hold hex digits, two for each of 1 to %d bytes", file, PSK_KEY_MAX);
	else if (r == -EBADMSG)
		config_complain(loader, LOG_ERR, setting->file, setting->line,
			"%s has to hold a private key without a password, as PEM: openssl ecparam -name prime256v1 -genkey -noout makes one",
			file);
	return r == -ENOMEM ? r : 0;
}

int config_beside(const struct ini_setting *setting, char **ret)
{
	const char *slash = strrchr(setting->file, '/');

	if (*setting->value == '/' || !slash)
		*ret = strdup(setting->value);
	else if (asprintf(ret, "%.*s/%s", (int)(slash - setting->file), setting->file, setting->value) < 0)
		*ret = NULL;
	return *ret ? 0 : -ENOMEM;
}

static int load_key_file(
	struct config_loader *loader, const struct ini *ini, const struct config_account *account)
{
	const struct ini_setting *setting = ini_find(ini, account->section->name, "key_file");
	_cleanup_(freep) char *file = NULL;
	int r = config_beside(setting, &file);

	return r < 0 ? r : read_key_file(loader, setting, file, account->server);
}

static int load_key_credential(
	struct config_loader *loader, const struct ini *ini, const struct config_account *account)
{
	const struct ini_setting *setting = ini_find(ini, account->section->name, "key_credential");
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	_cleanup_(freep) char *file = NULL;

	if (strchr(account->key_credential, '/') || account->key_credential[0] == '.') {
		config_complain_account(loader, ini, account, "key_credential",
			"key_credential has to be the name of a credential");
		return 0;
	}
	if (!directory && loader->from_outside) {
		config_complain(loader, LOG_WARNING, setting->file, setting->line,
			"the credential %s is not looked at: only the service has it", account->key_credential);
		return 0;
	}
	if (!directory) {
		config_complain_account(loader, ini, account, "key_credential",
			"key_credential needs a LoadCredential= of that name in the unit, and a start by systemd");
		return 0;
	}
	if (asprintf(&file, "%s/%s", directory, account->key_credential) < 0) {
		file = NULL;
		return -ENOMEM;
	}
	return read_key_file(loader, setting, file, account->server);
}

static int load_key_itself(
	struct config_loader *loader, const struct ini *ini, const struct config_account *account)
{
	const struct ini_setting *setting = ini_find(ini, account->section->name, "key");
	int r = config_parse_hex(account->key, PSK_KEY_MAX, &account->server->key);

	if (r == 0)
		r = buffer_printf(loader->secrets, "%s\n", setting->file);
	if (r == -EINVAL)
		config_complain_account(loader, ini, account, "key",
			"key has to be hex digits, two for each of 1 to 64 bytes");
	else if (r == 0 && is_for_all(setting->file))
		config_complain(loader, LOG_WARNING, setting->file, setting->line,
			"everybody on this machine can read the key here: chmod o= %s", setting->file);
	return r == -ENOMEM ? r : 0;
}

int config_load_key(struct config_loader *loader, const struct ini *ini, const struct config_account *account)
{
	int given = !!account->key + !!account->key_file + !!account->key_credential;

	bool psk = account->server->mode == SECURITY_PSK;

	if (account->server->mode == SECURITY_NOSEC)
		return 0;
	if (psk && account->server->identity.len == 0)
		config_complain_account(loader, ini, account, "identity", "psk needs an identity");
	if (!psk && account->server->identity.len > 0)
		config_complain_account(loader, ini, account, "identity", "only psk has an identity");
	if (given != 1 || (!psk && account->key)) {
		config_complain_account(loader, ini, account, "",
			psk ? "psk needs one of key, key_file and key_credential" :
			      "rpk and x509 need one of key_file and key_credential");
		return 0;
	}
	if (account->key_file)
		return load_key_file(loader, ini, account);
	if (account->key_credential)
		return load_key_credential(loader, ini, account);
	return load_key_itself(loader, ini, account);
}
