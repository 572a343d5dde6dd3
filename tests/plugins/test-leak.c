/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin for tests that takes memory until it gets none. */
#include <lwm2m/plugin.h>
#include <stdlib.h>

#define PIECE (1U << 20)

struct leak {
	int64_t pieces;
};

static int leak_all(struct lw_instance *inst, uint16_t rid, lw_request request, const char *args)
{
	struct leak *leak = inst->data;

	for (;;) {
		/* The piece that it does not get is its end. */
		memset(malloc(PIECE), 1, PIECE);
		leak->pieces++;
	}
	return 0;
}

static const struct lw_resource resources[] = {
	LW_RES_INTEGER(0, LW_R, struct leak, pieces),
	LW_RES_EXECUTE(1, leak_all),
	LW_RES_END,
};

static const struct lw_object leak = { .id = 33020, .version = "1.0", .resources = resources, LW_DATA(struct leak, 0) };

LW_PLUGIN("test-leak", &leak);
