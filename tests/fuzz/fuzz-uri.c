/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "fuzz.h"
#include "io/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(freep) char *text = strndup((const char *)data, len);
	struct uri uri, again;
	char formatted[URI_HOST_MAX + 32];

	CHECK(text);
	if (uri_parse(text, &uri) < 0)
		return 0;
	CHECK(uri.host[0] && uri.port > 0);
	snprintf(formatted, sizeof(formatted), strchr(uri.host, ':') ? "coap%s://[%s]:%u" : "coap%s://%s:%u",
		uri.secure ? "s" : "", uri.host, uri.port);
	CHECK(uri_parse(formatted, &again) == 0);
	CHECK(strcmp(again.host, uri.host) == 0 && again.port == uri.port && again.secure == uri.secure);
	return 0;
}
