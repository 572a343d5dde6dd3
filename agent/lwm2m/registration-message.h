/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registration-message.h - what Register, Update and De-register say
 *
 * Each fills in an effect that is a POST without options; -ENOMEM. What the server was told is noted once the effect
 * is on its way: an Update says what is different from that, or all when nobody knows what arrived.
 */
#pragma once

#include "lwm2m/registration.h"

int registration_message_register(struct registration *registration, struct effect *effect);
int registration_message_update(struct registration *registration, struct effect *effect);
int registration_message_deregister(struct registration *registration, struct effect *effect);

/* The server is told the account and the object list as they are now. */
void registration_message_note_told(struct registration *registration);
