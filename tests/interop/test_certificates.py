# SPDX-License-Identifier: Apache-2.0
"""Raw public keys and certificates over DTLS: what is accepted, and what is not. Leshan and its Bootstrap-Server."""

import shutil
import tempfile
import unittest

import case
import pki
from case import LeshanCase
from leshan.server import security_entry, server_entry


class TrustCase(LeshanCase):
    """KEYS of the server's own; what the agent trusts is each test's."""

    @classmethod
    def setUpClass(cls):
        if not pki.is_there():
            raise unittest.SkipTest("no openssl")
        cls.folder = tempfile.mkdtemp(prefix="lwm2m-pki-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.pki = pki.Pki(cls.folder)
        cls.make_keys()
        super().setUpClass()

    def start(self, security, endpoint=None, **keys):
        agent = self.start_agent(start=False, endpoint=endpoint)
        agent.write_config({"uri": f"coaps://127.0.0.1:{self.server.coaps}", "security": security,
                            "retry_timer": 1, **keys})
        return agent

    def expect_works(self, agent):
        agent.start()
        self.server.wait_event("registered", ep=agent.endpoint, timeout=30)
        self.ok(self.server.read(agent.endpoint, "/3/0/16"))

    def expect_failure(self, agent, why):
        agent.start()
        agent.wait_log(f"not registered with coaps://.*{why}|Cannot connect to coaps://.*{why}", timeout=30)
        self.assertFalse(agent.count_log("main: registered with "))


class TestRawKeys(TrustCase):
    @classmethod
    def make_keys(cls):
        for name in ("server", "device", "other"):
            cls.pki.key(name)
        cls.OPTIONS = {"rpk": {"public": cls.pki.path("server.pub"), "private": cls.pki.path("server.key")},
                       "bootstrap": True, "cid": 6}

    def keys(self, ours="device", server="server"):
        return {"key_file": self.pki.path(f"{ours}.key"), "server_key_file": self.pki.path(f"{server}.pub")}

    def test_works(self):
        agent = self.start("rpk", **self.keys())
        self.server.add_rpk(agent.endpoint, self.pki.public_der("device"))
        self.expect_works(agent)
        agent.wait_log("with Connection ID")

    def test_another_server(self):
        """It proves that it has another key than the one we know."""
        agent = self.start("rpk", **self.keys(server="other"))
        self.server.add_rpk(agent.endpoint, self.pki.public_der("device"))
        self.expect_failure(agent, "the server has another public key")

    def test_another_device(self):
        agent = self.start("rpk", **self.keys(ours="other"))
        self.server.add_rpk(agent.endpoint, self.pki.public_der("device"))
        self.expect_failure(agent, "")

    def test_bootstrap(self):
        """The keys come from the Bootstrap-Server, over a pre-shared key."""
        agent = self.start_agent(start=False)
        self.server.add_psk(agent.endpoint, agent.endpoint, case.KEY, bootstrap=True)
        self.server.add_rpk(agent.endpoint, self.pki.public_der("device"))
        self.server.put_bootstrap(agent.endpoint, {1: security_entry(
            f"coaps://127.0.0.1:{self.server.coaps}", 101, mode="RPK", identity=self.pki.public_der("device"),
            key=self.pki.private_der("device"), server_key=self.pki.public_der("server"))}, {1: server_entry(101)})
        agent.write_config({"bootstrap": {
            "uri": f"coaps://127.0.0.1:{self.server.bs_coaps}", "allow_loopback": "yes",
            "identity": agent.endpoint, "key_file": agent.write_key(case.KEY)}})
        self.expect_works(agent)


class TestCertificates(TrustCase):
    """The server has a certificate by root for localhost and 127.0.0.1."""

    NAMES = ["DNS:localhost", "IP:127.0.0.1"]

    @classmethod
    def make_keys(cls):
        for name in ("root", "stranger", "devices"):
            cls.pki.authority(name)
        cls.pki.certificate("server", "root", cls.NAMES)
        cls.pki.certificate("twin", "root", cls.NAMES)
        cls.OPTIONS = {"x509": {"cert": cls.pki.path("server.crt"), "key": cls.pki.path("server.key"),
                                "trust": [cls.pki.path("devices.crt")]}}

    def agent(self, usage, known_by, trust="root", **keys):
        """Shows a certificate for its endpoint by devices."""
        agent = self.start("x509", certificate_usage=usage, server_certificate_file=self.pki.path(f"{known_by}.crt"),
                           trust_file=self.pki.path(f"{trust}.crt"), **keys)
        name = agent.endpoint
        self.pki.certificate(name, "devices")
        text = agent.config.read_text()
        agent.config.write_text(text.replace("[server.main]\n", "[server.main]\n"
                                             f"certificate_file = {self.pki.path(name + '.crt')}\n"
                                             f"key_file = {self.pki.path(name + '.key')}\n"))
        self.server.add_x509(agent.endpoint)
        return agent

    def test_domain_issued(self):
        """Usage 3: this very certificate, whoever vouches for it."""
        self.expect_works(self.agent(3, "server", trust="stranger"))
        self.expect_failure(self.agent(3, "twin"), "has another certificate than the one")
        self.expect_failure(self.agent(3, "root"), "has another certificate than the one")

    def test_trust_anchor(self):
        """Usage 2: whom this authority vouches for, by the right name; the system is not asked."""
        self.expect_works(self.agent(2, "root", trust="stranger"))
        self.expect_failure(self.agent(2, "stranger"), "nobody whom we trust")
        self.expect_failure(self.agent(2, "root", server_name="example.com"), "for another host")
        self.expect_works(self.agent(2, "root", server_name="localhost"))

    def test_service_constraint(self):
        """Usage 1: this certificate, and the system trusts it."""
        self.expect_works(self.agent(1, "server"))
        self.expect_failure(self.agent(1, "server", trust="stranger"), "nobody whom we trust")
        self.expect_failure(self.agent(1, "twin"), "has another certificate")

    def test_ca_constraint(self):
        """Usage 0: this authority vouches for it, and the system trusts that."""
        self.expect_works(self.agent(0, "root"))
        self.expect_failure(self.agent(0, "root", trust="stranger"), "the system does not trust it")
        self.expect_failure(self.agent(0, "stranger", trust="stranger"), "nobody whom we trust")
        self.expect_failure(self.agent(0, "root", server_name="example.com"), "for another host")

    def test_raw_key_instead(self):
        """An account with a raw key takes no certificate."""
        agent = self.start("rpk", key_file=self.pki.path("twin.key"), server_key_file=self.pki.path("server.pub"))
        self.expect_failure(agent, "")


class TestBadCertificates(TrustCase):
    """The server's certificate expired in 2020."""

    @classmethod
    def make_keys(cls):
        cls.pki.authority("root")
        cls.pki.certificate("server", "root", ["IP:127.0.0.1"], not_after="20200101000000Z")
        cls.pki.certificate("device", "root")
        cls.OPTIONS = {"x509": {"cert": cls.pki.path("server.crt"), "key": cls.pki.path("server.key")}}

    def agent(self, usage, known_by):
        return self.start("x509", certificate_usage=usage, server_certificate_file=self.pki.path(f"{known_by}.crt"),
                          trust_file=self.pki.path("root.crt"), certificate_file=self.pki.path("device.crt"),
                          key_file=self.pki.path("device.key"))

    def test_expired(self):
        for usage, known_by in ((0, "root"), (1, "server"), (2, "root")):
            self.expect_failure(self.agent(usage, known_by), "has expired")


if __name__ == "__main__":
    case.main()
