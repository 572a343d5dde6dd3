# SPDX-License-Identifier: Apache-2.0
"""Credentials that do not fit: the agent stays up, says once what is wrong, tries again. Leshan over DTLS."""

import case
from case import KEY, LeshanCase
from leshan import LeshanError

OTHER_KEY = bytes(16)


class TestCredentials(LeshanCase):
    def start(self, identity, **keys):
        """An agent that need not register; identity None: its endpoint name."""
        agent = self.start_agent(start=False)
        agent.write_config({"uri": f"coaps://127.0.0.1:{self.server.coaps}", "security": "psk", "retry_timer": 1,
                            "identity": identity or agent.endpoint, "key_file": agent.write_key(KEY), **keys})
        return agent

    def expect_failure(self, agent, why):
        """In one line, for whoever does not ask for more."""
        agent.wait_log(f"main: not registered with coaps://127.0.0.1:{self.server.coaps}: {why}; next try in [0-9]+ s",
                       timeout=60)
        told = [line for line in agent.lines if not line.startswith(("info:", "debug:"))]
        self.assertEqual(len(told), 1, told)

    def test_key_or_identity(self):
        """DTLS 1.2 has no way to say so: it takes as long as a handshake may last. Both at once."""
        wrong, unknown = self.start(None), self.start("nobody")
        self.server.add_psk(wrong.endpoint, wrong.endpoint, OTHER_KEY)
        wrong.start()
        unknown.start()
        self.expect_failure(wrong, ".*is the key right.*")
        self.expect_failure(unknown, ".*")
        # Once the server knows better, the next try succeeds.
        self.server.remove_security(wrong.endpoint)
        self.server.add_psk(wrong.endpoint, wrong.endpoint, KEY)
        self.server.add_psk(unknown.endpoint, "nobody", KEY)
        self.server.wait_event("registered", ep=wrong.endpoint, timeout=60)
        self.server.wait_event("registered", ep=unknown.endpoint, timeout=60)

    def test_endpoint_of_another(self):
        """An identity that belongs to another endpoint: Leshan refuses the Register, and the agent says so."""
        agent = self.start(None)
        self.server.add_psk("somebody-else", agent.endpoint, KEY)
        agent.start()
        agent.wait_log("main: not registered with coaps://.*: the server answered 4.03 Forbidden; next try in")
        with self.assertRaises(LeshanError):
            self.server.client(agent.endpoint)

    def test_nothing_of_it_is_logged(self):
        """A key of letters, which would show in any form; with what reads and writes bring along, at level debug. Each other
        test of this folder looks for its keys, too (agent.py)."""
        key = b"secret-of-LwM2M!"
        for how in "key", "key_file":
            agent = self.start_agent(start=False)
            agent.write_config({"uri": f"coaps://127.0.0.1:{self.server.coaps}", "security": "psk",
                                "identity": agent.endpoint, how: key.hex() if how == "key" else agent.write_key(key)})
            self.server.add_psk(agent.endpoint, agent.endpoint, key)
            agent.start()
            agent.wait_log("main: registered with")
            self.server.read(agent.endpoint, "/1/0")
            self.assertIn(key, agent.secrets)
            agent.lines.append(f"debug: {key.hex().upper()}")
            with self.assertRaisesRegex(AssertionError, "has a key"):
                agent.stop()
            agent.lines.pop()


if __name__ == "__main__":
    case.main()
