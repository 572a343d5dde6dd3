/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log-ids.h - MESSAGE_ID= of events that programs may want to find in the journal
 *
 * Each is explained in etc/lwm2m-agent.catalog, which `journalctl -x` shows. They are kept stable: an event that changes its
 * meaning gets another one. systemd-id128 new makes one.
 */
#pragma once

#define LOG_ID_REGISTERED       "e6edf04cb5fb453f98a6f1d03a603132"
#define LOG_ID_NOT_REGISTERED   "a6a98942b9b9402db6f99c5b2e8e09a0"
#define LOG_ID_LOST             "3b7e5f1b3fb041d69fe2a56a9ec07ca7"
#define LOG_ID_UNREACHABLE      "b02431d959674f70add24f90c3d27891"
#define LOG_ID_DEREGISTERED     "c8fd14f605954a18bc4eb36708a0deb6"
#define LOG_ID_BOOTSTRAPPED     "629377c6811a4128b448f2b4be2ea06c"
#define LOG_ID_NOT_BOOTSTRAPPED "7f76e6bed58f40419c1c94f083e4e115"
#define LOG_ID_PLUGIN_FAILED    "73091e929e574d9686f900a9ae120b6d"
#define LOG_ID_PLUGIN_RESTARTED "078c09988a7e4eb88d7557daa855bc8c"
#define LOG_ID_PLUGIN_GIVEN_UP  "406320277a8b4841935bd82b36e8e220"
#define LOG_ID_UPDATED          "ef0fb58896674cc593fed03dd6400e6e" /* reserved: nothing has it yet */
#define LOG_ID_UPDATE_FAILED    "dc43685df8864b8ea0c022e55b5d6459" /* reserved: nothing has it yet */
