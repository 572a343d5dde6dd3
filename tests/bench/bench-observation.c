/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-observation - what a change costs, with few and with many observations present
 *
 * Prints nanoseconds each. A change finds those who watch it by binary search: 100 times as many observations
 * are some steps more, not 100 times the time. Nothing is asserted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lwm2m/observation.h"

enum { ROUNDS = 200000 };

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static struct path path_of(unsigned int i)
{
	return PATH3(3303, (uint16_t)i, 5700);
}

static const struct attributes hourly = {
	.set = 1U << ATTRIBUTE_PMAX,
	.values = { [ATTRIBUTE_PMAX] = 3600 },
};

static int fill(struct observations *observations, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct path path = path_of(i);
		struct observation *observation;
		int r = observation_add(observations, 0, 0, &path, BYTES(&i, sizeof(i)), &observation);

		if (r < 0)
			return r;
		observation_set_periods(observations, observation, &hourly);
	}
	return 0;
}

/* A change of something that is watched, until it is told. */
static double watched(struct observations *observations, unsigned int count)
{
	double start = now_ns();

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct path path = path_of(i * 7919U % count);
		struct observation *observation;

		observations_mark(observations, &path);
		observation = observations_due(observations, 1);
		observation_begin(observations, observation);
		observation_notified(observations, observation, 1);
	}
	return (now_ns() - start) / ROUNDS;
}

/* A change of something beside it that nobody watches. */
static double unwatched(struct observations *observations, unsigned int count)
{
	double start = now_ns();

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct path path = PATH3(3303, (uint16_t)(i * 7919U % count), 5701);

		observations_mark(observations, &path);
	}
	return (now_ns() - start) / ROUNDS;
}

static int measure(unsigned int count)
{
	struct observations observations = { 0 };
	double start = now_ns(), added;
	int r = fill(&observations, count);

	if (r < 0)
		return r;
	added = (now_ns() - start) / count;
	printf("%6u observations: observe %6.0f ns, change told %4.0f ns, change of nothing watched %4.0f "
	       "ns\n",
		count, added, watched(&observations, count), unwatched(&observations, count));
	observations_deinit(&observations);
	return 0;
}

int main(void)
{
	static const unsigned int counts[] = { 100, 1000, 10000 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (measure(counts[i]) < 0)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
