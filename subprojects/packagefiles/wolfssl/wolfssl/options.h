/* SPDX-License-Identifier: Apache-2.0 */
/* For users of the bundled wolfSSL that include <wolfssl/options.h>. */
#ifndef WOLFSSL_OPTIONS_H
#define WOLFSSL_OPTIONS_H
#ifndef WOLFSSL_USER_SETTINGS
#define WOLFSSL_USER_SETTINGS
#endif
#include "user_settings.h"
#endif
