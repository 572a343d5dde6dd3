# SPDX-License-Identifier: Apache-2.0
"""lwm2mctl under test, a message bus of its own, and an agent that is none: it answers as it is told.

    bus = PrivateBus(folder)
    with FakeAgent(bus.address) as agent:
        agent.values["/3/0/9"] = [("/3/0/9", "integer", ("x", 80))]
        run("read", "/3/0/9", bus=bus).stdout

The interface is the one of etc/dbus/org.lwm2m.Agent1.xml.
"""

import os
import re
import select
import shlex
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "lab"))
import bus as lab_bus  # noqa: E402

try:
    import jeepney
except ImportError:  # another Python than Debian's, which can use it all the same
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        import jeepney
    except ImportError:
        jeepney = None
if jeepney:
    from jeepney import DBusAddress, HeaderFields, MessageFlag, MessageType
    from jeepney.io.blocking import open_dbus_connection

BUILD = Path(os.environ.get("LWM2M_BUILD") or ROOT / "build").resolve()
PROGRAM = BUILD / "agent" / "ctl" / "lwm2mctl"
WRAPPER = shlex.split(os.environ.get("LWM2M_WRAPPER", ""))
SKIPPED = 77

NAME = "org.lwm2m.Agent1"
PATH = "/org/lwm2m/Agent1"
ERROR = NAME + ".Error."
DBUS_ERROR = "org.freedesktop.DBus.Error."
SECOND = 1_000_000


def missing():
    """Why these tests cannot run here; None when they can."""
    if not jeepney:
        return "no module jeepney: packaging/install-deps --test installs python3-jeepney"
    if not PROGRAM.exists():
        return f"no {PROGRAM}"
    return None


def wait_until(condition, what, timeout=20):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"no {what} within {timeout} s")
        time.sleep(0.01)


def environment(**more):
    """Without what would change the output: width, colour, time zone."""
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR", "LWM2M_CONFIG", "LC_ALL")}
    return {**kept, "TERM": "xterm", "LANG": "C.UTF-8", "TZ": "UTC", **more}


def command(*words, bus=None):
    return [*WRAPPER, str(PROGRAM), *(["--bus", bus.address] if bus else []), *words]


def run(*words, bus=None, check=0, timeout=30, cwd=None, **env):
    """check: the exit status it has to have; None for any."""
    done = subprocess.run(command(*words, bus=bus), env=environment(**env), stdin=subprocess.DEVNULL, timeout=timeout, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if check is not None and done.returncode != check:
        raise AssertionError(f"lwm2mctl {' '.join(words)}: exit status {done.returncode}, not {check}\n"
                             f"{done.stdout}{done.stderr}")
    return done


class PrivateBus(lab_bus.Daemon):
    """policy: what everybody may, in place of everything."""

    def __init__(self, folder, policy=None):
        config = lab_bus.CONFIG
        if policy:
            config = re.sub(r"(?s)<policy.*</policy>", policy, config).replace("session<", "system<")
        super().__init__(folder, config)


class Refused(Exception):
    """What a method answers in place of a result."""

    def __init__(self, name, message=""):
        super().__init__(name, message)


def now():
    return int(time.time() * SECOND)


def server(name="main", short_id=101, **more):
    """The properties of a server that is registered; more: others, as (signature, value)."""
    return {"Name": ("s", name), "ShortId": ("q", short_id), "Uri": ("s", "coaps://lwm2m.example.com:5684"),
            "State": ("s", "registered"), "Version": ("s", "1.1"), "Binding": ("s", "U"), "Queue": ("b", False),
            "Security": ("s", "psk"), "Lifetime": ("u", 86400), "RegisteredAt": ("t", now() - 7500 * SECOND),
            "NextUpdateAt": ("t", now() + 3300 * SECOND), "NextTryAt": ("t", 0), "LastError": ("s", ""),
            "Location": ("s", "/rd/5a"), "Observations": ("u", 3), **more}


def plugin(name="system", **more):
    return {"Name": ("s", name), "Module": ("s", name + ".so"), "State": ("s", "running"), "Isolation": ("s", "process"),
            "Pid": ("u", 4711), "Restarts": ("u", 0), "StartedAt": ("t", now() - 7500 * SECOND), "NextTryAt": ("t", 0),
            "LastError": ("s", ""), "Objects": ("aq", [3303, 3320]), **more}


def object_(id, instances=(0,), provider="agent", version="1.1"):
    return {"Id": ("q", id), "Version": ("s", version), "Instances": ("aq", list(instances)), "Provider": ("s", provider)}


class FakeAgent:
    """agent: properties of the agent. servers, plugins, objects: lists of properties. values: path → what Read answers.
    refusals: method → Refused. calls: what was called, as (method, body). methods: method → function(body, caller)."""

    def __init__(self, address, start=True):
        self.address = address
        self.agent = {"Version": ("s", "0.1.0"), "Endpoint": ("s", "gateway-17"), "State": ("s", "registered"),
                      "Status": ("s", "registered to main"), "StartedAt": ("t", now() - 7600 * SECOND),
                      "LogLevel": ("s", "notice")}
        self.servers, self.plugins = [server()], [plugin()]
        self.objects = [object_(1), object_(3), object_(3303, (0, 1), "plugin system")]
        self.values, self.refusals, self.methods, self.calls, self.watchers = {}, {}, {}, [], []
        self.silent = False  # answers nothing
        self.is_interactive = False  # did the last call allow to ask for a password?
        self._connection = None
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._connection = open_dbus_connection(bus=self.address)
        self._stopping, self._waker = socket.socketpair()
        self._has_name = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        # Calls come as soon as the bus has given the name: the thread is there for them before.
        self._connection.send(jeepney.new_method_call(jeepney.DBus(), "RequestName", "su", (NAME, 4)))
        if not self._has_name.wait(20):
            raise AssertionError(f"the bus does not give {NAME}")

    def stop(self):
        """As an agent that ends: its name goes with the connection."""
        if not self._connection:
            return
        self._waker.close()
        self._thread.join()
        self._stopping.close()
        self._connection.close()
        self._connection = None
        self.watchers.clear()

    def _next(self):
        """The next message; None: stop() was called, or the bus has gone."""
        while True:
            message = self._connection.parser.get_next_message()  # several may have come at once
            if message:
                return message
            if self._stopping in select.select([self._connection.sock, self._stopping], [], [])[0]:
                return None
            try:
                return self._connection.receive(timeout=0.1)
            except TimeoutError:
                continue
            except OSError:
                return None

    def _run(self):
        for message in iter(self._next, None):
            if message.header.message_type == MessageType.method_return:
                self._has_name.set()
            if message.header.message_type == MessageType.method_call and not self.silent:
                answer = self._answer(message)
                try:
                    self._connection.send(answer)
                except OSError:  # a method that ended the connection
                    return

    def _answer(self, message):
        fields = message.header.fields
        member, sender = fields[HeaderFields.member], fields[HeaderFields.sender]
        self.calls.append((fields[HeaderFields.path], member, message.body))
        self.is_interactive = bool(message.header.flags & MessageFlag.allow_interactive_authorization)
        try:
            if member in self.refusals:
                raise self.refusals[member]
            if member in self.methods:
                signature, body = self.methods[member](message.body, sender)
            else:
                signature, body = getattr(self, "_do_" + member)(message.body, sender)
        except Refused as e:
            return jeepney.new_error(message, e.args[0], "s", (e.args[1],))
        except AttributeError:
            return jeepney.new_error(message, DBUS_ERROR + "UnknownMethod", "s", (f"There is no method {member}",))
        return jeepney.new_method_return(message, signature, body)

    def tree(self):
        return {
            **{f"{PATH}/servers/{properties['ShortId'][1]}": {NAME + ".Server": properties} for properties in self.servers},
            **{f"{PATH}/objects/{properties['Id'][1]}": {NAME + ".Object": properties} for properties in self.objects},
            **{f"{PATH}/plugins/p{n}": {NAME + ".Plugin": properties} for n, properties in enumerate(self.plugins)},
        }

    def _do_GetAll(self, body, sender):
        return "a{sv}", (self.agent,)

    def _do_GetManagedObjects(self, body, sender):
        return "a{oa{sa{sv}}}", (self.tree(),)

    def _do_Read(self, body, sender):
        if body[0] not in self.values:
            raise Refused(ERROR + "NotFound", f"There is no {body[0]}")
        return "a(ssv)", (self.values[body[0]],)

    def _do_Watch(self, body, sender):
        self.watchers.append((sender, body[0]))
        return "", ()

    def _nothing(self, body, sender):
        return "", ()

    _do_Write = _do_Execute = _do_Send = _do_Register = _do_Deregister = _do_Bootstrap = _nothing
    _do_RestartPlugin = _do_SetLogLevel = _do_Unwatch = _nothing

    def _signal(self, member, signature, body, to=None, interface=NAME):
        signal = jeepney.new_signal(DBusAddress(PATH, interface=interface), member, signature, body)
        if to:
            signal.header.fields[HeaderFields.destination] = to
        self._connection.send(signal)

    def tell(self, path, type, value):
        """A change, to those who watch something above it."""
        for watcher, watched in list(self.watchers):
            if path == watched or path.startswith(watched + "/"):
                self._signal("ValueChanged", "ssv", (path, type, value), watcher)

    def tell_removed(self, path):
        for watcher, watched in list(self.watchers):
            if watched == path or watched.startswith(path + "/"):
                self._signal("Removed", "s", (path,), watcher)

    def tell_added(self, properties):
        """An object that comes."""
        self.objects.append(properties)
        self._signal("InterfacesAdded", "oa{sa{sv}}", (f"{PATH}/objects/{properties['Id'][1]}", {NAME + ".Object": properties}),
                     interface="org.freedesktop.DBus.ObjectManager")

    def tell_properties(self, below, interface, changed):
        """Changed properties of what is below in the tree."""
        signal = jeepney.new_signal(DBusAddress(f"{PATH}/{below}", interface="org.freedesktop.DBus.Properties"),
                                    "PropertiesChanged", "sa{sv}as", (f"{NAME}.{interface}", changed, []))
        self._connection.send(signal)


class Program:
    """lwm2mctl that goes on, as observe does; its lines come as they are written."""

    def __init__(self, *words, bus=None, **env):
        self.lines, self.errors = [], []
        self._process = subprocess.Popen(command(*words, bus=bus), env=environment(**env), stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((self._process.stdout, self.lines), (self._process.stderr, self.errors))]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines):
        with stream:
            for line in stream:
                lines.append(line.rstrip("\n"))

    def wait_line(self, pattern, timeout=20):
        def found():
            return next((line for line in list(self.lines) if re.search(pattern, line)), None)

        wait_until(lambda: found() is not None or self._process.poll() is not None, repr(pattern), timeout)
        if found() is None:
            for reader in self._readers:
                reader.join(10)
        if found() is None:
            raise AssertionError(f"no {pattern!r} in {self.lines} {self.errors}")
        return found()

    def stop(self, number):
        """The exit status."""
        self._process.send_signal(number)
        return self.wait()

    def wait(self):
        status = self._process.wait(20)
        for reader in self._readers:
            reader.join(10)
        return status

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
            self.wait()
