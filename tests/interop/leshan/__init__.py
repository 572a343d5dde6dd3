# SPDX-License-Identifier: Apache-2.0
"""Eclipse Leshan 2.0.0-M15 as LwM2M server and bootstrap server for tests (standard library only).

    with Leshan(bootstrap=True) as s:               # free loopback ports: s.coap, s.coaps, s.bs_coap, s.bs_coaps
        start_my_client(f"coap://127.0.0.1:{s.coap}", "dev")
        s.wait_event("registered", ep="dev")
        assert s.read("dev", "/3/0/0", format="TLV").content == "ACME"

The first use builds through Maven into a cache folder; later uses need only java. LeshanUnavailable is raised where
the tools are missing or the build fails: skip the tests then.
"""

from .build import LeshanUnavailable, class_path
from .server import Answer, Leshan, LeshanError, security_entry, server_entry

__all__ = ["Answer", "Leshan", "LeshanError", "LeshanUnavailable", "class_path", "security_entry", "server_entry"]
