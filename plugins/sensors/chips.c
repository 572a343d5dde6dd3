/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chips: commands, times and conversions as their data sheets have them. Each was compared with the driver that Linux
 * has, which the comments name.
 */
#include "chip.h"

/* words * times / per + offset */
#define CHANNEL(_name, _quantity, _word, _times, _per, _offset, _min, _max)                                 \
	{ .name = (_name), .quantity = (_quantity), .word = (_word), .times = (_times), .per = (_per),      \
		.offset = (_offset), .min = (_min), .max = (_max) }
#define COMMAND(_words, _delay_ms, ...)                                                                     \
	{ .bytes = { __VA_ARGS__ }, .len = sizeof((uint8_t[]){ __VA_ARGS__ }), .words = (_words),           \
		.delay_ms = (_delay_ms) }
#define LENIENT(_delay_ms, ...)                                                                             \
	{ .bytes = { __VA_ARGS__ }, .len = sizeof((uint8_t[]){ __VA_ARGS__ }), .delay_ms = (_delay_ms),     \
		.lenient = true }
#define SETTING(_argument, _delay_ms, ...)                                                                  \
	{ .bytes = { __VA_ARGS__ }, .len = sizeof((uint8_t[]){ __VA_ARGS__ }), .delay_ms = (_delay_ms),     \
		.argument = (_argument) }

/*
 * Sensirion SCD4x; drivers/iio/chemical/scd4x.c. Measures every 5 s by itself. One that does so already refuses to begin:
 * it is stopped first, which takes 500 ms.
 */
#define SCD4X(_name, _max)                                                                                  \
	{ .name = (_name), .address = 0x62, .crc = true, .period_ms = 5000,                                 \
		.begin = { LENIENT(500, 0x3f, 0x86), SETTING(CHIP_ALTITUDE, 1, 0x24, 0x27),                 \
			SETTING(CHIP_TEMPERATURE_OFFSET, 1, 0x24, 0x1d), COMMAND(0, 1, 0x21, 0xb1) },       \
		.ready = COMMAND(1, 1, 0xe4, 0xb8), .ready_mask = 0x07ff,                                   \
		.measure = COMMAND(3, 1, 0xec, 0x05), .end = COMMAND(0, 500, 0x3f, 0x86),                   \
		.argument_times = { [CHIP_ALTITUDE] = 1, [CHIP_TEMPERATURE_OFFSET] = 65535.0 / 175 },       \
		.channels = { CHANNEL("co2", SENSOR_GAS, 0, 1, 1, 0, 0, _max),                              \
			CHANNEL("temp", SENSOR_TEMPERATURE, 1, 175, 65535, -45, -10, 60),                   \
			CHANNEL("humidity", SENSOR_HUMIDITY, 2, 100, 65535, 0, 0, 100) } }

/* Sensirion SHT4x, high precision: 8.3 ms at most; drivers/hwmon/sht4x.c. */
#define SHT4X(_name)                                                                                        \
	{ .name = (_name), .address = 0x44, .crc = true, .measure = COMMAND(2, 10, 0xfd),                   \
		.channels = { CHANNEL("temp", SENSOR_TEMPERATURE, 0, 175, 65535, -45, -40, 125),            \
			CHANNEL("humidity", SENSOR_HUMIDITY, 1, 125, 65535, -6, 0, 100) } }

/* Sensirion SHT3x-DIS, one shot of high repeatability: 15 ms at most; drivers/hwmon/sht3x.c. */
#define SHT3X(_name)                                                                                        \
	{ .name = (_name), .address = 0x44, .crc = true, .measure = COMMAND(2, 16, 0x24, 0x00),             \
		.channels = { CHANNEL("temp", SENSOR_TEMPERATURE, 0, 175, 65535, -45, -40, 125),            \
			CHANNEL("humidity", SENSOR_HUMIDITY, 1, 100, 65535, 0, 0, 100) } }

const struct chip chips[] = {
	SCD4X("scd40", 40000),
	SCD4X("scd41", 40000),
	SHT4X("sht40"),
	SHT4X("sht41"),
	SHT4X("sht45"),
	SHT3X("sht30"),
	SHT3X("sht31"),
	SHT3X("sht35"),
	/*
	 * Sensirion SGP40, the raw signal: 30 ms at most, and the heater off; drivers/iio/chemical/sgp40.c. Ticks,
	 * compensated for 50 %RH, 0x8000, and 25 Cel, 0x6666. The VOC index is made of them by Sensirion's library.
	 */
	{ .name = "sgp40", .address = 0x59, .crc = true, .warm_up_ms = 10000,
		.measure = COMMAND(1, 30, 0x26, 0x0f, 0x80, 0x00, 0xa2, 0x66, 0x66, 0x93),
		.end = COMMAND(0, 1, 0x36, 0x15),
		.channels = { CHANNEL("voc-raw", SENSOR_INDEX, 0, 1, 1, 0, 0, 65535) } },
	/*
	 * TI HDC1080: bit 12 of register 2 has temperature, 6.35 ms, and humidity, 6.5 ms, measured one after the
	 * other with 14 bits; drivers/iio/humidity/hdc100x.c.
	 */
	{ .name = "hdc1080", .address = 0x40, .begin = { COMMAND(0, 1, 0x02, 0x10, 0x00) },
		.measure = COMMAND(2, 20, 0x00),
		.channels = { CHANNEL("temp", SENSOR_TEMPERATURE, 0, 165, 65536, -40, -40, 125),
			CHANNEL("humidity", SENSOR_HUMIDITY, 1, 100, 65536, 0, 0, 100) } },
	/* ROHM BH1750FVI, one measurement of 1 lx: 180 ms at most, then it is off; drivers/iio/light/bh1750.c. */
	{ .name = "bh1750", .address = 0x23, .measure = COMMAND(1, 180, 0x20),
		.channels = { CHANNEL("illuminance", SENSOR_ILLUMINANCE, 0, 1, 1.2, 0, 0, 54612.5) } },
	{ .name = NULL },
};
