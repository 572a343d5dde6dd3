/* SPDX-License-Identifier: Apache-2.0 */
#include "repeats.h"

#define EXCHANGE_LIFETIME (247 * USEC_PER_SEC) /* RFC 7252, 4.8.2 */

bool repeats_find(struct repeats *repeats, usec_t now, const void *session, const struct packet *request,
	struct packet *answer)
{
	for (size_t i = 0; i < REPEATS_MAX; i++) {
		const struct repeat *entry = &repeats->entries[i];

		if (entry->session != session || entry->mid != request->mid || now >= entry->expires ||
			!packet_token_equal(&entry->token, &request->token))
			continue;
		answer->code = entry->code;
		answer->block1 = entry->block1;
		answer->path = BYTES(entry->location, entry->location_len);
		return true;
	}
	return false;
}

void repeats_add(struct repeats *repeats, usec_t now, const void *session, const struct packet *request,
	const struct packet *answer)
{
	struct repeat *entry = &repeats->entries[repeats->next];

	if (answer->payload.len > 0 || answer->path.len > REPEATS_LOCATION_MAX)
		return;
	*entry = (struct repeat){
		.session = session,
		.mid = request->mid,
		.token = request->token,
		.expires = usec_add(now, EXCHANGE_LIFETIME),
		.code = answer->code,
		.block1 = answer->block1,
		.location_len = answer->path.len,
	};
	if (answer->path.len > 0)
		memcpy(entry->location, answer->path.data, answer->path.len);
	repeats->next = (repeats->next + 1) % REPEATS_MAX;
}

void repeats_forget(struct repeats *repeats, const void *session)
{
	for (size_t i = 0; i < REPEATS_MAX; i++)
		if (repeats->entries[i].session == session)
			repeats->entries[i].session = NULL;
}
