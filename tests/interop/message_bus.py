# SPDX-License-Identifier: Apache-2.0
"""A system bus of a test's own, with the agent's bus policy, and connections to it.

    bus = MessageBus(folder)
    caller = bus.connect()
    caller.call("Read", "(s)", "/3/0")

Needs dbus-daemon and python3-gi; Unavailable says what is missing. Connections are driven by the test: whoever waits for a
signal turns the main context until it is there.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

DEBIAN_PYTHON = "/usr/bin/python3"

try:
    from gi.repository import Gio, GLib
except ImportError:
    # Debian's packages are for Debian's Python: where another one comes first, the whole test goes on with that.
    if os.path.exists(DEBIAN_PYTHON) and not os.path.samefile(DEBIAN_PYTHON, sys.executable):
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])
    Gio = GLib = None

ROOT = Path(__file__).resolve().parents[2]
POLICY = ROOT / "etc" / "dbus" / "org.lwm2m.Agent1.conf"
NAME = INTERFACE = "org.lwm2m.Agent1"
PATH = "/org/lwm2m/Agent1"
ERROR = "org.lwm2m.Agent1.Error."
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"

# Two users that are not root: one like a member of the group lwm2m-agent, and one like anybody.
MEMBER, ANYBODY = 1, 65534

# As /usr/share/dbus-1/system.conf has it, as far as it matters here. The user that runs the test is the agent's. That
# daemon is a member of the group lwm2m-agent, which need not exist here, is said by a rule.
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
<type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default">
<allow user="*"/><deny own="*"/><deny send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
<allow send_destination="org.freedesktop.DBus"/>
</policy>
<policy user="{user}">
<allow own="org.freedesktop.PolicyKit1"/><allow send_destination="org.freedesktop.PolicyKit1"/>
</policy>
<include>{policy}</include>
<policy user="daemon"><allow send_destination="org.lwm2m.Agent1"/></policy>
</busconfig>
"""


def variant(signature, value):
    return GLib.Variant(signature, value)


class Unavailable(Exception):
    pass


class Refused(Exception):
    """A call that was answered with an error: name and message."""

    def __init__(self, error):
        self.name = Gio.DBusError.get_remote_error(error) or ""
        self.message = error.message.split(": ", 1)[-1] if self.name else error.message
        super().__init__(f"{self.name}: {self.message}")


class MessageBus:
    def __init__(self, folder):
        if Gio is None:
            raise Unavailable("no python3-gi")
        Path(folder).chmod(0o755)  # for other users
        self.socket = Path(folder) / "bus"
        self.address = f"unix:path={self.socket}"
        self._config = Path(folder) / "bus.conf"
        policy = Path(folder) / "policy.conf"
        policy.write_text(POLICY.read_text().replace('user="lwm2m-agent"', f'user="{os.getuid()}"'))
        self._config.write_text(CONFIG.format(socket=self.socket, policy=policy, user=os.getuid()))
        self._daemon = None
        self.start()

    def start(self):
        try:
            self._daemon = subprocess.Popen(
                ["dbus-daemon", "--nofork", "--print-address", "--config-file", str(self._config)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        except FileNotFoundError as e:
            raise Unavailable("no dbus-daemon") from e
        self._daemon.stdout.readline()

    def stop(self):
        """All connections are lost."""
        self._daemon.kill()
        self._daemon.wait()
        self._daemon.stdout.close()
        self.socket.unlink(missing_ok=True)

    def signal(self, number):
        self._daemon.send_signal(number)

    def connect(self):
        return Caller(self.address)


POLKIT = """<node><interface name="org.freedesktop.PolicyKit1.Authority"><method name="CheckAuthorization">
<arg type="(sa{sv})" direction="in"/><arg type="s" direction="in"/><arg type="a{ss}" direction="in"/>
<arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="(bba{ss})" direction="out"/></method>
</interface></node>"""


class Polkit:
    """Answers as polkitd would: actions has {action: "yes", "no", "challenge" or "wait"}; asked has what it was asked."""

    def __init__(self, caller, actions):
        self.actions, self.asked = actions, []
        interface = Gio.DBusNodeInfo.new_for_xml(POLKIT).interfaces[0]
        caller.bus.register_object("/org/freedesktop/PolicyKit1/Authority", interface, self._on_call, None, None)
        caller.call_at("/org/freedesktop/DBus", "org.freedesktop.DBus.RequestName", "(su)",
                       "org.freedesktop.PolicyKit1", 0, name="org.freedesktop.DBus")

    def _on_call(self, connection, sender, path, interface, member, arguments, invocation):
        (kind, subject), action, _, flags, _ = arguments.unpack()
        self.asked.append((kind, action, flags))
        answer = self.actions.get(action, "no")
        if answer != "wait":
            invocation.return_value(GLib.Variant("((bba{ss}))", ((answer == "yes", answer == "challenge", {}),)))


# A call as another user: bus address, user, path, method, signature, arguments, interactive?, how often. Prints result or error.
CALL = """
import json, os, sys
address, user, path, method, signature, arguments, interactive, count = json.loads(sys.argv[1])
os.setgroups([]), os.setgid(user), os.setuid(user)
from gi.repository import Gio, GLib
flags = Gio.DBusConnectionFlags
bus = Gio.DBusConnection.new_for_address_sync(address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION,
                                              None, None)
interface, member = method.rsplit(".", 1)
if count > 1:
    # As many at once: until one of them is answered.
    loop, found = GLib.MainLoop(), []
    def answered(bus, result):
        try:
            found.append(bus.call_finish(result).unpack())
        except GLib.Error as e:
            found.append(Gio.DBusError.get_remote_error(e))
        loop.quit()
    for _ in range(count):
        bus.call("org.lwm2m.Agent1", path, interface, member, GLib.Variant(signature, arguments), None, 0, 10000, None,
                 answered)
    loop.run()
    print(json.dumps(found[0]))
    sys.exit()
try:
    print(json.dumps(bus.call_sync("org.lwm2m.Agent1", path, interface, member,
        GLib.Variant(signature, arguments) if signature else None, None,
        Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if interactive else 0, 10000, None).unpack()))
except GLib.Error as e:
    print(json.dumps({"error": Gio.DBusError.get_remote_error(e), "message": e.message}))
"""


class Caller:
    def __init__(self, address):
        flags = Gio.DBusConnectionFlags
        self.address = address
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.set_exit_on_close(False)
        self.name = self.bus.get_unique_name()
        self.signals = []  # (path, interface.member, arguments) of the agent, and of the bus

    def close(self):
        if not self.bus.is_closed():
            self.bus.close_sync(None)

    def call_at(self, path, method, signature=None, *arguments, name=NAME, timeout=15):
        """method: INTERFACE.MEMBER. The result as a tuple of Python values; one of one value as that."""
        interface, member = method.rsplit(".", 1)
        parameters = GLib.Variant(signature, arguments) if signature else None
        try:
            result = self.bus.call_sync(name, path, interface, member, parameters, None,
                                        Gio.DBusCallFlags.NONE, timeout * 1000, None).unpack()
        except GLib.Error as e:
            raise Refused(e) from None
        return result[0] if len(result) == 1 else result

    def call(self, member, signature=None, *arguments):
        return self.call_at(PATH, f"{INTERFACE}.{member}", signature, *arguments)

    def call_as(self, user, path, method, signature=None, *arguments, interactive=False, count=1):
        """The same in a process of another user, while this connection turns: the result, or the error's name."""
        asked = json.dumps([self.address, user, PATH + path, method, signature, arguments, interactive,
                            count])
        process = subprocess.Popen([DEBIAN_PYTHON, "-c", CALL, asked], stdout=subprocess.PIPE, text=True)
        self.wait(lambda: process.poll() is not None, 20, "end of a call")
        with process.stdout:
            result = json.loads(process.stdout.read())
        return result["error"] if isinstance(result, dict) else result

    def get(self, path, interface, name):
        return self.call_at(PATH + path, PROPERTIES + ".Get", "(ss)", INTERFACE + interface, name)

    def read(self, path):
        """{path: (type, value)}"""
        return {found: (kind, value) for found, kind, value in self.call("Read", "(s)", path)}

    def has_name(self, name=NAME):
        return self.call_at("/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner", "(s)", name,
                            name="org.freedesktop.DBus")

    # -- signals

    def listen(self):
        """From now on self.signals has what the agent says."""
        self.bus.signal_subscribe(NAME, None, None, None, None, Gio.DBusSignalFlags.NONE, self._on_signal)
        self.has_name()  # the bus has taken in the match

    def _on_signal(self, connection, sender, path, interface, member, arguments):
        self.signals.append((path.removeprefix(PATH), f"{interface}.{member}", arguments.unpack()))

    def wait(self, condition, timeout=10, what="signal"):
        """Turns until condition() gives something, and returns it."""
        end = time.monotonic() + timeout
        timer = GLib.timeout_add(50, lambda: True)
        try:
            while not (found := condition()):
                if time.monotonic() > end:
                    raise AssertionError(f"no {what} within {timeout} s; last: {self.signals[-5:]}")
                GLib.MainContext.default().iteration(True)
            return found
        finally:
            GLib.source_remove(timer)

    def wait_changed(self, path, name, value, timeout=10):
        """Until PropertiesChanged says that of this node."""
        def told():
            return any(where == path and what == PROPERTIES + ".PropertiesChanged" and arguments[1].get(name) == value
                       for where, what, arguments in self.signals)
        self.wait(told, timeout, f"{name} = {value} of {path or '/'}")
