/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phases.h - the measurements; each adds its figures to the report
 *
 * Each is called with a registered client, and leaves one. phases.c has what needs no requests and what
 * others share, phases-read.c, phases-put.c and observe.c have one kind of request each.
 */
#pragma once

#include "client.h"
#include "options.h"
#include "report.h"
#include "requests.h"
#include "server.h"

struct bench {
	struct options options;
	struct server server;
	struct client client;
	struct report report;
	unsigned long requests, retransmissions; /* of all phases */
	unsigned long ids_used;                  /* by the client that was asked most */
};

void phase_register(struct bench *bench);
void phase_memory(struct bench *bench, const char *group);
void phase_idle(struct bench *bench);
void phase_get(struct bench *bench);
void phase_windows(struct bench *bench);
void phase_read(struct bench *bench);
void phase_discover(struct bench *bench);
void phase_put(struct bench *bench);
void phase_observe(struct bench *bench);

/* requests_run(), counted. */
struct outcome bench_run(struct bench *bench, const struct requests *requests, long n, int window);
void bench_start_client(struct bench *bench);
void bench_stop_client(struct bench *bench);

/* Sorts times in nanoseconds; p from 0 to 1 of sorted ones, in microseconds. */
void phase_sort(uint64_t *times, size_t n);
double phase_percentile(const uint64_t *sorted, size_t n, double p);
