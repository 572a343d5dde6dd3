/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of another ABI: nothing but its number may be looked at. */
#include <stdint.h>

__attribute__((visibility("default"))) extern const uint32_t lw_plugin[64];
const uint32_t lw_plugin[64] = { 2, 0xffffffff, 0xffffffff, 0xffffffff };
