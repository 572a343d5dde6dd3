/* SPDX-License-Identifier: Apache-2.0 */
#include "io/store-file.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define HEADER_MAX    64
#define HEADER_WORDS  "lwm2m-agent state "
#define HEADER_FORMAT HEADER_WORDS "1 %zu %08" PRIx32 "\n"

/* CRC-32 of IEEE 802.3, bit by bit: these files are small and seldom written. */
static uint32_t checksum(struct bytes bytes)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= bytes.data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ UINT32_C(0xedb88320) : crc >> 1;
	}
	return ~crc;
}

static int write_all(int fd, struct bytes bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes.data += n;
		bytes.len -= (size_t)n;
	}
	return 0;
}

int store_file_write(int fd, struct bytes contents)
{
	char header[HEADER_MAX];
	int r;

	snprintf(header, sizeof(header), HEADER_FORMAT, contents.len, checksum(contents));
	r = write_all(fd, bytes_of(header));
	if (r == 0)
		r = write_all(fd, contents);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

/* Another number where the version is: somebody else's format, which has its own ways to tell what is whole. */
static int fault_of(struct bytes header)
{
	size_t words = strlen(HEADER_WORDS);

	if (header.len > words + 1 && memcmp(header.data, HEADER_WORDS, words) == 0 &&
		header.data[words] >= '0' && header.data[words] <= '9' &&
		(header.data[words] != '1' || header.data[words + 1] != ' '))
		return STORE_FILE_VERSION;
	return STORE_FILE_DAMAGED;
}

static int check(struct bytes file, struct bytes *ret)
{
	struct bytes contents;
	const uint8_t *end;
	char header[HEADER_MAX];
	int n;

	end = file.len ? memchr(file.data, '\n', file.len < HEADER_MAX ? file.len : HEADER_MAX) : NULL;
	if (!end)
		return STORE_FILE_DAMAGED;
	contents = BYTES(end + 1, file.len - (size_t)(end + 1 - file.data));
	n = snprintf(header, sizeof(header), HEADER_FORMAT, contents.len, checksum(contents));
	if (!bytes_equal(BYTES(file.data, file.len - contents.len), BYTES(header, n)))
		return fault_of(BYTES(file.data, file.len - contents.len));
	*ret = contents;
	return 0;
}

static int read_all(int fd, struct buffer *ret)
{
	for (;;) {
		uint8_t *at;
		ssize_t n;
		int r = buffer_reserve(ret, 4096, &at);

		if (r < 0)
			return r;
		n = read(fd, at, 4096);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			ret->len += (size_t)n;
	}
}

int store_file_read(int fd, struct buffer *ret)
{
	_cleanup_(buffer_deinit) struct buffer whole = { .limit = STORE_FILE_MAX + HEADER_MAX + 4096 };
	struct bytes contents;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return STORE_FILE_ODD;
	r = read_all(fd, &whole);
	if (r == -EMSGSIZE)
		return STORE_FILE_DAMAGED;
	if (r == 0)
		r = check(buffer_bytes(&whole), &contents);
	return r != 0 ? r : buffer_append(ret, contents.data, contents.len);
}
