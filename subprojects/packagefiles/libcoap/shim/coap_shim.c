/* SPDX-License-Identifier: Apache-2.0 */
#include "coap3/coap_libcoap_build.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "coap_shim.h"

void (*coap_shim_client_setup)(coap_session_t *session, void *wolfssl);

void *coap_shim_wolfssl(coap_session_t *session)
{
	WOLFSSL **tls;

	if (!session->tls)
		return NULL;
	/* The address of the pointer, not the pointer. */
	tls = coap_session_get_tls(session, NULL);
	return tls ? *tls : NULL;
}

int coap_shim_pending(const coap_session_t *session, coap_mid_t mid)
{
	const coap_queue_t *node;

	for (node = session->context->sendqueue; node; node = node->next)
		if (node->session == session && node->id == mid)
			return 1;
	for (node = session->delayqueue; node; node = node->next)
		if (node->id == mid)
			return 1;
	return 0;
}
