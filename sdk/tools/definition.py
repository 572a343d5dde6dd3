# SPDX-License-Identifier: Apache-2.0
"""Object definitions as OMA's registry has them: XML files of DDF form, read into what the tools here need."""

import os
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

REGISTRY = "https://github.com/OpenMobileAlliance/lwm2m-registry"
VARIABLE = "LWM2M_DEFINITIONS"

# As the host names them, and the macros of lwm2m/plugin.h.
TYPES = {"string": "string", "integer": "integer", "unsigned integer": "unsigned", "float": "float",
         "boolean": "boolean", "opaque": "opaque", "time": "time", "objlnk": "objlnk", "corelnk": "corelnk",
         "": "none", "none": "none"}


class DefinitionError(Exception):
    """One line for people."""


@dataclass
class Resource:
    id: int
    name: str
    operations: str  # R, W, RW, E
    type: str        # of TYPES
    multiple: bool
    mandatory: bool
    range: str
    units: str

    def accepts(self, text):
        """Is a value, as the host prints it, within the range? A range that is not understood accepts all."""
        if self.type not in ("integer", "unsigned", "float"):
            return True
        value, number = float(text), r"(-?\d+(?:\.\d+)?)"
        bounds = re.fullmatch(number + r"\s*(?:\.\.|to|-)\s*" + number, self.range)
        if bounds:
            return float(bounds[1]) <= value <= float(bounds[2])
        if re.fullmatch(rf"{number}(\s*,\s*{number})+", self.range):
            return value in {float(one) for one in self.range.split(",")}
        return True


@dataclass
class Definition:
    id: int
    name: str
    version: str
    multiple: bool
    resources: dict = field(default_factory=dict)


def text_of(element, name):
    found = element.find(name)
    return (found.text or "").strip() if found is not None else ""


def read_resource(path, item):
    if not re.fullmatch(r"\d{1,5}", item.get("ID", "")):
        raise DefinitionError(f"{path}: an Item has no ID")
    rid, type = int(item.get("ID")), text_of(item, "Type").lower()
    if type not in TYPES:
        raise DefinitionError(f"{path}: resource {rid}: there is no type {text_of(item, 'Type')}")
    operations = text_of(item, "Operations").upper()
    if operations not in ("", "R", "W", "RW", "E"):
        raise DefinitionError(f"{path}: resource {rid}: there are no operations {operations}")
    return Resource(rid, text_of(item, "Name"), operations, TYPES[type],
                    text_of(item, "MultipleInstances") == "Multiple", text_of(item, "Mandatory") == "Mandatory",
                    text_of(item, "RangeEnumeration"), text_of(item, "Units"))


def read(path):
    """The one object of a file."""
    try:
        found = ElementTree.parse(path).getroot().findall("Object")
    except (OSError, ElementTree.ParseError) as e:
        raise DefinitionError(f"{path}: {getattr(e, 'strerror', None) or e}")
    if len(found) != 1 or not text_of(found[0], "ObjectID").isdigit():
        raise DefinitionError(f"{path}: it does not define one object: <LWM2M><Object>…<ObjectID>")
    element = found[0]
    # A definition that says nothing of its version is 1.0.
    definition = Definition(int(text_of(element, "ObjectID")), text_of(element, "Name"),
                            text_of(element, "ObjectVersion") or "1.0",
                            text_of(element, "MultipleInstances") == "Multiple")
    for item in element.findall("Resources/Item"):
        resource = read_resource(path, item)
        definition.resources[resource.id] = resource
    return definition


def find(object_id, folder=None):
    """The newest definition of an object in a folder, by default that of LWM2M_DEFINITIONS."""
    folder = folder or os.environ.get(VARIABLE)
    where = f"get the definitions with \"git clone {REGISTRY}\", and name that folder by --definitions or {VARIABLE}"
    if not folder:
        raise DefinitionError(f"no folder with definitions is known: {where}")
    # 3303.xml; older ones are version_history/3303-1_0.xml.
    for path in (Path(folder, f"{object_id}.xml"), *sorted(Path(folder).glob(f"**/{object_id}-*.xml"), reverse=True)):
        if path.exists():
            return path
    raise DefinitionError(f"{folder} has no {object_id}.xml: {where}")
