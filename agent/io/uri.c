/* SPDX-License-Identifier: Apache-2.0 */
#include "io/uri.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

enum scheme { SCHEME_COAP, SCHEME_COAPS, SCHEME_OTHER };

static const struct {
	const char *prefix;
	enum scheme scheme;
} schemes[] = {
	{ "coap://", SCHEME_COAP },	 { "coaps://", SCHEME_COAPS },	 { "coap+tcp://", SCHEME_OTHER },
	{ "coaps+tcp://", SCHEME_OTHER }, { "coap+ws://", SCHEME_OTHER }, { "coaps+ws://", SCHEME_OTHER },
};

static int parse_scheme(const char **text, bool *ret_secure)
{
	for (size_t i = 0; i < ELEMENTSOF(schemes); i++) {
		size_t len = strlen(schemes[i].prefix);

		if (strncasecmp(*text, schemes[i].prefix, len) != 0)
			continue;
		if (schemes[i].scheme == SCHEME_OTHER)
			return -EPROTONOSUPPORT;
		*text += len;
		*ret_secure = schemes[i].scheme == SCHEME_COAPS;
		return 0;
	}
	return -EINVAL;
}

/* Letters, digits and "-._~" for names, ':' and '%' (zone) for IPv6 addresses between brackets. */
static size_t host_span(const char *text, bool bracketed)
{
	const char *allowed = bracketed ?
				      "0123456789abcdefABCDEF:.%" :
				      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~";
	size_t len = strspn(text, allowed);
	const char *zone = bracketed ? memchr(text, '%', len) : NULL;

	return zone ? (size_t)(zone - text) + strcspn(zone, "]/?#") : len;
}

static int parse_host(const char **text, char host[static URI_HOST_MAX + 1])
{
	bool bracketed = **text == '[';
	const char *start = *text + bracketed;
	size_t len = host_span(start, bracketed);
	const char *end = start + len;

	if (len == 0 || (bracketed && (*end != ']' || !memchr(start, ':', strcspn(start, "%]")))))
		return -EINVAL;
	if (len > URI_HOST_MAX)
		return -ENAMETOOLONG;
	memcpy(host, start, len);
	host[len] = '\0';
	*text = end + bracketed;
	return 0;
}

static int parse_port(const char **text, uint16_t *port)
{
	unsigned int value = 0;
	const char *digit;

	if (**text != ':')
		return 0;
	for (digit = *text + 1; *digit >= '0' && *digit <= '9' && value <= UINT16_MAX; digit++)
		value = value * 10 + (unsigned int)(*digit - '0');
	if (digit == *text + 1 || value == 0 || value > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)value;
	*text = digit;
	return 0;
}

int uri_parse(const char *text, struct uri *ret)
{
	struct uri uri;
	int r;

	r = parse_scheme(&text, &uri.secure);
	if (r < 0)
		return r;
	r = parse_host(&text, uri.host);
	if (r < 0)
		return r;
	uri.port = uri.secure ? 5684 : 5683;
	r = parse_port(&text, &uri.port);
	if (r < 0)
		return r;
	if (*text == '/')
		text++;
	if (*text != '\0')
		return -EINVAL;
	*ret = uri;
	return 0;
}
