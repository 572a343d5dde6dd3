/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chip.h - chips on an I2C bus that have no driver: what one is, in a table, and how a measurement goes
 *
 * A chip is commands, the time each takes, and what the words of its answer mean: chips.c has the tables. The machine
 * below goes through them one transfer at a time. It has no bus and no clock of its own: struct chip_io is what it needs,
 * i2c.c has the real one and the tests one of their own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor.h"

#define CHIP_WORDS    4
#define CHIP_CHANNELS 3
#define CHIP_BEGIN    4
#define CHIP_COMMAND  8

/* A setting that goes along with a command, as a word with its CRC. NAN: the command is left out. */
enum chip_argument { CHIP_NO_ARGUMENT, CHIP_ALTITUDE, CHIP_TEMPERATURE_OFFSET, CHIP_ARGUMENTS };

/* One command: bytes are sent, delay_ms is waited, and then words are read. len 0: there is no such command. */
struct chip_command {
	uint8_t bytes[CHIP_COMMAND];
	uint8_t len, words;
	uint32_t delay_ms;
	bool lenient; /* a chip that refuses it is no error */
	enum chip_argument argument;
};

/* One value: words[word] * times / per + offset. */
struct chip_channel {
	const char *name;
	enum sensor_quantity quantity;
	uint8_t word;
	bool is_signed;
	double times, per, offset;
	double min, max; /* what comes out is cut to these, and shown as the range */
};

struct chip {
	const char *name;
	uint8_t address;
	bool crc;                               /* a CRC-8 follows each word */
	struct chip_command begin[CHIP_BEGIN];  /* before the first measurement, and after an error */
	struct chip_command ready;              /* answers one word: is there a new measurement? */
	uint16_t ready_mask;                    /* one of these bits is set then */
	struct chip_command measure;            /* answers the words */
	struct chip_command end;                /* when nobody has wanted to know for a while */
	uint32_t period_ms;                     /* it measures by itself, so often; 0: when it is told to */
	uint32_t warm_up_ms;                    /* after begin; what it measures before is no value */
	double argument_times[CHIP_ARGUMENTS];  /* makes the word of a setting; 0: the chip has no such setting */
	struct chip_channel channels[CHIP_CHANNELS];
};

/* Ends with one that has no name. */
extern const struct chip chips[];

/* Polynomial 0x31, first value 0xff. */
uint8_t chip_crc(const uint8_t *data, size_t size);

/* From the bytes that a chip answered; -EBADMSG: a CRC is wrong. */
int chip_words(const struct chip *chip, const uint8_t *bytes, size_t n, uint16_t words[CHIP_WORDS]);
double chip_value(const struct chip_channel *channel, const uint16_t words[CHIP_WORDS]);

struct chip_io {
	/* Sends or receives; one of both sizes is 0. -errno. */
	int (*transfer)(void *userdata, const uint8_t *out, size_t n_out, uint8_t *in, size_t n_in);
	/* chip_go_on() follows when this time is over. -errno. */
	int (*wait)(void *userdata, uint32_t ms);
	int64_t (*now_ms)(void *userdata);
	/* A measurement that chip_want() began has ended; error is 0 or -errno. */
	void (*done)(void *userdata, int error);
};

enum chip_stage { CHIP_IDLE, CHIP_BEGINS, CHIP_ASKS, CHIP_MEASURES, CHIP_PAUSES };

struct chip_machine {
	const struct chip *chip;
	const struct chip_io *io;
	void *userdata;
	double arguments[CHIP_ARGUMENTS]; /* NAN: not set */
	enum chip_stage stage;
	unsigned int step;   /* of begin */
	bool on;             /* it was begun, and no error since */
	bool was_begun;      /* since chip_end(): it may be measuring */
	bool has_words;      /* since it was begun, and no error since */
	uint16_t words[CHIP_WORDS];
	int64_t begun_ms, measured_ms;
};

/* Brings words up to date. 0: they are; LW_LATER: done() follows, unless it was called before this returned. */
int chip_want(struct chip_machine *machine);
void chip_go_on(struct chip_machine *machine);

/* Nobody wants to know any more. A measurement that runs stays. */
void chip_end(struct chip_machine *machine);
