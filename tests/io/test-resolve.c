/* SPDX-License-Identifier: Apache-2.0 */
#include "io/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

/* What the system's resolver does: the name decides. A look-up of "slow" waits until the gate is written to. */
static int gate = -1;
static int lookups_done = -1;

int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret);

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	static const struct {
		const char *name;
		int error;
	} failures[] = {
		{ "missing.test", EAI_NONAME }, { "empty.test", EAI_NODATA }, { "down.test", EAI_AGAIN },
		{ "broken.test", EAI_FAIL },
	};
	eventfd_t value;

	if (hints->ai_flags & AI_NUMERICHOST)
		return __real_getaddrinfo(node, service, hints, ret);
	for (size_t i = 0; i < ELEMENTSOF(failures); i++)
		if (strcmp(node, failures[i].name) == 0)
			return failures[i].error;
	if (strcmp(node, "slow.test") == 0) {
		(void)eventfd_read(gate, &value);
		(void)eventfd_write(lookups_done, 1);
		return EAI_NONAME;
	}
	return __real_getaddrinfo(node, service, hints, ret);
}

static struct resolve *start(const char *host, int event_fd)
{
	struct resolve *resolve = NULL;

	assert_int_equal(resolve_new(host, 5684, event_fd, &resolve), 0);
	return resolve;
}

static void wait_for(int event_fd)
{
	struct pollfd fds = { .fd = event_fd, .events = POLLIN };

	assert_int_equal(poll(&fds, 1, 10000), 1);
}

static void test_figures(void **state)
{
	_cleanup_(closep) int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct addresses addresses;
	struct resolve *resolve = start("192.0.2.7", event_fd);

	assert_true(resolve_is_done(resolve));
	assert_int_equal(resolve_result(resolve, &addresses), 0);
	assert_int_equal(addresses.count, 1);
	assert_int_equal(addresses.list[0].in.sin_family, AF_INET);
	assert_int_equal(addresses.list[0].in.sin_addr.s_addr, inet_addr("192.0.2.7"));
	assert_int_equal(ntohs(addresses.list[0].in.sin_port), 5684);
	resolve = resolve_free(resolve);
	assert_null(resolve);

	resolve = start("2001:db8::7", event_fd);
	assert_true(resolve_is_done(resolve));
	assert_int_equal(resolve_result(resolve, &addresses), 0);
	assert_int_equal(addresses.count, 1);
	assert_int_equal(addresses.list[0].in6.sin6_family, AF_INET6);
	assert_int_equal(ntohs(addresses.list[0].in6.sin6_port), 5684);
	resolve_free(resolve);
}

/* From /etc/hosts. */
static void test_name(void **state)
{
	_cleanup_(closep) int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	_cleanup_(resolve_freep) struct resolve *resolve = NULL;
	struct addrinfo *known, hints = { 0 };
	struct addresses addresses;

	if (__real_getaddrinfo("localhost", NULL, &hints, &known) != 0) {
		print_message("# this machine does not know localhost\n");
		skip();
	}
	freeaddrinfo(known);
	resolve = start("localhost", event_fd);
	wait_for(event_fd);
	assert_true(resolve_is_done(resolve));
	assert_int_equal(resolve_result(resolve, &addresses), 0);
	assert_true(addresses.count >= 1 && addresses.count <= RESOLVE_MAX);
	for (size_t i = 0; i < addresses.count; i++) {
		const union address *address = &addresses.list[i];

		if (address->sa.sa_family == AF_INET)
			assert_int_equal(ntohl(address->in.sin_addr.s_addr) >> 24, 127);
		else
			assert_true(IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr));
	}
}

static void test_failures(void **state)
{
	static const struct {
		const char *name;
		int error;
	} failures[] = {
		{ "missing.test", -ENOENT }, { "empty.test", -ENOENT }, { "down.test", -EAGAIN }, { "broken.test", -EIO },
	};

	for (size_t i = 0; i < ELEMENTSOF(failures); i++) {
		_cleanup_(closep) int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		struct resolve *resolve = start(failures[i].name, event_fd);
		struct addresses addresses = { .count = 77 };

		wait_for(event_fd);
		assert_int_equal(resolve_result(resolve, &addresses), failures[i].error);
		assert_int_equal(addresses.count, 77);
		resolve_free(resolve);
	}
}

/* Neither starting nor freeing a look-up waits for it. The event descriptor may be gone before it ends. */
static void test_freed_under_way(void **state)
{
	int event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct resolve *resolve[8];
	struct addresses addresses;
	eventfd_t value;

	gate = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	lookups_done = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	for (size_t i = 0; i < ELEMENTSOF(resolve); i++) {
		resolve[i] = start("slow.test", event_fd);
		assert_false(resolve_is_done(resolve[i]));
		assert_int_equal(resolve_result(resolve[i], &addresses), -EINPROGRESS);
	}
	for (size_t i = 0; i < ELEMENTSOF(resolve); i++)
		resolve_free(resolve[i]);
	assert_true(eventfd_write(gate, ELEMENTSOF(resolve)) == 0);
	/* Each thread says so once more through its own duplicate. */
	for (eventfd_t told = 0; told < ELEMENTSOF(resolve); told += value) {
		wait_for(event_fd);
		assert_int_equal(eventfd_read(event_fd, &value), 0);
	}
	for (size_t i = 0; i < ELEMENTSOF(resolve); i++)
		assert_int_equal(eventfd_read(lookups_done, &value), 0);
	close(event_fd);
	close(gate);
	close(lookups_done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_freed_under_way),
	};

	return cmocka_run_group_tests_name("io/resolve", tests, NULL, NULL);
}
