/* SPDX-License-Identifier: Apache-2.0 */
/* What is shown to a server, and what it is known by, where that is no pre-shared key. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "io/config-internal.h"
#include "io/pem.h"

/* The key's setting names a file of PEM; what is in it, appended to ret. */
static int load_pem(struct config_loader *loader, const struct ini *ini, const struct config_account *account,
	const char *key, const char *what, int (*parse)(const char *text, struct buffer *ret),
	struct buffer *ret)
{
	const struct ini_setting *setting = ini_find(ini, account->section->name, key);
	_cleanup_(freep) char *file = NULL;
	char text[CONFIG_FILE_MAX];
	int r = config_beside(setting, &file);

	if (r < 0)
		return r;
	r = config_read_small_file(file, text);
	if (r < 0) {
		config_complain(loader, LOG_ERR, setting->file, setting->line, "cannot read %s: %s", file,
			strerror(-r));
		return 0;
	}
	r = parse(text, ret);
	if (r == -EBADMSG)
		config_complain(loader, LOG_ERR, setting->file, setting->line, "%s has to hold %s, as PEM",
			file, what);
	return r == -ENOMEM ? r : 0;
}

/* Our public key follows from the private one. */
static int load_raw_keys(
	struct config_loader *loader, const struct ini *ini, const struct config_account *account)
{
	struct server *server = account->server;
	int r = 0;

	if (server->key.len > 0)
		r = pem_public_of(buffer_bytes(&server->key), &server->identity);
	if (r == -ENOTSUP) {
		config_complain_account(loader, ini, account,
			account->key_file ? "key_file" : "key_credential",
			"raw public keys have to be of ECDSA");
		r = 0;
	}
	if (!account->server_key_file)
		config_complain_account(
			loader, ini, account, "server_key_file", "rpk needs the server's public key");
	else if (r == 0)
		r = load_pem(loader, ini, account, "server_key_file", "a public key", pem_read_public_key,
			&server->server_key);
	return r;
}

static int load_certificates(
	struct config_loader *loader, const struct ini *ini, const struct config_account *account)
{
	struct server *server = account->server;
	int r = 0;

	if (!account->certificate_file)
		config_complain_account(
			loader, ini, account, "certificate_file", "x509 needs a certificate of ours");
	else
		r = load_pem(loader, ini, account, "certificate_file", "certificates", pem_read_certificates,
			&server->identity);
	if (!account->server_certificate_file)
		config_complain_account(loader, ini, account, "server_certificate_file",
			"x509 needs the certificate that the server is known by");
	else if (r == 0)
		r = load_pem(loader, ini, account, "server_certificate_file", "a certificate",
			pem_read_certificates, &server->server_key);
	return r;
}

int config_load_certificates(
	struct config_loader *loader, const struct ini *ini, const struct config_account *account)
{
	switch (account->server->mode) {
	case SECURITY_RPK:
		return load_raw_keys(loader, ini, account);
	case SECURITY_X509:
		return load_certificates(loader, ini, account);
	default:
		return 0;
	}
}
