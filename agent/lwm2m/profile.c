/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/profile.h"

#include <errno.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "base/cleanup.h"
#include "lwm2m/discover.h"

/* RFC 6920, 9.4: sha-256, sha-256-128, -120, -96, -64, -32. */
static const uint8_t lengths[] = { [1] = 32, 16, 15, 12, 8, 4 };

static int sha256(struct bytes data, uint8_t ret[PROFILE_DIGEST_SIZE])
{
	wc_Sha256 state;
	int r = wc_InitSha256(&state);

	if (r == 0)
		r = wc_Sha256Update(&state, data.data, (word32)data.len);
	if (r == 0)
		r = wc_Sha256Final(&state, ret);
	wc_Sha256Free(&state);
	return r == 0 ? 0 : -ENOMEM;
}

int profile_digest(const struct registry *registry, uint8_t ret[PROFILE_DIGEST_SIZE])
{
	_cleanup_(buffer_deinit) struct buffer list = { 0 };
	int r = discover_profile(registry, &list);

	return r < 0 ? r : sha256(buffer_bytes(&list), ret);
}

int profile_append(const uint8_t digest[PROFILE_DIGEST_SIZE], unsigned int suite, struct buffer *ret)
{
	int r;

	if (suite < PROFILE_SUITE_MIN || suite > PROFILE_SUITE_MAX)
		suite = PROFILE_SUITE_MAX;
	r = buffer_printf(ret, "%u:", suite);
	for (size_t i = 0; i < lengths[suite] && r >= 0; i++)
		r = buffer_printf(ret, "%02x", digest[i]);
	return r;
}
