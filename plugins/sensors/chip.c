/* SPDX-License-Identifier: Apache-2.0 */
#include "chip.h"

#include <errno.h>
#include <math.h>

#define FRESH_MS 500 /* several channels of one chip are one measurement */
#define PAUSE_MS 200 /* between two questions whether there is a measurement */

static void run(struct chip_machine *machine);

uint8_t chip_crc(const uint8_t *data, size_t size)
{
	uint8_t crc = 0xff;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 0x80 ? crc << 1 ^ 0x31 : crc << 1);
	}
	return crc;
}

int chip_words(const struct chip *chip, const uint8_t *bytes, size_t n, uint16_t words[CHIP_WORDS])
{
	size_t size = chip->crc ? 3 : 2;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *word = bytes + i * size;

		if (chip->crc && chip_crc(word, 2) != word[2])
			return -EBADMSG;
		words[i] = (uint16_t)(word[0] << 8 | word[1]);
	}
	return 0;
}

double chip_value(const struct chip_channel *channel, const uint16_t words[CHIP_WORDS])
{
	uint16_t word = words[channel->word];
	double raw = channel->is_signed ? (int16_t)word : word;

	return fmin(fmax(raw * channel->times / channel->per + channel->offset, channel->min), channel->max);
}

static const struct chip_command *command_of(const struct chip_machine *machine)
{
	switch (machine->stage) {
	case CHIP_BEGINS:
		return &machine->chip->begin[machine->step];
	case CHIP_ASKS:
		return &machine->chip->ready;
	default:
		return &machine->chip->measure;
	}
}

/* After an error nothing is known of the chip: it is begun anew. */
static void finish(struct chip_machine *machine, int error)
{
	machine->stage = CHIP_IDLE;
	if (error < 0)
		machine->on = machine->has_words = false;
	machine->io->done(machine->userdata, error);
}

static void wait(struct chip_machine *machine, uint32_t ms)
{
	int r = machine->io->wait(machine->userdata, ms);

	if (r < 0)
		finish(machine, r);
}

static int send_command(struct chip_machine *machine, const struct chip_command *command)
{
	uint8_t bytes[CHIP_COMMAND + 3];
	size_t n = command->len;
	double argument;
	int r;

	for (size_t i = 0; i < n; i++)
		bytes[i] = command->bytes[i];
	if (command->argument != CHIP_NO_ARGUMENT) {
		argument = round(machine->arguments[command->argument] *
				 machine->chip->argument_times[command->argument]);
		bytes[n] = (uint8_t)((uint16_t)argument >> 8);
		bytes[n + 1] = (uint8_t)(uint16_t)argument;
		bytes[n + 2] = chip_crc(bytes + n, 2);
		n += 3;
	}
	r = machine->io->transfer(machine->userdata, bytes, n, NULL, 0);
	return command->lenient ? 0 : r;
}

static int receive(struct chip_machine *machine, size_t n, uint16_t words[CHIP_WORDS])
{
	uint8_t bytes[CHIP_WORDS * 3];
	int r = machine->io->transfer(machine->userdata, NULL, 0, bytes, n * (machine->chip->crc ? 3 : 2));

	return r < 0 ? r : chip_words(machine->chip, bytes, n, words);
}

static int64_t now(const struct chip_machine *machine)
{
	return machine->io->now_ms(machine->userdata);
}

/* What was measured last holds until the next one should be there; that is waited for, as clocks differ. */
static void take_not_ready(struct chip_machine *machine)
{
	int64_t age = now(machine) - (machine->has_words ? machine->measured_ms : machine->begun_ms);
	int64_t period = machine->chip->period_ms;

	if (age > 2 * period) {
		finish(machine, -ETIMEDOUT);
	} else if (machine->has_words && age <= period) {
		finish(machine, 0);
	} else {
		machine->stage = CHIP_PAUSES;
		wait(machine, PAUSE_MS);
	}
}

static void take_measurement(struct chip_machine *machine, const uint16_t words[CHIP_WORDS])
{
	bool cold = now(machine) - machine->begun_ms < machine->chip->warm_up_ms;

	for (unsigned int i = 0; i < CHIP_WORDS; i++)
		machine->words[i] = words[i];
	machine->has_words = !cold;
	machine->measured_ms = now(machine);
	if (!cold) {
		finish(machine, 0);
		return;
	}
	machine->stage = CHIP_IDLE;
	machine->io->done(machine->userdata, -ENODATA);
}

static void measure(struct chip_machine *machine)
{
	machine->stage = machine->chip->ready.len > 0 ? CHIP_ASKS : CHIP_MEASURES;
	run(machine);
}

static void begin_next(struct chip_machine *machine)
{
	const struct chip_command *begin = machine->chip->begin;

	while (machine->step < CHIP_BEGIN && begin[machine->step].len > 0 &&
		begin[machine->step].argument != CHIP_NO_ARGUMENT &&
		isnan(machine->arguments[begin[machine->step].argument]))
		machine->step++;
	if (machine->step < CHIP_BEGIN && begin[machine->step].len > 0) {
		run(machine);
		return;
	}
	machine->on = true;
	machine->begun_ms = now(machine);
	measure(machine);
}

/* The first half of a command. */
static void run(struct chip_machine *machine)
{
	const struct chip_command *command = command_of(machine);
	int r = send_command(machine, command);

	if (r < 0)
		finish(machine, r);
	else
		wait(machine, command->delay_ms);
}

/* The second half. */
void chip_go_on(struct chip_machine *machine)
{
	uint16_t words[CHIP_WORDS] = { 0 };
	enum chip_stage stage = machine->stage;
	int r = 0;

	if (stage == CHIP_ASKS || stage == CHIP_MEASURES)
		r = receive(machine, command_of(machine)->words, words);
	if (r < 0) {
		finish(machine, r);
	} else if (stage == CHIP_BEGINS) {
		machine->step++;
		begin_next(machine);
	} else if (stage == CHIP_PAUSES) {
		measure(machine);
	} else if (stage == CHIP_ASKS && !(words[0] & machine->chip->ready_mask)) {
		take_not_ready(machine);
	} else if (stage == CHIP_ASKS) {
		machine->stage = CHIP_MEASURES;
		run(machine);
	} else if (stage == CHIP_MEASURES) {
		take_measurement(machine, words);
	}
}

int chip_want(struct chip_machine *machine)
{
	if (machine->stage != CHIP_IDLE)
		return LW_LATER;
	if (machine->has_words && machine->chip->period_ms == 0 && now(machine) - machine->measured_ms < FRESH_MS)
		return 0;
	if (machine->on) {
		measure(machine);
		return LW_LATER;
	}
	machine->has_words = false;
	machine->was_begun = true;
	machine->stage = CHIP_BEGINS;
	machine->step = 0;
	begin_next(machine);
	return LW_LATER;
}

void chip_end(struct chip_machine *machine)
{
	if (machine->stage != CHIP_IDLE || !machine->was_begun)
		return;
	machine->on = machine->was_begun = machine->has_words = false;
	if (machine->chip->end.len > 0)
		send_command(machine, &machine->chip->end);
}
