/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redact.h - a configuration file without its secrets
 *
 * Works by a list of what is harmless: the value of any other key is left out, and so is all that is no key,
 * no section and no empty line; comments, too, for a key that was tried before is often in one. So a secret
 * under a misspelled key stays here. Values of [agent], [device], [connectivity], [metrics], [server.NAME],
 * [bootstrap] and [plugin] have a list; of the sections that are a plugin's own, keys are shown and values
 * are not. The identity of a pre-shared key is left out: it is sent in the clear by DTLS 1.2, but some sites
 * make it of a secret.
 */
#pragma once

#include <stdio.h>

void redact_file(FILE *from, FILE *to);
