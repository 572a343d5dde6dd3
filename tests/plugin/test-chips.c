/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/sensors/chip.c and its tables, on a bus and a clock of the test's. The real bus is in tests/lab/test_chips.py. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../plugins/sensors/chip.h"

#define NOT_YET 1000

/* The chip on the other side: what was sent last, and how it answers. */
struct bus {
	struct chip_machine machine;
	int64_t now;
	uint32_t wait;
	bool waiting, unplugged, wrong_crc, ready;
	uint8_t last[16], first; /* first: byte 0 of the last command but one */
	size_t n_last, n_sent;
	uint16_t words[CHIP_WORDS];
	int error; /* of done() */
	unsigned int ends;
};

static struct bus bus;

static void answer(uint8_t *in, size_t n)
{
	bool asks = bus.last[0] == 0xe4 && bus.last[1] == 0xb8;
	size_t size = bus.machine.chip->crc ? 3 : 2;

	for (size_t i = 0; i < n / size; i++) {
		uint16_t word = asks ? (bus.ready ? 0x8006 : 0x8000) : bus.words[i];

		in[i * size] = (uint8_t)(word >> 8);
		in[i * size + 1] = (uint8_t)word;
		if (size == 3)
			in[i * size + 2] = (uint8_t)(chip_crc(in + i * size, 2) ^ (bus.wrong_crc && !asks));
	}
	if (!asks)
		bus.ready = false;
}

static int bus_transfer(void *userdata, const uint8_t *out, size_t n_out, uint8_t *in, size_t n_in)
{
	if (bus.unplugged)
		return -EREMOTEIO;
	if (n_in > 0) {
		answer(in, n_in);
		return 0;
	}
	memcpy(bus.last, out, n_out);
	bus.n_last = n_out;
	bus.n_sent++;
	return 0;
}

static int bus_wait(void *userdata, uint32_t ms)
{
	bus.wait = ms;
	bus.waiting = true;
	return 0;
}

static int64_t bus_now(void *userdata)
{
	return bus.now;
}

static void bus_done(void *userdata, int error)
{
	bus.error = error;
	bus.ends++;
}

static const struct chip_io io = { bus_transfer, bus_wait, bus_now, bus_done };

static void use(const char *name)
{
	const struct chip *chip = chips;

	while (chip->name && strcmp(chip->name, name) != 0)
		chip++;
	assert_non_null(chip->name);
	bus = (struct bus){ .machine = { .chip = chip, .io = &io }, .now = 1000000 };
	for (size_t i = 0; i < CHIP_ARGUMENTS; i++)
		bus.machine.arguments[i] = NAN;
}

static void pass_one(void)
{
	bus.waiting = false;
	bus.now += bus.wait;
	chip_go_on(&bus.machine);
}

/* How a measurement ends; NOT_YET: it waits for the chip. */
static int want(void)
{
	bus.error = NOT_YET;
	if (chip_want(&bus.machine) == 0)
		return 0;
	for (unsigned int i = 0; i < 12 && bus.error == NOT_YET && bus.waiting; i++)
		pass_one();
	return bus.error;
}

static double value(size_t i)
{
	return chip_value(&bus.machine.chip->channels[i], bus.machine.words);
}

/* The data sheets' example: 0xbeef has the CRC 0x92. */
static void test_crc(void **state)
{
	assert_int_equal(chip_crc((const uint8_t[]){ 0xbe, 0xef }, 2), 0x92);
	assert_int_equal(chip_crc((const uint8_t[]){ 0x00, 0x00 }, 2), 0x81);
	assert_int_equal(chip_crc((const uint8_t[]){ 0x80, 0x00 }, 2), 0xa2);
	assert_int_equal(chip_crc((const uint8_t[]){ 0x66, 0x66 }, 2), 0x93);
}

/* SCD4x data sheet, read_measurement: 500 ppm, 25 Cel, 37 %RH. */
static void test_scd41_vector(void **state)
{
	const uint8_t bytes[] = { 0x01, 0xf4, 0x33, 0x66, 0x67, 0xa2, 0x5e, 0xb9, 0x3c };

	use("scd41");
	assert_int_equal(chip_words(bus.machine.chip, bytes, 3, bus.machine.words), 0);
	assert_float_equal(value(0), 500, 0);
	assert_float_equal(value(1), 25, 0.01);
	assert_float_equal(value(2), 37, 0.01);
}

static void test_single_shot(void **state)
{
	use("sht41");
	bus.words[0] = 0x6667;
	bus.words[1] = 0x8000;
	assert_int_equal(want(), 0);
	assert_int_equal(bus.n_last, 1);
	assert_int_equal(bus.last[0], 0xfd);
	assert_float_equal(value(0), 25, 0.01);
	assert_float_equal(value(1), 56.5, 0.01);
	/* The other channel is of the same measurement; later it is a new one. */
	assert_int_equal(want(), 0);
	assert_int_equal(bus.n_sent, 1);
	bus.now += 1000;
	bus.words[1] = 0;
	assert_int_equal(want(), 0);
	assert_int_equal(bus.n_sent, 2);
	assert_float_equal(value(1), 0, 0);
}

/* One measurement of each kind of chip: what is sent last, how long it may take, and what the words mean. */
static void test_figures(void **state)
{
	static const struct {
		const char *chip;
		uint8_t command[CHIP_COMMAND];
		size_t len;
		uint32_t at_least_ms;
		uint16_t words[2];
		double values[2];
	} rows[] = {
		{ "sht30", { 0x24, 0x00 }, 2, 15, { 0x6666, 0x8000 }, { 25, 50 } },
		{ "sht35", { 0x24, 0x00 }, 2, 15, { 0xffff, 0xffff }, { 125, 100 } },
		{ "sht40", { 0xfd }, 1, 9, { 0x0000, 0xffff }, { -40, 100 } },
		{ "sht45", { 0xfd }, 1, 9, { 0x6666, 0x8000 }, { 25, 56.5 } },
		{ "hdc1080", { 0x00 }, 1, 13, { 0x8000, 0x4000 }, { 42.5, 25 } },
		{ "bh1750", { 0x20 }, 1, 180, { 120 }, { 100 } },
		{ "bh1750", { 0x20 }, 1, 180, { 0xffff }, { 54612.5 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		use(rows[i].chip);
		memcpy(bus.words, rows[i].words, sizeof(rows[i].words));
		assert_int_equal(want(), 0);
		assert_int_equal(bus.n_last, rows[i].len);
		assert_memory_equal(bus.last, rows[i].command, rows[i].len);
		assert_true(bus.wait >= rows[i].at_least_ms);
		for (size_t k = 0; k < 2 && bus.machine.chip->channels[k].name; k++)
			assert_float_equal(value(k), rows[i].values[k], 0.01);
	}
}

/* SGP40: the raw signal with what it is compensated for, 50 %RH and 25 Cel, each with its CRC. */
static void test_sgp40_command(void **state)
{
	static const uint8_t command[] = { 0x26, 0x0f, 0x80, 0x00, 0xa2, 0x66, 0x66, 0x93 };

	use("sgp40");
	assert_memory_equal(bus.machine.chip->measure.bytes, command, sizeof(command));
	assert_int_equal(bus.machine.chip->measure.len, sizeof(command));
	assert_true(bus.machine.chip->measure.delay_ms >= 30);
}

static void test_plain_words(void **state)
{
	use("bh1750");
	bus.words[0] = 120;
	assert_int_equal(want(), 0);
	assert_float_equal(value(0), 100, 1e-9);
}

static void test_errors(void **state)
{
	use("sht40");
	assert_int_equal(want(), 0);
	bus.now += 1000;
	bus.wrong_crc = true;
	assert_int_equal(want(), -EBADMSG);
	assert_false(bus.machine.has_words);
	bus.wrong_crc = false;
	bus.unplugged = true;
	assert_int_equal(want(), -EREMOTEIO);
	assert_false(bus.machine.has_words);
	bus.unplugged = false;
	assert_int_equal(want(), 0);
}

static void test_periodic(void **state)
{
	use("scd41");
	bus.words[0] = 500;
	assert_int_equal(want(), NOT_YET);
	assert_int_equal(chip_want(&bus.machine), LW_LATER);
	bus.ready = true;
	while (bus.error == NOT_YET)
		pass_one();
	assert_int_equal(bus.error, 0);
	assert_float_equal(value(0), 500, 0);
	/* The next one is not there yet: the last one holds until it should be. */
	bus.now += 4000;
	assert_int_equal(want(), 0);
	bus.now += 2000;
	assert_int_equal(want(), NOT_YET);
	bus.words[0] = 600;
	bus.ready = true;
	while (bus.error == NOT_YET)
		pass_one();
	assert_int_equal(bus.error, 0);
	assert_float_equal(value(0), 600, 0);
	/* It does not come. */
	bus.now += 11000;
	assert_int_equal(want(), -ETIMEDOUT);
	/* It lost power, say: it is begun anew. */
	bus.n_sent = 0;
	bus.ready = true;
	assert_int_equal(want(), 0);
	assert_int_equal(bus.n_sent, 4);
}

/* Unplugged is known at once, though the last value is young. */
static void test_unplugged(void **state)
{
	use("scd41");
	bus.ready = true;
	assert_int_equal(want(), 0);
	bus.now += 1000;
	bus.unplugged = true;
	assert_int_equal(want(), -EREMOTEIO);
	assert_false(bus.machine.has_words);
	bus.unplugged = false;
	bus.ready = true;
	assert_int_equal(want(), 0);
}

static void test_end(void **state)
{
	use("scd41");
	bus.ready = true;
	assert_int_equal(want(), 0);
	chip_end(&bus.machine);
	assert_int_equal(bus.last[0], 0x3f);
	bus.n_sent = 0;
	chip_end(&bus.machine);
	assert_int_equal(bus.n_sent, 0);
	assert_false(bus.machine.has_words);
}

/* After an error it may be measuring: it is stopped all the same. */
static void test_end_after_error(void **state)
{
	use("scd41");
	bus.ready = bus.wrong_crc = true;
	assert_int_equal(want(), -EBADMSG);
	chip_end(&bus.machine);
	assert_int_equal(bus.last[0], 0x3f);
}

/* Stop, then the altitude with its CRC. */
static void test_argument(void **state)
{
	use("scd41");
	bus.machine.arguments[CHIP_ALTITUDE] = 1950;
	assert_int_equal(chip_want(&bus.machine), LW_LATER);
	pass_one();
	assert_int_equal(bus.n_last, 5);
	assert_memory_equal(bus.last, ((uint8_t[]){ 0x24, 0x27, 0x07, 0x9e, 0x09 }), 5);
}

static void test_warm_up(void **state)
{
	use("sgp40");
	bus.words[0] = 30000;
	assert_int_equal(want(), -ENODATA);
	bus.now += 5000;
	assert_int_equal(want(), -ENODATA);
	bus.now += 5000;
	assert_int_equal(want(), 0);
	assert_float_equal(value(0), 30000, 0);
	bus.now += 1000;
	bus.unplugged = true;
	assert_int_equal(want(), -EREMOTEIO);
	bus.unplugged = false;
	assert_int_equal(want(), -ENODATA);
}

/* Words and commands fit, what divides is not 0. */
static void test_tables(void **state)
{
	for (const struct chip *chip = chips; chip->name; chip++) {
		assert_in_range(chip->address, 0x08, 0x77);
		assert_true(chip->measure.len > 0 && chip->measure.words > 0 && chip->measure.words <= CHIP_WORDS);
		assert_true(!chip->ready.len == !chip->period_ms && !chip->ready.len == !chip->ready_mask);
		assert_non_null(chip->channels[0].name);
		for (size_t i = 0; i < CHIP_CHANNELS && chip->channels[i].name; i++) {
			assert_true(chip->channels[i].word < chip->measure.words);
			assert_true(chip->channels[i].per != 0 && chip->channels[i].min < chip->channels[i].max);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_scd41_vector),
		cmocka_unit_test(test_single_shot),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_sgp40_command),
		cmocka_unit_test(test_plain_words),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_periodic),
		cmocka_unit_test(test_unplugged),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_end_after_error),
		cmocka_unit_test(test_argument),
		cmocka_unit_test(test_warm_up),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
