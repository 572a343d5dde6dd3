/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand in agent.conf and beside it, and what is said about what may not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/config.h"
#include "scratch.h"

#define AGENT "[agent]\nendpoint = gateway\n"

/* All that was said, a line each, without the directory's name. */
static char said[8192];

static void say(const char *text, size_t len)
{
	size_t before = strlen(said);

	assert_true(before + len < sizeof(said));
	memcpy(said + before, text, len);
	said[before + len] = '\0';
}

static void collect(void *userdata, int priority, const char *line)
{
	const char *directory = userdata, *next;

	assert_true(priority == LOG_ERR || priority == LOG_WARNING);
	if (priority == LOG_WARNING)
		say("warning: ", 9);
	for (; (next = strstr(line, directory)); line = next + strlen(directory) + 1)
		say(line, (size_t)(next - line));
	say(line, strlen(line));
	say("\n", 1);
}

static int load(const char *directory, struct config **ret)
{
	said[0] = '\0';
	return config_load(scratch_path(directory, "agent.conf"), "/plugins", collect, (void *)directory, ret);
}

/* Has to be fine, or nearly. */
static struct config *load_text(const char *directory, const char *text, const char *warning)
{
	struct config *config = NULL;

	scratch_write(directory, "agent.conf", text);
	assert_int_equal(load(directory, &config), 0);
	assert_string_equal(said, warning);
	assert_non_null(config);
	return config;
}

static void assert_refused(const char *directory, const char *expected)
{
	struct config *config = NULL;

	assert_int_equal(load(directory, &config), -EINVAL);
	assert_string_equal(said, expected);
	assert_null(config);
}

static const struct server *nth_server(const struct config *config, unsigned int n)
{
	const struct server *server;

	list_for_each(server, &config->servers.list, link)
		if (n-- == 0)
			return server;
	fail_msg("too few servers");
	return NULL;
}

static void test_defaults(void **state)
{
	_cleanup_(config_freep) struct config *config =
		load_text(*state, AGENT "[server.main]\nuri = coap://lwm2m.example.com\n", "");
	const struct server *server = nth_server(config, 0);

	assert_string_equal(config->endpoint, "gateway");
	assert_null(config->state_dir);
	assert_false(config->deregister_on_stop);
	assert_null(config->device.manufacturer);
	assert_true(config->monitoring && config->statistics);
	assert_int_equal(config->n_plugins, 0);
	assert_string_equal(server->name, "main");
	assert_string_equal(server->uri, "coap://lwm2m.example.com");
	assert_int_equal(server->mode, SECURITY_NOSEC);
	assert_int_equal(server->short_id, 1);
	assert_int_equal(server->lifetime_s, 86400);
	assert_int_equal(server->disable_timeout_s, 86400);
	assert_int_equal(server->retry_count, 5);
	assert_int_equal(server->retry_timer_s, 60);
	assert_int_equal(server->priority, SERVER_NO_PRIORITY);
	assert_int_equal(server->awake_s, 93);
	assert_true(server->mute_send);
	assert_int_equal(server->sequence_delay_s, 86400);
	assert_int_equal(server->sequence_count, 1);
	assert_true(server->notification_storing);
	assert_string_equal(server->binding, "U");
	assert_false(server->queue);
	assert_false(server->bootstrap);
}

static void test_every_key(void **state)
{
	_cleanup_(config_freep) struct config *config = load_text(*state,
		"[agent]\nendpoint = urn:dev:1\nstate_dir = /var/lib/x\nderegister_on_stop = yes\n"
		"[device]\nmanufacturer = ACME\nmodel_number = M1\nserial_number = \"0 1\"\ndevice_type = gateway\n"
		"hardware_version = 2b\n"
		"[connectivity]\nmonitoring = no\nstatistics = no\n"
		"[server.Main]\nuri = coaps://[2001:db8::1]:5685\nshort_id = 65534\nlifetime = 300\nbinding = U\n"
		"queue = on\nversion = 1.0\nrights = rwC\npmin = 5\npmax = 600\nretry_count = 2\nretry_timer = 9\n"
		"sequence_delay = 3\nsequence_count = 4\npriority = 0\ninitial_delay = 6\nfailure_block = yes\n"
		"mute_send = no\nnotification_mode = con\nawake_time = 8\nsecurity = psk\n"
		"identity = device-1\nkey = 00FFab\n"
		"[server.second]\nuri = coap://192.0.2.1\nshort_id = 2\nlifetime = 0\nbinding = UQ\nversion = 1.2\n"
		"security = nosec\n", "");
	const struct server *server = nth_server(config, 0);

	assert_string_equal(config->endpoint, "urn:dev:1");
	assert_string_equal(config->state_dir, "/var/lib/x");
	assert_true(config->deregister_on_stop);
	assert_string_equal(config->device.manufacturer, "ACME");
	assert_string_equal(config->device.model_number, "M1");
	assert_string_equal(config->device.serial_number, "0 1");
	assert_string_equal(config->device.device_type, "gateway");
	assert_string_equal(config->device.hardware_version, "2b");
	assert_false(config->monitoring || config->statistics);
	assert_string_equal(server->name, "main");
	assert_string_equal(server->uri, "coaps://[2001:db8::1]:5685");
	assert_int_equal(server->short_id, 65534);
	assert_int_equal(server->lifetime_s, 300);
	assert_true(server->queue);
	assert_int_equal(server->version, LWM2M_1_0);
	assert_int_equal(server->pmin_s, 5);
	assert_int_equal(server->rights, 1 | 2 | 16);
	assert_int_equal(server->pmax_s, 600);
	assert_int_equal(server->retry_count, 2);
	assert_int_equal(server->retry_timer_s, 9);
	assert_int_equal(server->sequence_delay_s, 3);
	assert_int_equal(server->sequence_count, 4);
	assert_int_equal(server->priority, 0);
	assert_int_equal(server->initial_delay_s, 6);
	assert_true(server->failure_block);
	assert_false(server->mute_send);
	assert_int_equal(server->notification_mode, SERVER_NOTIFY_CON);
	assert_int_equal(server->awake_s, 8);
	assert_int_equal(server->mode, SECURITY_PSK);
	assert_true(bytes_equal(buffer_bytes(&server->identity), BYTES_LITERAL("device-1")));
	assert_true(bytes_equal(buffer_bytes(&server->key), BYTES("\x00\xff\xab", 3)));
	server = nth_server(config, 1);
	assert_string_equal(server->name, "second");
	assert_int_equal(server->mode, SECURITY_NOSEC);
	assert_int_equal(server->lifetime_s, 0);
	assert_true(server->queue);
	assert_string_equal(server->binding, "U");
	assert_int_equal(server->version, LWM2M_1_2);
}

#define SERVER AGENT "[server.main]\n"
#define COAP   SERVER "uri = coap://x\n"
#define COAPS  SERVER "uri = coaps://x\n"
#define LONG_16 "0123456789abcdef"
#define LONG_64 LONG_16 LONG_16 LONG_16 LONG_16

static const struct {
	const char *text, *expected;
} wrong[] = {
	{ AGENT "endpint = x\n", "agent.conf:3: unknown key 'endpint' in [agent]; is it 'endpoint'?\n" },
	{ AGENT "[agnet]\n", "agent.conf:3: unknown section [agnet]; is it [agent]?\n" },
	{ AGENT "[servers.main]\n", "agent.conf:3: unknown section [servers.main]; is it [server.NAME]?\n" },
	{ AGENT "[server]\n", "agent.conf:3: unknown section [server]; is it [server.NAME]?\n" },
	{ AGENT "[server.]\n", "agent.conf:3: unknown section [server.]; is it [server.NAME]?\n" },
	{ AGENT "[devise]\n", "agent.conf:3: unknown section [devise]; is it [device]?\n" },
	{ AGENT "[bootstrap]\nuri = coap://x\nshort_id = 1\n", "agent.conf:5: a Bootstrap-Server has no short_id\n" },
	{ AGENT "[bootstrap]\nhold_off = 1\n", "agent.conf:3: [bootstrap]: uri is missing\n" },
	{ COAP "hold_off = 1\n", "agent.conf:5: unknown key 'hold_off' in [server.main]; is it 'short_id'?\n" },
	{ "[agent]\nendpoint = " LONG_64 LONG_64 LONG_64 LONG_64 "\n",
	  "agent.conf:2: endpoint has to be at most 255 bytes long, without '&'\n" },
	{ AGENT "state_dir = var\n", "agent.conf:3: state_dir has to be the path of a directory, from / on\n" },
	{ AGENT "deregister_on_stop = maybe\n", "agent.conf:3: deregister_on_stop has to be yes or no\n" },
	{ AGENT "[device]\nmanufactuer = x\n",
	  "agent.conf:4: unknown key 'manufactuer' in [device]; is it 'manufacturer'?\n" },
	{ SERVER, "agent.conf:3: [server.main]: uri is missing\n" },
	{ SERVER "uri =\n", "agent.conf:4: uri is missing\n" },
	{ SERVER "uri = http://x\n",
	  "agent.conf:4: uri has to be coap://HOST[:PORT] or coaps://HOST[:PORT]; this version has no other\n" },
	{ SERVER "uri = coap+tcp://x\n",
	  "agent.conf:4: uri has to be coap://HOST[:PORT] or coaps://HOST[:PORT]; this version has no other\n" },
	{ COAP "lifetme = 1\n", "agent.conf:5: unknown key 'lifetme' in [server.main]; is it 'lifetime'?\n" },
	{ COAP "short_id = 0\n", "agent.conf:5: short_id has to be a number from 1 to 65534\n" },
	{ COAP "short_id = 65535\n", "agent.conf:5: short_id has to be a number from 1 to 65534\n" },
	{ COAP "short_id = 1x\n", "agent.conf:5: short_id has to be a number from 1 to 65534\n" },
	{ COAP "lifetime = -1\n", "agent.conf:5: lifetime has to be a number of seconds from 0 to 4294967295\n" },
	{ COAP "lifetime = 4294967296\n",
	  "agent.conf:5: lifetime has to be a number of seconds from 0 to 4294967295\n" },
	{ COAP "lifetime = 99999999999999999999999999\n",
	  "agent.conf:5: lifetime has to be a number of seconds from 0 to 4294967295\n" },
	{ COAP "binding = T\n", "agent.conf:5: binding has to be U or UQ; this version has no other\n" },
	{ COAP "queue = 2\n", "agent.conf:5: queue has to be yes or no\n" },
	{ COAP "version = 1.3\n", "agent.conf:5: version has to be 1.0, 1.1 or 1.2\n" },
	{ COAP "rights = RX\n", "agent.conf:5: rights has to be none, or letters of RWEDC\n" },
	{ COAP "pmin = x\n", "agent.conf:5: pmin has to be a number of seconds from 0 to 4294967295\n" },
	{ COAP "pmin = 5\npmax = 4\n", "agent.conf:6: pmax is less than pmin\n" },
	{ COAP "retry_count = 0\n", "agent.conf:5: retry_count has to be a number from 1 to 1000\n" },
	{ COAP "notification_mode = maybe\n", "agent.conf:5: notification_mode has to be non or con\n" },
	{ COAP "awake_time = 0\n", "agent.conf:5: awake_time has to be a number of seconds from 1 to 4294967295\n" },
	{ COAP "retry_timer = 0\n", "agent.conf:5: retry_timer has to be a number of seconds from 1 to 4294967295\n" },
	{ COAP "security = psk\nidentity = a\nkey = 00\n", "agent.conf:5: psk, rpk and x509 need a coaps:// URI\n" },
	{ COAP "security = tls\n", "agent.conf:5: security has to be nosec, psk, rpk or x509\n" },
	{ COAPS "security = nosec\nidentity = a\nkey = 00\n",
	  "agent.conf:5: security = nosec needs a coap:// URI\n" },
	{ COAPS "security = rpk\n",
	  "agent.conf:3: [server.main]: rpk and x509 need one of key_file and key_credential\n"
	  "agent.conf:3: [server.main]: rpk needs the server's public key\n" },
	{ COAPS "security = x509\nkey = 00\n",
	  "agent.conf:3: [server.main]: rpk and x509 need one of key_file and key_credential\n"
	  "agent.conf:3: [server.main]: x509 needs a certificate of ours\n"
	  "agent.conf:3: [server.main]: x509 needs the certificate that the server is known by\n" },
	{ COAP "certificate_usage = 4\n",
	  "agent.conf:5: certificate_usage has to be a number from 0 to 3, see resource 15 of object 0\n" },
	{ COAP "security = oscore\n", "agent.conf:5: this version does nosec, psk, rpk and x509 only\n" },
	{ COAPS "key = 00\n", "agent.conf:3: [server.main]: psk needs an identity\n" },
	{ COAPS "identity = a\n", "agent.conf:3: [server.main]: psk needs one of key, key_file and key_credential\n" },
	{ COAPS "identity = a\nkey = 00\nkey_file = k\n",
	  "agent.conf:3: [server.main]: psk needs one of key, key_file and key_credential\n" },
	{ COAPS "identity = " LONG_64 LONG_64 "0\nkey = 00\n",
	  "agent.conf:5: identity has to be at most 128 bytes long\n"
	  "agent.conf:5: psk needs an identity\n" },
	{ COAPS "identity = a\nkey = 0\n",
	  "agent.conf:6: key has to be hex digits, two for each of 1 to 64 bytes\n" },
	{ COAPS "identity = a\nkey = 0g\n",
	  "agent.conf:6: key has to be hex digits, two for each of 1 to 64 bytes\n" },
	{ COAPS "identity = a\nkey = " LONG_64 LONG_64 "00\n",
	  "agent.conf:6: key has to be hex digits, two for each of 1 to 64 bytes\n" },
	{ COAPS "identity = a\nkey_credential = ../x\n",
	  "agent.conf:6: key_credential has to be the name of a credential\n" },
	{ COAPS "identity = a\nkey_credential = x\n",
	  "agent.conf:6: key_credential needs a LoadCredential= of that name in the unit, and a start by systemd\n" },
	{ COAP "[server.other]\nuri = coap://y\n", "agent.conf:5: [server.other] has the short_id 1 of [server.main]\n" },
	{ COAP "lifetime\n", "agent.conf:5: neither a [section] nor 'key = value'\n" },
	{ "endpoint = x\n", "agent.conf:1: a key before any [section]\n" },
	{ "[agent]\nendpoint = x\nendpoint = y\n", "agent.conf:3: the key is given twice, first in line 2\n" },
	/* All of them are said, in their order. */
	{ COAP "lifetme = 1\nshort_id = 0\nqueue = x\n",
	  "agent.conf:5: unknown key 'lifetme' in [server.main]; is it 'lifetime'?\n"
	  "agent.conf:6: short_id has to be a number from 1 to 65534\n"
	  "agent.conf:7: queue has to be yes or no\n" },
};

static void test_wrong(void **state)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		scratch_write(*state, "agent.conf", wrong[i].text);
		assert_refused(*state, wrong[i].expected);
	}
}

static void test_no_file(void **state)
{
	struct config *config = NULL;

	assert_int_equal(load(*state, &config), -ENOENT);
	assert_string_equal(said, "agent.conf: No such file or directory\n");
	assert_null(config);
}

static void test_drop_ins(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;

	scratch_write(*state, "agent.conf.d/20-b.conf", "[agent]\nendpoint = twenty\n[server.two]\nuri = coap://two\n"
							"short_id = 2\n");
	scratch_write(*state, "agent.conf.d/10-a.conf", "[agent]\nendpoint = ten\n[device]\nmodel_number = ten\n");
	scratch_write(*state, "agent.conf.d/30.conf.dpkg-old", "what is this\n");
	scratch_write(*state, "agent.conf.d/.40.conf", "what is this\n");
	config = load_text(*state, COAP "[device]\nmanufacturer = base\nmodel_number = base\n", "");
	assert_string_equal(config->endpoint, "twenty");
	assert_string_equal(config->device.manufacturer, "base");
	assert_string_equal(config->device.model_number, "ten");
	assert_string_equal(nth_server(config, 0)->name, "main");
	assert_string_equal(nth_server(config, 1)->name, "two");

	scratch_write(*state, "agent.conf.d/20-b.conf", "[server.main]\n\nshort_id = 0\n");
	assert_refused(*state, "agent.conf.d/20-b.conf:3: short_id has to be a number from 1 to 65534\n");
	/* An empty value takes the setting back. */
	scratch_write(*state, "agent.conf.d/20-b.conf", "[server.main]\nuri =\n");
	assert_refused(*state, "agent.conf.d/20-b.conf:2: uri is missing\n");
}

static void test_plugins(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;

	scratch_write(*state, "plugins.d/system.conf", "");
	scratch_write(*state, "plugins.d/gpio.conf", "[plugin]\nmodule = gpio-2.so\nenabled = no\nisolation = none\n"
						     "[line.1]\nName = relay\n[line.2]\nname = lamp\n");
	scratch_write(*state, "plugins.d/own.conf", "[plugin]\nmodule = /opt/own.so\nisolation = process\nmemory_mb = 16\n"
					      "first_instance = 1000\n");
	scratch_write(*state, "plugins.d/README", "no configuration\n");
	config = load_text(*state, COAP, "");
	assert_int_equal(config->n_plugins, 3);
	assert_string_equal(config->plugins[0].name, "gpio");
	assert_string_equal(config->plugins[0].module, "/plugins/gpio-2.so");
	assert_false(config->plugins[0].enabled);
	assert_true(config->plugins[0].in_process);
	assert_int_equal(config->plugins[0].n_settings, 2);
	assert_string_equal(config->plugins[0].settings[0].section, "line.1");
	assert_string_equal(config->plugins[0].settings[0].key, "name");
	assert_string_equal(config->plugins[0].settings[0].value, "relay");
	assert_string_equal(config->plugins[0].settings[1].value, "lamp");
	assert_string_equal(config->plugins[1].module, "/opt/own.so");
	assert_int_equal(config->plugins[1].memory_mb, 16);
	assert_int_equal(config->plugins[1].first_instance, 1000);
	assert_int_equal(config->plugins[2].first_instance, 0);
	assert_string_equal(config->plugins[2].module, "/plugins/system.so");
	assert_true(config->plugins[2].enabled);
	assert_false(config->plugins[2].in_process);
	assert_int_equal(config->plugins[2].n_settings, 0);
}

/* One thing wrong anywhere, and there is no configuration; what else is wrong is said with it. */
static void test_wrong_plugin(void **state)
{
	scratch_write(*state, "agent.conf", COAP);
	scratch_write(*state, "plugins.d/a.conf", "[plugin]\nmodul = x\n");
	scratch_write(*state, "plugins.d/b.conf", "[plugin]\nisolation = full\nenabled = 7\nmemory_mb = 64M\nfirst_instance = -1\n");
	scratch_write(*state, "plugins.d/c.conf", "[plugin\n");
	scratch_write(*state, "plugins.d/good.conf", "");
	_cleanup_(config_freep) struct config *config =
		load_text(*state, AGENT, "plugins.d/a.conf:2: unknown key 'modul' in [plugin]; is it 'module'?\n"
			       "plugins.d/b.conf:2: isolation has to be process or none\n"
			       "plugins.d/b.conf:3: enabled has to be yes or no\n"
			       "plugins.d/b.conf:4: memory_mb has to be a number of MiB from 4 to 65536\n"
			       "plugins.d/b.conf:5: first_instance has to be an instance id from 0 to 65534\n"
			       "plugins.d/c.conf:1: a section has no ']'\n");
	/* They are left out, and the other one is there. */
	assert_int_equal(config->n_plugins, 1);
	assert_string_equal(config->plugins[0].name, "good");
	assert_int_equal(config->n_wrong_plugins, 3);
}

static void write_key(const char *directory, const char *name, const char *text, mode_t mode)
{
	assert_int_equal(chmod(scratch_write(directory, name, text), mode), 0);
}

static void assert_key(const struct config *config)
{
	assert_true(bytes_equal(buffer_bytes(&nth_server(config, 0)->key), BYTES("\x01\x23", 2)));
}

static void test_key_file(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	char text[256];

	write_key(*state, "main.psk", " 0123\n", 0600);
	config = load_text(*state, COAPS "identity = a\nkey_file = main.psk\n", "");
	assert_key(config);
	config = config_free(config);
	snprintf(text, sizeof(text), COAPS "identity = a\nkey_file = %s/main.psk\n", (const char *)*state);
	config = load_text(*state, text, "");
	assert_key(config);
	config = config_free(config);
	/* The group may: that is how the agent reads it. */
	write_key(*state, "main.psk", "0123", 0640);
	config = load_text(*state, COAPS "identity = a\nkey_file = main.psk\n", "");
	assert_key(config);
}

static void test_key_file_for_all(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;

	write_key(*state, "main.psk", "0123\n", 0644);
	chmod(*state, 0755);
	config = load_text(*state, COAPS "identity = a\nkey_file = main.psk\n",
		"warning: agent.conf:6: everybody on this machine can read the key in main.psk: chmod o= main.psk\n");
	assert_key(config);
	config = config_free(config);
	/* Nobody gets there. */
	chmod(*state, 0750);
	config = load_text(*state, COAPS "identity = a\nkey_file = main.psk\n", "");
	assert_key(config);
}

static void test_key_for_all(void **state)
{
	static const char text[] = COAPS "identity = a\nkey = 0123\n";
	_cleanup_(config_freep) struct config *config = NULL;
	const char *file = scratch_write(*state, "agent.conf", text);

	assert_int_equal(chmod(file, 0640), 0);
	assert_int_equal(chmod(*state, 0755), 0);
	config = load_text(*state, text, "");
	config = config_free(config);
	assert_int_equal(chmod(file, 0644), 0);
	config = load_text(*state, text,
		"warning: agent.conf:6: everybody on this machine can read the key here: chmod o= agent.conf\n");
	config = config_free(config);
	/* Without a key there is nothing to hide. */
	config = load_text(*state, AGENT "[server.main]\nuri = coap://x\n", "");
	config = config_free(config);
	assert_int_equal(chmod(*state, 0750), 0);
	config = load_text(*state, text, "");
}

static void test_wrong_key_file(void **state)
{
	static char large[20000];

	scratch_write(*state, "agent.conf", COAPS "identity = a\nkey_file = main.psk\n");
	assert_refused(*state, "agent.conf:6: cannot read the key in main.psk: No such file or directory\n");
	write_key(*state, "main.psk", "not hex\n", 0600);
	assert_refused(*state, "agent.conf:6: main.psk has to hold hex digits, two for each of 1 to 64 bytes\n");
	write_key(*state, "main.psk", "", 0600);
	assert_refused(*state, "agent.conf:6: main.psk has to hold hex digits, two for each of 1 to 64 bytes\n");
	memset(large, '0', sizeof(large) - 1);
	write_key(*state, "main.psk", large, 0600);
	assert_refused(*state, "agent.conf:6: cannot read the key in main.psk: File too large\n");
	unlink(scratch_path(*state, "main.psk"));
	mkdir(scratch_path(*state, "main.psk"), 0700);
	assert_refused(*state, "agent.conf:6: cannot read the key in main.psk: Is a directory\n");
}

static void test_unreadable_key_file(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;

	if (geteuid() == 0 && seteuid(65534) < 0) {
		print_message("# cannot become another user than root, who reads everything\n");
		skip();
	}
	(void)seteuid(0);
	write_key(*state, "main.psk", "0123\n", 0000);
	chmod(*state, 0755);
	scratch_write(*state, "agent.conf", COAPS "identity = a\nkey_file = main.psk\n");
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(load(*state, &config), -EINVAL);
	assert_non_null(strstr(said, "agent.conf:6: cannot read the key in main.psk: user "));
	assert_non_null(strstr(said, " main.psk && chmod 640 main.psk\n"));
	(void)seteuid(0);
	/* And a file of the configuration itself. */
	chmod(scratch_path(*state, "agent.conf"), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_true(load(*state, &config) < 0);
	assert_non_null(strstr(said, "agent.conf: user "));
	assert_non_null(strstr(said, " agent.conf && chmod 640 agent.conf\n"));
	(void)seteuid(0);
}

static void test_key_credential(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;

	write_key(*state, "credentials/main", "0123\n", 0400);
	setenv("CREDENTIALS_DIRECTORY", scratch_path(*state, "credentials"), 1);
	config = load_text(*state, COAPS "identity = a\nkey_credential = main\n", "");
	assert_key(config);
	scratch_write(*state, "agent.conf", COAPS "identity = a\nkey_credential = other\n");
	assert_refused(*state, "agent.conf:6: cannot read the key in credentials/other: No such file or directory\n");
	unsetenv("CREDENTIALS_DIRECTORY");
	/* A look from outside. */
	said[0] = '\0';
	config = config_free(config);
	assert_int_equal(
		config_check(scratch_path(*state, "agent.conf"), "/plugins", collect, *state, &config), 0);
	assert_string_equal(
		said, "warning: agent.conf:6: the credential other is not looked at: only the service has it\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_every_key),
		TEST(test_wrong),
		TEST(test_no_file),
		TEST(test_drop_ins),
		TEST(test_plugins),
		TEST(test_wrong_plugin),
		TEST(test_key_file),
		TEST(test_key_file_for_all),
		TEST(test_key_for_all),
		TEST(test_wrong_key_file),
		TEST(test_unreadable_key_file),
		TEST(test_key_credential),
	};

	return cmocka_run_group_tests_name("io/config", tests, NULL, NULL);
}
