/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static const char alphabets[2][65] = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

size_t base64_encode(struct bytes bytes, bool url, char *ret)
{
	const char *alphabet = alphabets[url];
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
		uint32_t bits = (uint32_t)bytes.data[i] << 16;

		if (n > 1)
			bits |= (uint32_t)bytes.data[i + 1] << 8;
		if (n > 2)
			bits |= bytes.data[i + 2];
		for (size_t k = 0; k <= n; k++)
			ret[len++] = alphabet[bits >> (18 - 6 * k) & 63];
		for (size_t k = n; k < 3 && !url; k++)
			ret[len++] = '=';
	}
	return len;
}

static int sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

int base64_decode(struct bytes text, uint8_t *ret, size_t *ret_len)
{
	size_t len = 0, digits = text.len;
	uint32_t bits = 0;

	while (digits > 0 && text.len - digits < 2 && text.data[digits - 1] == '=')
		digits--;
	if (digits % 4 == 1 || (digits < text.len && text.len % 4 != 0))
		return -EINVAL;
	for (size_t i = 0; i < digits; i++) {
		int six = sextet(text.data[i]);

		if (six < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)six;
		if (i % 4 != 0)
			ret[len++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_len = len;
	return 0;
}
