/* SPDX-License-Identifier: Apache-2.0 */
#include "lwm2m/message.h"

#include <stdlib.h>

#include "base/list.h"

/* Memory of a payload that is worth keeping for the next effect. */
#define KEEP_MAX 4096

/* Effects the engine holds; those that were lent or taken back wait in spare with their memory. */
struct entry {
	struct effect effect; /* first: what callers hold is &entry->effect */
	struct list link;
	struct buffer path, query, payload;
	uint8_t token[COAP_TOKEN_MAX];
	size_t token_len;
};

struct effects {
	struct list queue, spare;
	struct entry *lent; /* the one that effects_next() gave last */
};

int effects_new(struct effects **ret)
{
	struct effects *effects = calloc(1, sizeof(*effects));

	if (!effects)
		return -ENOMEM;
	list_init(&effects->queue);
	list_init(&effects->spare);
	*ret = effects;
	return 0;
}

static void entry_free(struct entry *entry)
{
	buffer_deinit(&entry->path);
	buffer_deinit(&entry->query);
	buffer_deinit(&entry->payload);
	free(entry);
}

static void free_all(struct list *list)
{
	struct entry *entry, *safe;

	list_for_each_safe(entry, safe, list, link)
		entry_free(entry);
}

struct effects *effects_free(struct effects *effects)
{
	if (!effects)
		return NULL;
	if (effects->lent)
		entry_free(effects->lent);
	free_all(&effects->queue);
	free_all(&effects->spare);
	free(effects);
	return NULL;
}

static void reuse_buffer(struct buffer *buffer)
{
	if (buffer->allocated > KEEP_MAX)
		buffer_deinit(buffer);
	buffer_clear(buffer);
	buffer->limit = 0;
}

static void put_away(struct effects *effects, struct entry *entry)
{
	reuse_buffer(&entry->path);
	reuse_buffer(&entry->query);
	reuse_buffer(&entry->payload);
	entry->token_len = 0;
	list_append(&effects->spare, &entry->link);
}

static void take_back_lent(struct effects *effects)
{
	if (effects->lent)
		put_away(effects, effects->lent);
	effects->lent = NULL;
}

/* The first one that keeps nothing, or the end. */
static struct list *after_persists(struct effects *effects)
{
	struct entry *entry;

	list_for_each(entry, &effects->queue, link)
		if (entry->effect.type != EFFECT_PERSIST)
			return &entry->link;
	return &effects->queue;
}

struct effect *effects_add(struct effects *effects, enum effect_type type)
{
	struct entry *entry;

	take_back_lent(effects);
	entry = list_first_entry(&effects->spare, struct entry, link);
	if (entry)
		list_remove(&entry->link);
	else
		entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->effect = (struct effect){
		.type = type,
		.message = { .accept = -1, .format = -1, .observe = -1 },
	};
	list_append(type == EFFECT_PERSIST ? after_persists(effects) : &effects->queue, &entry->link);
	return &entry->effect;
}

static struct entry *entry_of(struct effect *effect)
{
	return container_of(effect, struct entry, effect);
}

struct buffer *effects_payload(struct effect *effect)
{
	return &entry_of(effect)->payload;
}

struct buffer *effects_path(struct effect *effect)
{
	return &entry_of(effect)->path;
}

struct buffer *effects_query(struct effect *effect)
{
	return &entry_of(effect)->query;
}

void effects_set_token(struct effect *effect, struct bytes token)
{
	struct entry *entry = entry_of(effect);

	entry->token_len = token.len < COAP_TOKEN_MAX ? token.len : COAP_TOKEN_MAX;
	if (entry->token_len > 0)
		memcpy(entry->token, token.data, entry->token_len);
}

void effects_cancel(struct effects *effects, struct effect *effect)
{
	struct entry *entry = entry_of(effect);

	list_remove(&entry->link);
	put_away(effects, entry);
}

int effects_next(struct effects *effects, const struct effect **ret)
{
	struct entry *entry;
	struct message *message;

	take_back_lent(effects);
	entry = list_first_entry(&effects->queue, struct entry, link);
	if (!entry)
		return 0;
	list_remove(&entry->link);
	effects->lent = entry;
	message = &entry->effect.message;
	message->path = buffer_bytes(&entry->path);
	message->query = buffer_bytes(&entry->query);
	message->payload = buffer_bytes(&entry->payload);
	message->token = BYTES(entry->token, entry->token_len);
	*ret = &entry->effect;
	return 1;
}
