/* SPDX-License-Identifier: Apache-2.0 */
#include "coap3/coap_libcoap_build.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "coap_shim.h"

void (*coap_shim_client_setup)(coap_session_t *session, void *wolfssl);

void (*coap_shim_traffic)(coap_session_t *session, int sent, size_t len);

void *coap_shim_wolfssl(coap_session_t *session)
{
	WOLFSSL **tls;

	if (!session->tls)
		return NULL;
	/* The address of the pointer, not the pointer. */
	tls = coap_session_get_tls(session, NULL);
	return tls ? *tls : NULL;
}

/* For an unspecified family connect() lets go of the address, and of the port unless that was asked for. */
int coap_shim_rebind(coap_session_t *session)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	coap_address_t local = session->addr_info.local, port = local;
	coap_socket_t *sock = &session->sock;
	int changed;

	if (port.addr.sa.sa_family == AF_INET6)
		port.addr.sin6.sin6_addr = in6addr_any;
	else
		port.addr.sin.sin_addr.s_addr = INADDR_ANY;
	local.size = sizeof(local.addr);
	if (connect(sock->fd, &nowhere, sizeof(nowhere)) < 0)
		return -errno;
	(void)bind(sock->fd, &port.addr.sa, port.size);
	if (connect(sock->fd, &session->addr_info.remote.addr.sa, session->addr_info.remote.size) < 0 ||
	    getsockname(sock->fd, &local.addr.sa, &local.size) < 0)
		return -errno;
	changed = !coap_address_equals(&local, &session->addr_info.local);
	session->addr_info.local = local;
	return changed;
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
