# SPDX-License-Identifier: Apache-2.0
"""lwm2m-agent under lwm2m-bench: writes its configuration into a temporary folder, runs the bench, gives its figures.

Without security and without D-Bus, so that LwM2M itself is measured; the device's texts are set, so that /3/0 is the
same on each machine. Agent and bench share one processor: figures of two that wake each other differ too much.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

TEST_PLUGIN = "test-object"
SINK = "/33000/0/0"  # takes a body as a stream
CREATABLE = 3442  # an object that makes instances with all resources from an empty Create

CONFIG = """\
[agent]
endpoint = bench
[device]
manufacturer = Example
model_number = Gateway
serial_number = 0001
[server.bench]
uri = coap://127.0.0.1:{port}
short_id = 1
lifetime = 86400
security = nosec
"""
PLUGIN_CONFIG = "[plugin]\nmodule = {name}.so\nenabled = yes\nisolation = {isolation}\n"


class BenchError(Exception):
    """The bench or the agent failed; the message says all there is to say."""


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Harness:
    def __init__(self, bench, agent, host, plugins):
        self.bench, self.agent, self.host, self.plugins = bench, agent, host, Path(plugins)

    def why_no_plugin(self):
        """Why the phases that need the test plugin cannot run; None when they can."""
        module = self.plugins / f"{TEST_PLUGIN}.so"
        return None if module.exists() else f"there is no {module}"

    def run(self, *options, plugin=None, wrapper=(), null=False):
        """plugin: the isolation of the test plugin, None without it. The figures of one run of the bench, {"get.rate": 1.0}, and its table."""
        with tempfile.TemporaryDirectory(prefix="lwm2m-bench-") as folder:
            return self._run(Path(folder), [str(option) for option in options], plugin, list(wrapper), null)

    def _run(self, folder, options, plugin, wrapper, null):
        port, log = free_port(), folder / "agent.log"
        (folder / "state").mkdir(mode=0o700)
        (folder / "agent.conf").write_text(CONFIG.format(port=port))
        (folder / "plugins.d").mkdir()
        if plugin:
            (folder / "plugins.d" / f"{TEST_PLUGIN}.conf").write_text(PLUGIN_CONFIG.format(name=TEST_PLUGIN, isolation=plugin))
        cpu = min(os.sched_getaffinity(0))
        client = ["--null-client"] if null else [
            "--", *wrapper, self.agent, "--config", folder / "agent.conf", "--state-dir", folder / "state",
            "--plugin-dir", self.plugins, "--bus", "none"]
        command = [self.bench, "--port", port, "--cpu-client", cpu, "--cpu-bench", cpu, "--client-log", log, "--json",
                   *options, *client]
        done = subprocess.run([str(word) for word in command], env={**os.environ, "LWM2M_PLUGIN_HOST": self.host},
                              cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise BenchError(f"{done.stderr.strip()}\nThe agent said:\n{said}")
        sys.stderr.write(done.stderr)
        return json.loads(done.stdout)


def from_arguments(description):
    parser = argparse.ArgumentParser(description=description)
    for name in ("bench", "agent", "host"):
        parser.add_argument(f"--{name}", required=True, type=os.path.abspath)
    parser.add_argument("--plugins", required=True, type=os.path.abspath, help="the folder with test-object.so")
    return Harness(**vars(parser.parse_args()))


def main(run):
    try:
        sys.exit(run())
    except BenchError as error:
        sys.exit(f"bench: {error}")
