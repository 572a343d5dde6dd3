# SPDX-License-Identifier: Apache-2.0
"""From an object's definition to a value at a server: the installed SDK, a plugin of its own, the agent. Raw peer."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import case
from agent import BUILD, HOST
from case import MODELS, AgentCase
from peer import RawServer

# The object of 33000.xml, one of whose resources is a String that servers write.
DEFINITION = MODELS / "33000.xml"


class TestNewPlugin(AgentCase):
    def setUp(self):
        for tool in "meson", "pkg-config":
            if not shutil.which(tool):
                raise unittest.SkipTest(f"there is no {tool}")
        folder = tempfile.TemporaryDirectory(prefix="lwm2m-sdk-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_tool(self, *command, cwd=None):
        """One of an installed SDK."""
        root = self.folder / "root"
        pc = next(root.rglob("lwm2m-plugin.pc"))
        environment = {**os.environ, "PATH": f"{next(root.rglob('bin'))}:{os.environ['PATH']}",
                       "PKG_CONFIG_LIBDIR": str(pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(root),
                       "LWM2M_PLUGIN_HOST": str(HOST), "CC": "cc", "CFLAGS": "-Werror", "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(list(map(str, command)), cwd=cwd or self.folder, env=environment, capture_output=True,
                             text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def test_whole_way(self):
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--skip-subprojects", "--tags", "devel",
                        "--destdir", self.folder / "root"], check=True)
        self.run_tool("lwm2m-plugin-new", "kettle", DEFINITION)
        kettle = self.folder / "kettle"
        # It makes out-of-tree plugins: nothing of this tree is on the way.
        self.run_tool("meson", "setup", "build", cwd=kettle)
        self.run_tool("meson", "compile", "-C", "build", cwd=kettle)
        self.assertIn("Ok:                 1", self.run_tool("meson", "test", "-C", "build", cwd=kettle))
        self.run_tool("meson", "install", "-C", "build", "--destdir", self.folder / "target", cwd=kettle)
        module = next((self.folder / "target").rglob("kettle.so"))
        self.assertTrue((self.folder / "target/etc/lwm2m-agent/plugins.d/kettle.conf").exists())
        self.serve(module)

    def serve(self, module):
        server = RawServer()
        self.addCleanup(server.close)
        agent = self.start_agent({"uri": server.uri, "lifetime": 300}, {"kettle": {"plugin": {"module": module}}})
        client = server.wait_register(agent.endpoint)
        self.assertTrue([link for link in client.links if "</33000/0>" in link], client.links)
        self.assert_code(server.read(client, "/33000/0"), "2.05")


if __name__ == "__main__":
    case.main()
