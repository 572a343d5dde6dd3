# SPDX-License-Identifier: Apache-2.0
"""What the tests of the SDK's tools share: where things are, definitions and plugins made on the spot."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "sdk" / "tools"
PLUGINS = Path(os.environ.get("LWM2M_TEST_PLUGINS", ROOT / "build" / "tests" / "plugins"))
HOST = os.environ.get("LWM2M_PLUGIN_HOST", str(ROOT / "build" / "agent" / "lwm2m-plugin-host"))
CC = shlex.split(os.environ.get("CC", "cc"))
ENVIRONMENT = {**os.environ, "LWM2M_PLUGIN_HOST": HOST}

DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<LWM2M><Object ObjectType="MODefinition">
  <Name>Kettle</Name><Description1><![CDATA[Water]]></Description1>
  <ObjectID>{id}</ObjectID><ObjectURN>urn:oma:lwm2m:x:{id}:1.1</ObjectURN>
  <LWM2MVersion>1.0</LWM2MVersion><ObjectVersion>1.1</ObjectVersion>
  <MultipleInstances>{instances}</MultipleInstances><Mandatory>Optional</Mandatory>
  <Resources>{items}</Resources>
</Object></LWM2M>
"""
ITEM = """<Item ID="{}"><Name>{}</Name><Operations>{}</Operations><MultipleInstances>{}</MultipleInstances>
<Mandatory>{}</Mandatory><Type>{}</Type><RangeEnumeration>{}</RangeEnumeration><Units>{}</Units>
<Description><![CDATA[x]]></Description></Item>"""


def definition(path, items, id=33050, instances="Single"):
    """items: (ID, name, operations, "Single", "Optional", type, range, units), the last ones may be left out."""
    rows = [ITEM.format(*item, *("", "")[:8 - len(item)]) for item in items]
    path.write_text(DEFINITION.format(id=id, instances=instances, items="".join(rows)))
    return path


def module(path, source):
    """Compiles a plugin; returns the module's path."""
    code = path.with_suffix(".c")
    code.write_text(source)
    subprocess.run([*CC, "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-shared", "-fPIC", "-I",
                    ROOT / "sdk" / "include", code, "-o", path], check=True)
    return path


def run(tool, *arguments, cwd=None, environment=None):
    return subprocess.run([sys.executable, TOOLS / tool, *arguments], capture_output=True, text=True, cwd=cwd,
                          env={**ENVIRONMENT, **(environment or {})}, timeout=60)
