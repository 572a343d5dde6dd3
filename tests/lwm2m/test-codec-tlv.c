/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of OMA LwM2M Core 7.4.3; where the lengths printed there are wrong, ours are right. */
#include "vectors.h"

#include <math.h>

#define DEVICE                                                                       \
	"C8 00 14 4F 70 65 6E 20 4D 6F 62 69 6C 65 20 41 6C 6C 69 61 6E 63 65"       \
	"C8 01 16 4C 69 67 68 74 77 65 69 67 68 74 20 4D 32 4D 20 43 6C 69 65 6E 74" \
	"C8 02 09 33 34 35 30 30 30 31 32 33"                                        \
	"C3 03 31 2E 30"                                                             \
	"86 06 41 00 01 41 01 05"                                                    \
	"88 07 08 42 00 0E D8 42 01 13 88"                                           \
	"87 08 41 00 7D 42 01 03 84"                                                 \
	"C1 09 64"                                                                   \
	"C1 0A 0F"                                                                   \
	"83 0B 41 00 00"                                                             \
	"C4 0D 51 82 42 8F"                                                          \
	"C6 0E 2B 30 32 3A 30 30"                                                    \
	"C1 10 55"

static void test_examples(void **state)
{
	const struct vector vectors[] = {
		{ "Device", PATH2(3, 0), hex(DEVICE), VECTORS_DEVICE },
		{ "Device as an object of one instance", PATH1(3), hex("08 00 79" DEVICE), VECTORS_DEVICE },
		{ "Access Control", PATH1(2),
			hex("08 00 0E C1 00 01 C1 01 00 83 02 41 7F 07 C1 03 7F"
			    "08 02 12 C1 00 03 C1 01 00 87 02 41 7F 07 61 01 36 01 C1 03 7F"),
			{
				{ PATH3(2, 0, 0), 0, VALUE_INTEGER(1) },
				{ PATH3(2, 0, 1), 0, VALUE_INTEGER(0) },
				{ PATH4(2, 0, 2, 127), 0, VALUE_INTEGER(7) },
				{ PATH3(2, 0, 3), 0, VALUE_INTEGER(127) },
				{ PATH3(2, 2, 0), 0, VALUE_INTEGER(3) },
				{ PATH3(2, 2, 1), 0, VALUE_INTEGER(0) },
				{ PATH4(2, 2, 2, 127), 0, VALUE_INTEGER(7) },
				{ PATH4(2, 2, 2, 310), 0, VALUE_INTEGER(1) },
				{ PATH3(2, 2, 3), 0, VALUE_INTEGER(127) },
			} },
		{ "object links", PATH2(65, 0),
			hex("88 00 0C 44 00 00 42 00 00 44 01 00 42 00 01"
			    "C8 01 0D 38 36 31 33 38 30 30 37 35 35 35 30 30"
			    "C4 02 49 96 02 D2"),
			{
				{ PATH4(65, 0, 0, 0), 0, VALUE_OBJLNK(66, 0) },
				{ PATH4(65, 0, 0, 1), 0, VALUE_OBJLNK(66, 1) },
				{ PATH3(65, 0, 1), 0, VALUE_STRING("8613800755500") },
				{ PATH3(65, 0, 2), 0, VALUE_INTEGER(1234567890) },
			} },
		{ "object links, one of them null", PATH1(66),
			hex("08 00 26 C8 00 0B 6D 79 53 65 72 76 69 63 65 20 31"
			    "C8 01 0F 49 6E 74 65 72 6E 65 74 2E 31 35 2E 32 33 34 C4 02 00 43 00 00"
			    "08 01 26 C8 00 0B 6D 79 53 65 72 76 69 63 65 20 32"
			    "C8 01 0F 49 6E 74 65 72 6E 65 74 2E 31 35 2E 32 33 35 C4 02 FF FF FF FF"),
			{
				{ PATH3(66, 0, 0), 0, VALUE_STRING("myService 1") },
				{ PATH3(66, 0, 1), 0, VALUE_STRING("Internet.15.234") },
				{ PATH3(66, 0, 2), 0, VALUE_OBJLNK(67, 0) },
				{ PATH3(66, 1, 0), 0, VALUE_STRING("myService 2") },
				{ PATH3(66, 1, 1), 0, VALUE_STRING("Internet.15.235") },
				{ PATH3(66, 1, 2), 0, VALUE_OBJLNK(65535, 65535) },
			} },
	};

	vectors_encode(CODEC_TLV, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_TLV, vectors, ELEMENTSOF(vectors));
}

static void test_types(void **state)
{
	static const uint8_t kilobytes[70000] = { 0 };
	const struct vector vectors[] = {
		{ "nothing", PATH2(3, 0), hex("") },
		{ "integers", PATH2(9, 1),
			hex("C1 01 7F C1 02 80 C2 03 00 80 C2 04 FF 7F C4 05 00 00 80 00 C4 06 80 00 00 00"
			    "C8 07 08 00 00 00 00 80 00 00 00 C8 08 08 80 00 00 00 00 00 00 00"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_INTEGER(127) },
				{ PATH3(9, 1, 2), 0, VALUE_INTEGER(-128) },
				{ PATH3(9, 1, 3), 0, VALUE_INTEGER(128) },
				{ PATH3(9, 1, 4), 0, VALUE_INTEGER(-129) },
				{ PATH3(9, 1, 5), 0, VALUE_INTEGER(32768) },
				{ PATH3(9, 1, 6), 0, VALUE_INTEGER(INT32_MIN) },
				{ PATH3(9, 1, 7), 0, VALUE_INTEGER(INT64_C(0x80000000)) },
				{ PATH3(9, 1, 8), 0, VALUE_TIME(INT64_MIN) },
			} },
		{ "unsigned", PATH2(9, 1),
			hex("C1 01 FF C2 02 01 00 C4 03 FF FF FF FF C8 04 08 00 00 00 01 00 00 00 00"
			    "C8 05 08 FF FF FF FF FF FF FF FF"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_UNSIGNED(255) },
				{ PATH3(9, 1, 2), 0, VALUE_UNSIGNED(256) },
				{ PATH3(9, 1, 3), 0, VALUE_UNSIGNED(UINT32_MAX) },
				{ PATH3(9, 1, 4), 0, VALUE_UNSIGNED(UINT64_C(1) << 32) },
				{ PATH3(9, 1, 5), 0, VALUE_UNSIGNED(UINT64_MAX) },
			} },
		{ "floats", PATH2(9, 1),
			hex("C4 01 3F C0 00 00 C8 02 08 3F F1 99 99 99 99 99 9A C4 03 7F 80 00 00 C4 04 7F "
			    "C0 00 00"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_FLOAT(1.5) },
				{ PATH3(9, 1, 2), 0, VALUE_FLOAT(1.1) },
				{ PATH3(9, 1, 3), 0, VALUE_FLOAT(INFINITY) },
				{ PATH3(9, 1, 4), 0, VALUE_FLOAT(NAN) },
			} },
		{ "the rest", PATH2(9, 1),
			hex("C1 01 01 C1 02 00 C2 03 00 FF C0 04 C0 05 C6 06 3C 2F 33 2F 30 3E"),
			{
				{ PATH3(9, 1, 1), 0, VALUE_BOOLEAN(true) },
				{ PATH3(9, 1, 2), 0, VALUE_BOOLEAN(false) },
				{ PATH3(9, 1, 3), 0, VALUE_OPAQUE("\0\xFF", 2) },
				{ PATH3(9, 1, 4), 0, VALUE_OPAQUE("", 0) },
				{ PATH3(9, 1, 5), 0, VALUE_STRING("") },
				{ PATH3(9, 1, 6), 0, VALUE_CORELNK("</3/0>") },
			} },
		{ "a resource by itself", PATH3(3, 0, 9), hex("C1 09 64"),
			{ { PATH3(3, 0, 9), 0, VALUE_INTEGER(100) } } },
		{ "long ids", PATH2(9, 1), hex("E1 01 00 05 A6 FF FE 61 01 00 07 40 FF"),
			{
				{ PATH3(9, 1, 256), 0, VALUE_INTEGER(5) },
				{ PATH4(9, 1, 65534, 256), 0, VALUE_INTEGER(7) },
				{ PATH4(9, 1, 65534, 255), 0, VALUE_STRING("") },
			} },
	};

	vectors_encode(CODEC_TLV, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_TLV, vectors, ELEMENTSOF(vectors));
	for (size_t len = 1; len < sizeof(kilobytes); len = len * 2 - 1 + len % 2) {
		_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
		struct vector vector = { "length", PATH2(9, 1), { 0 },
			{ { PATH3(9, 1, 5), 0, VALUE_OPAQUE(kilobytes, len) } } };
		uint8_t head[] = { 0xC0, 5, 0, 0, 0 };
		size_t head_len = len < 8 ? 2 : len < 256 ? 3 : len < 65536 ? 4 : 5;

		head[0] |= (uint8_t)(len < 8 ? len : (head_len - 2) << 3);
		for (size_t i = head_len, rest = len; i > 2; rest >>= 8)
			head[--i] = (uint8_t)rest;
		assert_int_equal(buffer_append(&buffer, head, head_len), 0);
		assert_int_equal(buffer_append(&buffer, kilobytes, len), 0);
		vector.payload = buffer_bytes(&buffer);
		vectors_encode(CODEC_TLV, &vector, 1);
		vectors_decode(CODEC_TLV, &vector, 1);
	}
}

static void rule_35_tlv_forms(void **state)
{
	const struct vector vectors[] = {
		{ "a multiple resource of one value is one nevertheless", PATH3(3, 0, 11),
			hex("83 0B 41 00 00"),
			{ { PATH4(3, 0, 11, 0), 0, VALUE_INTEGER(0) } } },
		{ "a resource instance that was asked for comes without its resource", PATH4(3, 0, 7, 1),
			hex("42 01 13 88"), { { PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(5000) } } },
		{ "an instance that was asked for has no head", PATH2(1, 0), hex("C1 01 05"),
			{ { PATH3(1, 0, 1), 0, VALUE_INTEGER(5) } } },
		{ "an object's only instance has one", PATH1(1), hex("03 00 C1 01 05"),
			{ { PATH3(1, 0, 1), 0, VALUE_INTEGER(5) } } },
		{ "a Create without an id", PATH1(1), hex("C1 01 05"),
			{ { PATH3(1, PATH_ID_NONE, 1), 0, VALUE_INTEGER(5) } } },
	};
	const struct vector lenient[] = {
		{ "a resource instance inside of its resource", PATH4(3, 0, 7, 1), hex("84 07 42 01 13 88"),
			{ { PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(5000) } } },
		{ "an instance with its own head", PATH2(1, 0), hex("03 00 C1 01 05"),
			{ { PATH3(1, 0, 1), 0, VALUE_INTEGER(5) } } },
		{ "resource instances without their resource", PATH3(3, 0, 7), hex("41 00 01 41 01 05"),
			{
				{ PATH4(3, 0, 7, 0), 0, VALUE_INTEGER(1) },
				{ PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(5) },
			} },
		{ "a resource instance without its resource", PATH4(3, 0, 7, 1), hex("41 01 05"),
			{ { PATH4(3, 0, 7, 1), 0, VALUE_INTEGER(5) } } },
		{ "more bytes than needed", PATH2(1, 0),
			hex("C8 01 08 00 00 00 00 00 00 00 05 E0 00 02 F8 00 03 00 00 01 FF"),
			{
				{ PATH3(1, 0, 1), 0, VALUE_INTEGER(5) },
				{ PATH3(1, 0, 2), 0, VALUE_STRING("") },
				{ PATH3(1, 0, 3), 0, VALUE_INTEGER(-1) },
			} },
		{ "no instance of a multiple resource", PATH2(3, 0), hex("80 07") },
		{ "an instance without resources", PATH1(3), hex("00 00") },
	};
	const struct refusal refusals[] = {
		{ "integer of 0 bytes", PATH2(1, 0), hex("C0 02"), -EINVAL },
		{ "integer of 3 bytes", PATH2(1, 0), hex("C3 02 00 00 01"), -EINVAL },
		{ "integer of 5 bytes", PATH2(1, 0), hex("C5 02 00 00 00 00 01"), -EINVAL },
		{ "integer of 16 bytes", PATH2(1, 0),
			hex("C8 02 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01"),
			-EINVAL },
		{ "unsigned of 3 bytes", PATH2(1, 0), hex("C3 03 00 00 01"), -EINVAL },
		{ "float of 2 bytes", PATH2(1, 0), hex("C2 04 3C 00"), -EINVAL },
		{ "float of 1 byte", PATH2(1, 0), hex("C1 04 01"), -EINVAL },
		{ "boolean 2", PATH2(1, 0), hex("C1 05 02"), -EINVAL },
		{ "boolean of 2 bytes", PATH2(1, 0), hex("C2 05 00 01"), -EINVAL },
		{ "boolean of 0 bytes", PATH2(1, 0), hex("C0 05"), -EINVAL },
		{ "time of 3 bytes", PATH2(1, 0), hex("C3 07 00 00 01"), -EINVAL },
		{ "object link of 2 bytes", PATH2(1, 0), hex("C2 08 00 01"), -EINVAL },
	};

	vectors_encode(CODEC_TLV, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_TLV, vectors, ELEMENTSOF(vectors));
	vectors_decode(CODEC_TLV, lenient, ELEMENTSOF(lenient));
	vectors_refuse(CODEC_TLV, refusals, ELEMENTSOF(refusals));
}

static void test_unknown_type(void **state)
{
	const struct vector vector = { "raw bytes", PATH2(1, 0), hex("C2 0A 12 34"),
		{ { PATH3(1, 0, 10), 0, VALUE_OPAQUE("\x12\x34", 2) } } };
	_cleanup_(records_deinit) struct records records = { 0 };

	vectors_decode(CODEC_TLV, &vector, 1);
	assert_int_equal(codec_decode(CODEC_TLV, &vector.base, vector.payload, NULL, &records), 0);
	assert_int_equal(records.items[0].value.type, VALUE_OPAQUE);
}

static void test_refused(void **state)
{
	const struct refusal refusals[] = {
		{ "the root", PATH0(), hex("C1 01 05"), -EBADMSG },
		{ "a head cut off", PATH2(1, 0), hex("C1"), -EBADMSG },
		{ "a long id cut off", PATH2(1, 0), hex("E1 01"), -EBADMSG },
		{ "a length cut off", PATH2(1, 0), hex("D8 02 00 00"), -EBADMSG },
		{ "a value cut off", PATH2(1, 0), hex("C4 02 00 00 00"), -EBADMSG },
		{ "a value cut off, of a length no integer has", PATH2(1, 0), hex("C3 02 05 00"), -EBADMSG },
		{ "a long value cut off", PATH2(1, 0), hex("D8 02 FF FF FF 00"), -EBADMSG },
		{ "something after a value", PATH2(1, 0), hex("C1 02 05 C1"), -EBADMSG },
		{ "id 65535", PATH2(1, 0), hex("E1 FF FF 05"), -EBADMSG },
		{ "instance 65535", PATH1(1), hex("23 FF FF C1 02 05"), -EBADMSG },
		{ "another instance", PATH2(1, 0), hex("03 01 C1 02 05"), -EBADMSG },
		{ "another resource", PATH3(1, 0, 2), hex("C1 0C 05"), -EBADMSG },
		{ "another resource instance", PATH4(1, 0, 2, 1), hex("83 02 41 00 00"), -EBADMSG },
		{ "a single value for a resource instance", PATH4(1, 0, 2, 1), hex("C1 02 05"), -EBADMSG },
		{ "a resource instance in an instance", PATH2(1, 0), hex("41 02 05"), -EBADMSG },
		{ "a resource instance among resources", PATH2(1, 0), hex("C1 02 05 41 02 05"), -EBADMSG },
		{ "a resource in a multiple resource", PATH2(1, 0), hex("83 02 C1 02 05"), -EBADMSG },
		{ "a resource in a resource instance's place", PATH3(1, 0, 2), hex("41 00 05 C1 02 05"),
			-EBADMSG },
		{ "an instance among resources", PATH2(1, 0), hex("C1 02 05 03 00 C1 12 05"), -EBADMSG },
		{ "a resource among instances", PATH1(1), hex("03 00 C1 02 05 C1 02 05"), -EBADMSG },
		{ "an instance within an instance", PATH1(1), hex("05 00 03 00 C1 02 05"), -EBADMSG },
		{ "a resource twice", PATH2(1, 0), hex("C1 02 05 C1 02 06"), -EBADMSG },
		{ "a resource twice, others between", PATH2(1, 0), hex("C1 02 05 C1 0C 06 C1 02 05"),
			-EBADMSG },
		{ "a resource instance twice", PATH2(1, 0), hex("86 02 41 00 05 41 00 06"), -EBADMSG },
		{ "text that is not UTF-8", PATH2(1, 0), hex("C1 01 FF"), -EINVAL },
		{ "text with a NUL", PATH2(1, 0), hex("C1 01 00"), -EINVAL },
		{ "links that are not UTF-8", PATH2(1, 0), hex("C1 09 FF"), -EINVAL },
	};
	const struct vector not_encodable[] = {
		{ "the root", PATH0(), { 0 }, { { PATH3(1, 0, 2), 0, VALUE_INTEGER(1) } } },
		{ "no value", PATH2(1, 0), { 0 }, { { PATH3(1, 0, 2), 0, VALUE_NOTHING() } } },
		{ "outside of the base", PATH2(1, 0), { 0 }, { { PATH3(1, 1, 2), 0, VALUE_INTEGER(1) } } },
		{ "an instance", PATH1(1), { 0 }, { { PATH2(1, 1), 0, VALUE_INTEGER(1) } } },
	};

	vectors_refuse(CODEC_TLV, refusals, ELEMENTSOF(refusals));
	vectors_not_encodable(CODEC_TLV, not_encodable, ELEMENTSOF(not_encodable));
}

/* A length has 24 bits. */
static void test_too_long(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { 0 };
	_cleanup_(records_deinit) struct records records = { 0 };
	_cleanup_(freep) uint8_t *data = calloc(1, 1 << 24);

	assert_int_equal(records_add(&records, PATH4(1, 0, 6, 0), VALUE_OPAQUE(data, 1 << 24)), 0);
	assert_int_equal(codec_encode(CODEC_TLV, &PATH2(1, 0), &records, &buffer), -EMSGSIZE);
	records.items[0].value.bytes.len--;
	assert_int_equal(codec_encode(CODEC_TLV, &PATH2(1, 0), &records, &buffer), -EMSGSIZE);
	assert_int_equal(buffer.len, 0);
	records.items[0].path = PATH3(1, 0, 6);
	assert_int_equal(codec_encode(CODEC_TLV, &PATH2(1, 0), &records, &buffer), 0);
	assert_int_equal(buffer.len, 5 + (1 << 24) - 1);
}

static void test_round_trip(void **state)
{
	vectors_round_trip(CODEC_TLV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_types),
		cmocka_unit_test(rule_35_tlv_forms),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests_name("lwm2m/codec-tlv", tests, NULL, NULL);
}
