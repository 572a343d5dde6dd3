/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "io/config-internal.h"
#include "io/uri.h"

#define PSK_IDENTITY_MAX 128
#define HISTORY_SIZE_MAX 524288 /* what the state directory has room for, in Base64 */
#define SECTION_PREFIX   "server."
#define BOOTSTRAP        "bootstrap"

static int parse_uri(const struct config_key *key, const char *value, void *ret)
{
	struct uri uri;

	return uri_parse(value, &uri) < 0 ? -EINVAL : config_parse_text(key, value, ret);
}

static int parse_version(const struct config_key *key, const char *value, void *ret)
{
	return version_parse(bytes_of(value), ret);
}

static int parse_mode(const struct config_key *key, const char *value, void *ret)
{
	if (strcmp(value, "non") != 0 && strcmp(value, "con") != 0)
		return -EINVAL;
	*(uint32_t *)ret = *value == 'c' ? SERVER_NOTIFY_CON : SERVER_NOTIFY_NON;
	return 0;
}

/* "RW": a letter for each right, as in 2/x/2. */
static int parse_rights(const struct config_key *key, const char *value, void *ret)
{
	static const char letters[] = "RWEDC";
	uint8_t rights = 0;

	for (const char *c = strcasecmp(value, "none") == 0 ? "" : value; *c; c++) {
		const char *letter = strchr(letters, toupper((unsigned char)*c));

		if (!letter)
			return -EINVAL;
		rights |= (uint8_t)(1U << (letter - letters));
	}
	*(uint8_t *)ret = rights;
	return 0;
}

static int parse_usage(const struct config_key *key, const char *value, void *ret)
{
	if (*value < '0' || *value > '3' || value[1])
		return -EINVAL;
	*(enum certificate_usage *)ret = (enum certificate_usage)(*value - '0');
	return 0;
}

static int parse_identity(const struct config_key *key, const char *value, void *ret)
{
	struct buffer *identity = ret;

	if (strlen(value) > key->max)
		return -EINVAL;
	buffer_clear(identity);
	return buffer_append_text(identity, value);
}

/* Looked at once all of the section is known. */
static int parse_later(const struct config_key *key, const char *value, void *ret)
{
	return 0;
}

#define EXPECT_SECONDS(min) "a number of seconds from " #min " to 4294967295"

static const struct config_key keys[] = {
	{ "uri", parse_uri, offsetof(struct server, uri), .max = 512,
		.expected = "coap://HOST[:PORT] or coaps://HOST[:PORT]; this version has no other" },
	{ "short_id", config_parse_u16, offsetof(struct server, short_id), 1, 65534,
		"a number from 1 to 65534" },
	{ "lifetime", config_parse_u32, offsetof(struct server, lifetime_s), 0, UINT32_MAX,
		EXPECT_SECONDS(0) },
	{ "binding", parse_later },
	{ "queue", config_parse_boolean, offsetof(struct server, queue), .expected = CONFIG_EXPECT_BOOLEAN },
	{ "awake_time", config_parse_u32, offsetof(struct server, awake_s), 1, UINT32_MAX,
		EXPECT_SECONDS(1) },
	{ "version", parse_version, offsetof(struct server, version), .expected = "1.0, 1.1 or 1.2" },
	{ "rights", parse_rights, offsetof(struct server, rights), .expected = "none, or letters of RWEDC" },
	{ "pmin", config_parse_u32, offsetof(struct server, pmin_s), 0, UINT32_MAX, EXPECT_SECONDS(0) },
	{ "pmax", config_parse_u32, offsetof(struct server, pmax_s), 0, UINT32_MAX, EXPECT_SECONDS(0) },
	{ "retry_count", config_parse_u32, offsetof(struct server, retry_count), 1, 1000,
		"a number from 1 to 1000" },
	{ "retry_timer", config_parse_u32, offsetof(struct server, retry_timer_s), 1, UINT32_MAX,
		EXPECT_SECONDS(1) },
	{ "sequence_delay", config_parse_u32, offsetof(struct server, sequence_delay_s), 1, UINT32_MAX,
		EXPECT_SECONDS(1) },
	{ "sequence_count", config_parse_u32, offsetof(struct server, sequence_count), 1, 1000,
		"a number from 1 to 1000" },
	{ "priority", config_parse_u32, offsetof(struct server, priority), 0, UINT32_MAX - 1,
		"a number from 0 to 4294967294" },
	{ "initial_delay", config_parse_u32, offsetof(struct server, initial_delay_s), 0, UINT32_MAX,
		EXPECT_SECONDS(0) },
	{ "failure_block", config_parse_boolean, offsetof(struct server, failure_block),
		.expected = CONFIG_EXPECT_BOOLEAN },
	{ "mute_send", config_parse_boolean, offsetof(struct server, mute_send),
		.expected = CONFIG_EXPECT_BOOLEAN },
	{ "history_size", config_parse_u32, offsetof(struct server, history_size), 0, HISTORY_SIZE_MAX,
		"a number of bytes from 0 to 524288" },
	{ "history_sync", config_parse_u32, offsetof(struct server, history_sync_s), 0, UINT32_MAX,
		EXPECT_SECONDS(0) },
	{ "notification_mode", parse_mode, offsetof(struct server, notification_mode),
		.expected = "non or con" },
	{ "profile_id", config_parse_boolean, offsetof(struct server, profile_id),
		.expected = CONFIG_EXPECT_BOOLEAN },
	{ "security", parse_later },
	{ "identity", parse_identity, offsetof(struct server, identity), .max = PSK_IDENTITY_MAX,
		.expected = "at most 128 bytes long" },
	{ "key", parse_later },
	{ "key_file", parse_later },
	{ "key_credential", parse_later },
	{ "certificate_file", parse_later },
	{ "server_key_file", parse_later },
	{ "server_certificate_file", parse_later },
	{ "certificate_usage", parse_usage, offsetof(struct server, usage),
		.expected = "a number from 0 to 3, see resource 15 of object 0" },
	{ "server_name", config_parse_text, offsetof(struct server, server_name), .max = 255,
		.expected = "at most 255 bytes long" },
	{ "trust_file", config_parse_text, offsetof(struct server, trust_file), .max = 4095,
		.expected = "at most 4095 bytes long" },
};

/* A Bootstrap-Server's account has these besides. */
static const struct config_key bootstrap_keys[] = {
	{ "hold_off", config_parse_u32, offsetof(struct server, hold_off_s), 0, UINT32_MAX, EXPECT_SECONDS(0) },
	{ "account_timeout", config_parse_u32, offsetof(struct server, account_timeout_s), 0, UINT32_MAX,
		EXPECT_SECONDS(0) },
	{ "allow_nosec", config_parse_boolean, offsetof(struct server, allow_nosec),
		.expected = CONFIG_EXPECT_BOOLEAN },
	{ "allow_loopback", config_parse_boolean, offsetof(struct server, allow_loopback),
		.expected = CONFIG_EXPECT_BOOLEAN },
};

static const char *value_of(const struct ini *ini, const struct config_account *account, const char *key)
{
	const struct ini_setting *setting = ini_find(ini, account->section->name, key);

	return setting && *setting->value ? setting->value : NULL;
}

void config_complain_account(struct config_loader *loader, const struct ini *ini,
	const struct config_account *account, const char *key, const char *text)
{
	const struct ini_setting *setting = ini_find(ini, account->section->name, key);

	if (setting)
		config_complain(loader, LOG_ERR, setting->file, setting->line, "%s", text);
	else
		config_complain(loader, LOG_ERR, account->section->file, account->section->line, "[%s]: %s",
			account->section->name, text);
}

static void check_binding(struct config_loader *loader, const struct ini *ini, struct config_account *account)
{
	const char *binding = account->binding;

	if (!binding || strcmp(binding, "U") == 0)
		return;
	if (strcmp(binding, "UQ") == 0)
		account->server->queue = true;
	else
		config_complain_account(loader, ini, account, "binding",
			"binding has to be U or UQ; this version has no other");
}

/* What goes with coaps; the first is what it is when nobody says. */
static const struct {
	const char *name;
	enum security_mode mode;
} modes[] = {
	{ "psk", SECURITY_PSK },
	{ "rpk", SECURITY_RPK },
	{ "x509", SECURITY_X509 },
};

static void check_security(struct config_loader *loader, const struct ini *ini, struct config_account *account)
{
	const char *security = account->security;
	struct uri uri = { 0 };

	(void)uri_parse(account->server->uri, &uri);
	account->server->mode = uri.secure ? SECURITY_PSK : SECURITY_NOSEC;
	if (!security)
		return;
	if (strcmp(security, "oscore") == 0) {
		config_complain_account(loader, ini, account, "security", "this version does nosec, psk, rpk and x509 only");
		return;
	}
	for (size_t i = 0; i < ELEMENTSOF(modes); i++)
		if (strcmp(security, modes[i].name) == 0) {
			if (uri.secure)
				account->server->mode = modes[i].mode;
			else
				config_complain_account(loader, ini, account, "security",
					"psk, rpk and x509 need a coaps:// URI");
			return;
		}
	if (strcmp(security, "nosec") != 0)
		config_complain_account(loader, ini, account, "security", "security has to be nosec, psk, rpk or x509");
	else if (uri.secure)
		config_complain_account(loader, ini, account, "security", "security = nosec needs a coap:// URI");
}

static void check_short_id(struct config_loader *loader, const struct ini *ini, const struct config *config,
			   const struct config_account *account)
{
	const struct server *other;

	if (account->server->bootstrap)
		return;
	list_for_each(other, &config->servers.list, link)
		if (other != account->server && !other->bootstrap && other->short_id == account->server->short_id) {
			config_complain(loader, LOG_ERR, account->section->file, account->section->line,
				"[%s] has the short_id %u of [" SECTION_PREFIX "%s]", account->section->name,
				other->short_id, other->name);
			return;
		}
}

/* What the keys say together. */
static int check_account(struct config_loader *loader, const struct ini *ini, const struct config *config,
			 struct config_account *account)
{
	struct server *server = account->server;
	int r;

	if (server->bootstrap && value_of(ini, account, "short_id"))
		config_complain_account(loader, ini, account, "short_id", "a Bootstrap-Server has no short_id");
	check_short_id(loader, ini, config, account);
	if (server->pmax_s > 0 && server->pmax_s < server->pmin_s)
		config_complain_account(loader, ini, account, "pmax", "pmax is less than pmin");
	if (!server->uri) {
		if (!value_of(ini, account, "uri"))
			config_complain_account(loader, ini, account, "uri", "uri is missing");
		return 0;
	}
	check_binding(loader, ini, account);
	check_security(loader, ini, account);
	r = config_load_key(loader, ini, account);
	return r < 0 ? r : config_load_certificates(loader, ini, account);
}

static int apply_keys(struct config_loader *loader, const struct ini *ini, const struct config_account *account)
{
	struct config_key all[ELEMENTSOF(keys) + ELEMENTSOF(bootstrap_keys)];

	if (!account->server->bootstrap)
		return config_apply(loader, ini, account->section->name, keys, ELEMENTSOF(keys), account->server);
	memcpy(all, keys, sizeof(keys));
	memcpy(all + ELEMENTSOF(keys), bootstrap_keys, sizeof(bootstrap_keys));
	return config_apply(loader, ini, account->section->name, all, ELEMENTSOF(all), account->server);
}

static int load_server(struct config_loader *loader, const struct ini *ini, const struct ini_section *section,
		       struct config *config)
{
	bool bootstrap = strcmp(section->name, BOOTSTRAP) == 0;
	struct config_account account = { .section = section };
	int r = server_new(&config->servers, bootstrap ? BOOTSTRAP : section->name + strlen(SECTION_PREFIX),
		&account.server);

	if (r < 0)
		return r;
	account.server->bootstrap = bootstrap;
	account.server->short_id = bootstrap ? 0 : 1;
	r = apply_keys(loader, ini, &account);
	if (r < 0)
		return r;
	account.security = value_of(ini, &account, "security");
	account.binding = value_of(ini, &account, "binding");
	account.key = value_of(ini, &account, "key");
	account.key_file = value_of(ini, &account, "key_file");
	account.key_credential = value_of(ini, &account, "key_credential");
	account.certificate_file = value_of(ini, &account, "certificate_file");
	account.server_key_file = value_of(ini, &account, "server_key_file");
	account.server_certificate_file = value_of(ini, &account, "server_certificate_file");
	return check_account(loader, ini, config, &account);
}

int config_load_servers(struct config_loader *loader, const struct ini *ini, struct config *config)
{
	int r = 0;

	for (size_t i = 0; i < ini->n_sections && r == 0; i++) {
		const char *name = ini->sections[i].name;

		if (strcmp(name, BOOTSTRAP) == 0 ||
			(strncmp(name, SECTION_PREFIX, strlen(SECTION_PREFIX)) == 0 && name[strlen(SECTION_PREFIX)]))
			r = load_server(loader, ini, &ini->sections[i], config);
	}
	return r;
}
