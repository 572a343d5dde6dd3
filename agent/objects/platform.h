/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform.h - facts about this machine, as the kernel and the distribution state them
 *
 * Each function reads files below root ("" for the machine itself) and gives a fact or -ENOENT: what firmware vendors put
 * where they had nothing to say counts as nothing. Texts are UTF-8 of one line, allocated, the caller's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* First line of the file, without blanks around it. -ENOENT: no such file, or nothing in it; -errno. */
int platform_read_line(const char *root, const char *path, char *ret, size_t size);

/* A whole number in a file of its own. -ENOENT, -EINVAL: something else is in it. */
int platform_read_number(const char *root, const char *path, int64_t *ret);

/* From DMI, else from the device tree. -ENOENT, -ENOMEM. */
int platform_manufacturer(const char *root, char **ret);
int platform_model(const char *root, char **ret);
int platform_serial(const char *root, char **ret);
int platform_hardware_version(const char *root, char **ret);

/* From os-release: the image's version or build where it has one, else the distribution's name with its version. */
int platform_firmware_version(const char *root, char **ret);

/* The IANA name of the machine's time zone. */
int platform_timezone(const char *root, char **ret);

/* From /proc/meminfo, in units of 1000 bytes, as 3/0/10 and 3/0/21 have them. What can be had without swapping counts as free. */
int platform_memory(const char *root, int64_t *ret_free_kb, int64_t *ret_total_kb);
