# SPDX-License-Identifier: Apache-2.0
"""A Bootstrap-Server that does what the test says, over UDP.

    with RawBootstrap() as bootstrap:
        address = bootstrap.wait_request(endpoint)
        bootstrap.provide(address, [account(101, "coap://127.0.0.1:5683")])
"""

import base64
import json

import coap
from coap import Message
from peer import Peer

FINISH = "/bs"


def senml(path, values):
    """{resource id: value} of an instance as SenML JSON."""
    records = []
    for number, (rid, value) in enumerate(values.items()):
        kind = {bool: "vb", str: "vs", bytes: "vd"}.get(type(value), "v")
        records.append({**({"bn": f"{path}/"} if number == 0 else {}), "n": str(rid),
                        kind: base64.urlsafe_b64encode(value).rstrip(b"=").decode() if kind == "vd" else value})
    return json.dumps(records).encode()


def account(short_id, uri, lifetime=60, iid=1, **security):
    """The instances of Security and Server of one account, as [(path, {resource: value})]. security: r3=…, r5=…"""
    mode = 0 if uri.startswith("coaps:") else 3
    return [(f"/0/{iid}", {0: uri, 1: False, 2: mode, 10: short_id,
                           **{int(k[1:]): v for k, v in security.items()}}),
            (f"/1/{iid}", {0: short_id, 1: lifetime, 6: True, 7: "U"})]


class RawBootstrap(Peer):
    """pack: the answer to a request for a Bootstrap-Pack; code: what a Bootstrap-Request is answered with."""

    def __init__(self, **options):
        self.pack, self.code = None, "2.04"
        super().__init__(**options)

    @property
    def uri(self):
        return f"coap://127.0.0.1:{self.port}"

    def on_request(self, message, address):
        if message.path == "/bs" and message.code == coap.POST:
            return Message(code=coap.code(self.code))
        if message.path == "/bspack" and self.pack is not None:
            return Message(code=coap.code("2.05"), payload=self.pack).add(
                coap.CONTENT_FORMAT, coap.uint(coap.SENML_JSON))
        return Message(code=coap.code("4.04"))

    def wait_request(self, endpoint, timeout=20, since=0, path="/bs"):
        """The address of the client, once it asked."""
        return self.expect(lambda r: r.message.is_request and r.message.path == path
                           and r.message.query.get("ep") == endpoint,
                           timeout, since, f"Bootstrap-Request of {endpoint}").address

    def ask_client(self, address, method, path, **parts):
        return self.ask(coap.request(method, path, **parts), address)

    def write(self, address, path, values):
        return self.ask_client(address, coap.PUT, path, format=coap.SENML_JSON, payload=senml(path, values))

    def provide(self, address, accounts, delete=("/0", "/1")):
        """A whole session; the answer to Bootstrap-Finish."""
        for path in delete:
            assert self.ask_client(address, coap.DELETE, path).status == "2.02"
        for pair in accounts:
            for path, values in pair:
                answer = self.write(address, path, values)
                assert answer.status == "2.04", answer
        return self.ask_client(address, coap.POST, FINISH)
