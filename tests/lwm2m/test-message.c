/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "lwm2m/message.h"

static int setup(void **state)
{
	struct effects *effects;

	if (effects_new(&effects) < 0)
		return -1;
	*state = effects;
	return 0;
}

static int teardown(void **state)
{
	effects_free(*state);
	return 0;
}

static void add(struct effects *effects, uint32_t id, const char *payload)
{
	struct effect *effect = effects_add(effects, EFFECT_REPLY);

	effect->id = id;
	assert_int_equal(buffer_append_text(effects_payload(effect), payload), 0);
}

static void assert_next(struct effects *effects, uint32_t id, const char *payload)
{
	const struct effect *effect;

	assert_int_equal(effects_next(effects, &effect), 1);
	assert_int_equal(effect->id, id);
	assert_true(bytes_equal(effect->message.payload, bytes_of(payload)));
}

static void first_in_first_out(void **state)
{
	struct effects *effects = *state;
	const struct effect *effect = NULL;

	assert_int_equal(effects_next(effects, &effect), 0);
	assert_null(effect);
	add(effects, 1, "one");
	add(effects, 2, "two");
	assert_next(effects, 1, "one");
	add(effects, 3, "three");
	assert_next(effects, 2, "two");
	assert_next(effects, 3, "three");
	assert_int_equal(effects_next(effects, &effect), 0);
}

static void add_persist(struct effects *effects, uint32_t id)
{
	effects_add(effects, EFFECT_PERSIST)->id = id;
}

/* What is told is kept by then: also what came up after the answer, and in the order it came up. */
static void state_is_kept_before_anything_is_told(void **state)
{
	struct effects *effects = *state;

	add(effects, 1, "answer");
	add_persist(effects, 2);
	add(effects, 3, "answer");
	add_persist(effects, 4);
	assert_next(effects, 2, "");
	add_persist(effects, 5);
	assert_next(effects, 4, "");
	assert_next(effects, 5, "");
	assert_next(effects, 1, "answer");
	assert_next(effects, 3, "answer");
}

static void begins_empty_however_it_was_used(void **state)
{
	struct effects *effects = *state;
	const struct effect *next;
	struct effect *effect = effects_add(effects, EFFECT_NOTIFY);

	effect->message.observe = 5;
	effect->message.format = 0;
	effect->message.confirmable = true;
	effect->error = -EIO;
	effects_set_token(effect, BYTES_LITERAL("\1\2"));
	effects_payload(effect)->limit = 4;
	assert_int_equal(buffer_append_text(effects_payload(effect), "four"), 0);
	assert_int_equal(buffer_append_text(effects_path(effect), "/3"), 0);
	assert_int_equal(buffer_append_text(effects_query(effect), "lt=3"), 0);
	assert_int_equal(effects_next(effects, &next), 1);
	assert_int_equal(next->message.token.len, 2);
	assert_true(bytes_equal(next->message.path, bytes_of("/3")));
	assert_true(bytes_equal(next->message.query, bytes_of("lt=3")));
	assert_int_equal(effects_next(effects, &next), 0);

	effect = effects_add(effects, EFFECT_REPLY);
	assert_int_equal(buffer_append_text(effects_payload(effect), "longer than four"), 0);
	assert_int_equal(effects_next(effects, &next), 1);
	assert_int_equal(next->type, EFFECT_REPLY);
	assert_int_equal(next->message.observe, -1);
	assert_int_equal(next->message.format, -1);
	assert_int_equal(next->message.accept, -1);
	assert_false(next->message.confirmable);
	assert_int_equal(next->error, 0);
	assert_int_equal(next->message.token.len, 0);
	assert_int_equal(next->message.path.len, 0);
	assert_int_equal(next->message.query.len, 0);
}

static void takes_back(void **state)
{
	struct effects *effects = *state;
	const struct effect *effect;

	add(effects, 1, "one");
	effects_cancel(effects, effects_add(effects, EFFECT_NOTIFY));
	add(effects, 2, "two");
	assert_next(effects, 1, "one");
	assert_next(effects, 2, "two");
	effects_cancel(effects, effects_add(effects, EFFECT_NOTIFY));
	assert_int_equal(effects_next(effects, &effect), 0);
}

/* The memory of an effect is used again, unless it was an unusually large one. */
static void reuses_memory(void **state)
{
	struct effects *effects = *state;
	const struct effect *effect;
	const uint8_t *first;

	add(effects, 1, "a payload");
	assert_int_equal(effects_next(effects, &effect), 1);
	first = effect->message.payload.data;
	for (unsigned int i = 0; i < 10; i++) {
		add(effects, 1, "another");
		assert_int_equal(effects_next(effects, &effect), 1);
		assert_ptr_equal(effect->message.payload.data, first);
	}
}

static void large_payloads_are_given_back(void **state)
{
	struct effects *effects = *state;
	const struct effect *effect;
	struct effect *added = effects_add(effects, EFFECT_REPLY);
	uint8_t *room;

	assert_int_equal(buffer_reserve(effects_payload(added), 1 << 20, &room), 0);
	effects_payload(added)->len = 1 << 20;
	assert_int_equal(effects_next(effects, &effect), 1);
	assert_int_equal(effect->message.payload.len, 1 << 20);
	added = effects_add(effects, EFFECT_REPLY);
	assert_true(effects_payload(added)->allocated <= 4096);
}

static void tokens_are_cut(void **state)
{
	struct effects *effects = *state;
	const struct effect *effect;

	effects_set_token(effects_add(effects, EFFECT_NOTIFY), BYTES_LITERAL("0123456789"));
	assert_int_equal(effects_next(effects, &effect), 1);
	assert_true(bytes_equal(effect->message.token, bytes_of("01234567")));
}

static void free_takes_what_is_left(void **state)
{
	struct effects *effects = *state;
	const struct effect *effect;

	add(effects, 1, "lent");
	add(effects, 2, "queued");
	effects_cancel(effects, effects_add(effects, EFFECT_NOTIFY));
	assert_int_equal(effects_next(effects, &effect), 1);
	assert_null(effects_free(NULL));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(first_in_first_out, setup, teardown),
	cmocka_unit_test_setup_teardown(state_is_kept_before_anything_is_told, setup, teardown),
	cmocka_unit_test_setup_teardown(begins_empty_however_it_was_used, setup, teardown),
	cmocka_unit_test_setup_teardown(takes_back, setup, teardown),
	cmocka_unit_test_setup_teardown(reuses_memory, setup, teardown),
	cmocka_unit_test_setup_teardown(large_payloads_are_given_back, setup, teardown),
	cmocka_unit_test_setup_teardown(tokens_are_cut, setup, teardown),
	cmocka_unit_test_setup_teardown(free_takes_what_is_left, setup, teardown),
};

int main(void)
{
	return cmocka_run_group_tests_name("lwm2m/message", tests, NULL, NULL);
}
