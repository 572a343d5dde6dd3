/* SPDX-License-Identifier: Apache-2.0 */
/* A shared object that is something else. */
__attribute__((visibility("default"))) extern const int lwm2m;
const int lwm2m = 1;
