#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tells whether a door is open, as a digital input (object 3200): door.sh true|false [SECONDS]. What it says stands for so many
# seconds, a minute by default, or until it is called again. org.lwm2m.Agent1(5) describes the arguments of RegisterObject.
set -eu

exec busctl call org.lwm2m.Agent1 /org/lwm2m/Agent1 org.lwm2m.Agent1 \
	RegisterObject 'soa{sv}a(qqsua(qyyyb))a(qqba(qba(qv)))' \
	door / \
	1 lease u "${2:-60}" \
	1 3200 0 1.0 0 2 5500 5 1 0 false 5750 1 1 0 false \
	1 3200 0 true 2 5500 true 1 65535 b "$1" 5750 true 1 65535 s 'front door'
