# SPDX-License-Identifier: Apache-2.0
"""The text format of Prometheus, version 0.0.4, read strictly: parse(text) is {(name, frozenset of labels): number}."""

import re

NAME = r"[a-z][a-z0-9_]*"
HELP = re.compile(rf"# HELP ({NAME}) (\S.*)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge)")
SAMPLE = re.compile(rf"({NAME})(?:{{(.*)}})? ([0-9]+)")
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
UNITS = "_seconds", "_bytes"


class Malformed(AssertionError):
    pass


def labels(text):
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match or match[1] in found:
            raise Malformed(text)
        found[match[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), match[2])
        at = match.end()
    return frozenset(found.items())


def parse(text):
    """Each family has help, a type and then its samples, once and in one place; names follow the conventions."""
    samples, families, family = {}, {}, None
    if not text.endswith("\n"):
        raise Malformed("the last line does not end")
    lines = iter(text.splitlines())
    for line in lines:
        if match := HELP.fullmatch(line):
            family = match[1]
            kind = TYPE.fullmatch(next(lines, ""))
            if family in families or not kind or kind[1] != family:
                raise Malformed(line)
            families[family] = kind[2]
            if (kind[2] == "counter") != family.endswith("_total") or not family.startswith("lwm2m_agent_"):
                raise Malformed(f"{family} is no good name for a {kind[2]}")
            continue
        match = SAMPLE.fullmatch(line)
        if not match or match[1] != family:
            raise Malformed(line)
        key = family, labels(match[2] or "")
        if key in samples:
            raise Malformed(f"twice: {line}")
        samples[key] = int(match[3])
    return samples


def get(samples, name, **wanted):
    """The sum of all samples with these labels."""
    return sum(number for (family, found), number in samples.items()
               if family == f"lwm2m_agent_{name}" and found >= set(wanted.items()))


def has(samples, name, **wanted):
    return any(family == f"lwm2m_agent_{name}" and found >= set(wanted.items()) for family, found in samples)
