/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootstrap.h - what the transcripts with a Bootstrap-Server share: accounts made of the draft by the real objects
 */
#pragma once

#include "objects/accounts.h"
#include "transcript.h"

static inline int read_accounts(void *userdata, struct records *ret)
{
	struct transcript *transcript = userdata;

	return accounts_read(&transcript->servers, ret);
}

static inline int check_accounts(void *userdata, const struct draft *draft, char why[ENGINE_WHY_MAX])
{
	struct transcript *transcript = userdata;
	struct server *template = transcript_server(transcript, 0);
	struct servers servers;
	int r;

	servers_init(&servers);
	r = accounts_make(draft, template, &transcript->servers, &servers, why);
	servers_deinit(&servers);
	return r;
}

static const struct engine_accounts real_accounts = {
	.find_resource = accounts_find_resource,
	.read = read_accounts,
	.check = check_accounts,
};

#define BS "@0 " /* the Bootstrap-Server's session where there is no other account */

/* From the start until the server has the word. */
#define BOOTSTRAP_ASKED(minor)                                                                   \
	{ 0, "start", "connect" },                                                               \
	{                                                                                        \
		0, "connected", "request POST /bs?ep=dev" minor "\nbootstrapping"                \
	}
#define BOOTSTRAP_OPENED BOOTSTRAP_ASKED("&pct=112"), { 0, "answer 2.04" }

/* An account as SenML JSON, as it goes to /0/1 and /1/0. */
#define ACCOUNT_SECURITY \
	"PUT /0/1 format=110 \"[{\"bn\":\"/0/1/\",\"n\":\"0\",\"vs\":\"coap://192.0.2.9\"},{\"n\":\"1\",\"vb\":false}," \
	"{\"n\":\"2\",\"v\":3},{\"n\":\"10\",\"v\":101}]\""
#define ACCOUNT_SERVER \
	"PUT /1/0 format=110 \"[{\"bn\":\"/1/0/\",\"n\":\"0\",\"v\":101},{\"n\":\"1\",\"v\":300}," \
	"{\"n\":\"6\",\"vb\":true},{\"n\":\"7\",\"vs\":\"U\"}]\""
