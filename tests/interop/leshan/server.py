# SPDX-License-Identifier: Apache-2.0
"""One running driver: Leshan's LwM2M server, with or without its bootstrap server.

The protocol to the Java side is described in driver/LeshanDriver.java.
"""

import concurrent.futures
import itertools
import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .build import class_path, tool

JVM_OPTIONS = ["-Xmx192m", "-Xshare:auto", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
               "-Djava.net.preferIPv4Stack=false", "-Dorg.slf4j.simpleLogger.showDateTime=true"]


class LeshanError(Exception):
    """Leshan gave no usable answer: kind is "timeout", "unknown-client", "bad-request" or a Java exception's name."""

    def __init__(self, kind, message):
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Answer(dict):
    """An answer of the driver; keys are attributes too (success, code, content, types, format, payload, ...)."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def _absolute(files):
    """Of a dict of paths and lists of paths."""
    return files and {k: [os.path.abspath(f) for f in v] if isinstance(v, (list, tuple)) else os.path.abspath(v)
                      for k, v in files.items()}


class Leshan:
    """A running driver. Ports: 0 = any free one, None = no such endpoint. bootstrap: True or a dict of ports.

    x509: {"cert":, "key":, "trust": [..]} PEM paths (key PKCS#8; no trust = any client); rpk: {"public":, "private":}
    PEM paths; cid: length of the DTLS connection id; oscore: accept OSCORE on the coap ports; models: folder of object
    definitions (*.xml); awake_time: seconds a queue mode client stays awake; trace: an event "coap" for each message;
    californium: {"COAP.ACK_TIMEOUT": "500[ms]", ..}; log: file for the Java log; log_level: trace debug info warn error.
    """

    def __init__(self, host="127.0.0.1", coap=0, coaps=0, bootstrap=None, x509=None, rpk=None, cid=None, oscore=False,
                 models=None, awake_time=None, trace=False, californium=None, log=None, log_level="warn"):
        path = class_path()
        self._answers, self._events = {}, []
        self._ids, self._lock, self._news = itertools.count(1), threading.Lock(), threading.Condition()
        self._dead = False
        self._folder = tempfile.TemporaryDirectory(prefix="leshan-")  # Californium may write property files
        self.log = Path(log) if log else Path(self._folder.name) / "leshan.log"
        with open(self.log, "ab") as err:
            self._process = subprocess.Popen(
                [tool("JAVA", "java"), *JVM_OPTIONS, f"-Dorg.slf4j.simpleLogger.defaultLogLevel={log_level}",
                 "-cp", path, "driver.LeshanDriver"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, cwd=self._folder.name)
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.ports = self.call(
                "start", wait=60, host=host, coap=coap, coaps=coaps, cid=cid, oscore=oscore, awake_time=awake_time,
                trace=trace, californium=californium, models=os.path.abspath(models) if models else None,
                bootstrap={"coap": 0, "coaps": 0} if bootstrap is True else bootstrap or None,
                x509=_absolute(x509), rpk=_absolute(rpk))
        except BaseException:
            self.close()
            raise
        self.coap, self.coaps = self.ports.lwm2m.get("coap"), self.ports.lwm2m.get("coaps")
        self.bs_coap, self.bs_coaps = self.ports.bootstrap.get("coap"), self.ports.bootstrap.get("coaps")
        self.public_key = self.ports.public_key  # hex of the SubjectPublicKeyInfo, None without credentials

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stops the servers (end of stdin), the hard way if need be."""
        if self._process.poll() is None:
            try:
                self._process.stdin.close()
                self._process.wait(10)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait()
        self._reader.join(5)
        self._process.stdout.close()
        self._folder.cleanup()

    # -- plumbing ---------------------------------------------------------------------------------------------------

    def _read(self):
        for line in self._process.stdout:
            message = json.loads(line, object_hook=Answer)
            with self._news:
                if "event" in message:
                    self._events.append(message)
                    self._news.notify_all()
                    continue
                future = self._answers.pop(message["id"], None)
            if future:
                future.set_result(message)
        with self._news:
            self._dead = True
            self._news.notify_all()
            left, self._answers = list(self._answers.values()), {}
        for future in left:
            future.set_result(Answer(error="dead", message="the driver has ended"))

    def submit(self, op, **arguments):
        """Sends a request, returns a Future of its raw Answer. Arguments that are None are left out."""
        request = {"id": next(self._ids), "op": op, **{k: v for k, v in arguments.items() if v is not None}}
        future = concurrent.futures.Future()
        with self._news:
            if self._dead:
                raise LeshanError("dead", "the driver has ended")
            self._answers[request["id"]] = future
        with self._lock:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        return future

    def call(self, op, wait=None, **arguments):
        """Sends a request and waits for its Answer; LeshanError where there is none. A CoAP error code is an Answer."""
        answer = self.submit(op, **arguments).result(wait or (arguments.get("timeout") or 5) + 20)
        if "error" in answer:
            raise LeshanError(answer["error"], answer.get("message"))
        return answer

    def wait_event(self, name, timeout=10, where=None, **match):
        """Removes and returns the first event, past or coming, of that name whose members equal match (where: a test)."""
        end = time.monotonic() + timeout
        with self._news:
            while True:
                for i, event in enumerate(self._events):
                    if event["event"] == name and all(event.get(k) == v for k, v in match.items()) \
                            and (where is None or where(event)):
                        return self._events.pop(i)
                left = end - time.monotonic()
                if left <= 0 or self._dead:
                    raise LeshanError("timeout", f"no event {name} {match} within {timeout} s")
                self._news.wait(left)

    def events(self, name=None, **match):
        """The events not yet taken, without taking them."""
        with self._news:
            return [e for e in self._events
                    if name in (None, e["event"]) and all(e.get(k) == v for k, v in match.items())]

    def clear_events(self):
        with self._news:
            self._events.clear()

    # -- registry and credentials -----------------------------------------------------------------------------------

    def clients(self):
        return self.call("clients").clients

    def client(self, ep):
        return self.call("client", ep=ep).client

    def add_psk(self, ep, identity, key, bootstrap=False):
        """identity: text, key: bytes. bootstrap: at the bootstrap server instead of the LwM2M server."""
        return self.call("security-add", ep=ep, psk={"identity": identity, "key": key.hex()}, bootstrap=bootstrap)

    def add_rpk(self, ep, public_key, bootstrap=False):
        """public_key: DER of the SubjectPublicKeyInfo."""
        return self.call("security-add", ep=ep, rpk=public_key.hex(), bootstrap=bootstrap)

    def add_x509(self, ep, bootstrap=False):
        """The subject CN of the client's certificate must be ep."""
        return self.call("security-add", ep=ep, x509=True, bootstrap=bootstrap)

    def add_oscore(self, ep, sender_id, recipient_id, secret, salt=b"", aead=None, hkdf=None, bootstrap=False):
        """The ids are the server's: its sender id is the client's recipient id."""
        return self.call("security-add", ep=ep, bootstrap=bootstrap, oscore={
            "sender_id": sender_id.hex(), "recipient_id": recipient_id.hex(), "secret": secret.hex(), "salt": salt.hex(),
            "aead": aead, "hkdf": hkdf})

    def remove_security(self, ep, bootstrap=False, compromised=True):
        """compromised: close the DTLS connections made with it."""
        return self.call("security-remove", ep=ep, bootstrap=bootstrap, compromised=compromised).removed

    # -- device management; timeout in seconds; formats: TEXT OPAQUE CBOR TLV JSON SENML_JSON SENML_CBOR or a number ----

    def read(self, ep, path, format=None, **more):
        return self.call("read", ep=ep, path=path, format=format, **more)

    def write(self, ep, path, content, format="TLV", update=False, **more):
        """update: POST (partial update) instead of PUT. more: type="INTEGER" or types={path: TYPE}, timeout=.."""
        return self.call("write", ep=ep, path=path, content=content, format=format, update=update, **more)

    def execute(self, ep, path, args=None, **more):
        """args: text such as "0='a',1"."""
        return self.call("execute", ep=ep, path=path, args=args, **more)

    def create(self, ep, obj, content, instance=None, format="TLV", **more):
        """obj: the object's id; instance: the new instance's id (None: the client chooses, see Answer.location)."""
        return self.call("create", ep=ep, path=f"/{obj}", content=content, instance=instance, format=format, **more)

    def delete(self, ep, path, **more):
        return self.call("delete", ep=ep, path=path, **more)

    def discover(self, ep, path, **more):
        """Answer.links: link-format texts."""
        return self.call("discover", ep=ep, path=path, **more)

    def write_attributes(self, ep, path, attributes, **more):
        """attributes: {"pmin": 1, "gt": None} (None unsets) or the query text."""
        if isinstance(attributes, dict):
            attributes = "&".join(k if v is None else f"{k}={v}" for k, v in attributes.items())
        return self.call("write-attributes", ep=ep, path=path, attributes=attributes, **more)

    def observe(self, ep, path, format=None, **more):
        """Answer.observation: its id. Notifications come as events "notification"."""
        return self.call("observe", ep=ep, path=path, format=format, **more)

    def read_composite(self, ep, paths, request_format="SENML_CBOR", response_format="SENML_CBOR", **more):
        """Answer.content: {path: value}."""
        return self.call("read-composite", ep=ep, paths=paths, request_format=request_format,
                         response_format=response_format, **more)

    def write_composite(self, ep, content, format="SENML_CBOR", **more):
        return self.call("write-composite", ep=ep, content=content, format=format, **more)

    def observe_composite(self, ep, paths, request_format="SENML_CBOR", response_format="SENML_CBOR", **more):
        return self.call("observe-composite", ep=ep, paths=paths, request_format=request_format,
                         response_format=response_format, **more)

    def cancel(self, ep, path=None, paths=None, observation=None, active=False, **more):
        """Cancels by path (observe), paths (observe-composite) or id; not active: forget it and reset the next one."""
        return self.call("cancel", ep=ep, path=path, paths=paths, observation=observation, active=active, **more)

    def observations(self, ep):
        return self.call("observations", ep=ep).observations

    # -- bootstrap --------------------------------------------------------------------------------------------------

    def put_bootstrap(self, ep, security, servers, delete=("/0", "/1"), auto_id=True, format=None, **more):
        """security, servers: {instance: security_entry()}, {instance: server_entry()}; more: acls, oscore (Leshan's names).

        auto_id: start with a Bootstrap-Discover and keep clear of the bootstrap server's own instance of object 0.
        """
        return self.call("bootstrap-put", ep=ep, config={
            "security": security, "servers": servers, "toDelete": list(delete), "autoIdForSecurityObject": auto_id,
            **({"contentFormat": format} if format else {}), **more})

    def remove_bootstrap(self, ep):
        return self.call("bootstrap-remove", ep=ep).removed


def security_entry(uri, server_id, mode="NO_SEC", identity=b"", key=b"", server_key=b"", bootstrap=False, **more):
    """Object 0 of a bootstrap config. mode: NO_SEC PSK RPK X509; identity, key, server_key: bytes (DER for RPK, X509)."""
    return {"uri": uri, "serverId": server_id, "bootstrapServer": bootstrap, "securityMode": mode,
            "publicKeyOrId": identity.hex(), "secretKey": key.hex(), "serverPublicKey": server_key.hex(), **more}


def server_entry(short_id, lifetime=60, binding=("U",), **more):
    """Object 1 of a bootstrap config; more: the field names of Leshan's BootstrapConfig.ServerConfig."""
    return {"shortId": short_id, "lifetime": lifetime, "binding": list(binding), **more}
