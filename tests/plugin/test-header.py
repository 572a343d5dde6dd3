#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lwm2m/plugin.h in front of compilers: what it promises to refuse is refused, all else passes without a warning.

test-header.py INCLUDE CC...
"""

import itertools
import re
import shutil
import subprocess
import sys

FIELDS = {
    "char": "char f", "text": "char f[8]", "bytes": "LW_BYTES(8) f", "link": "struct lw_objlnk f", "bool": "bool f",
    "float": "float f", "double": "double f", "pointer": "const char *f",
    **{name: f"{name}_t f" for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
}
SIGNED = {"int8", "int16", "int32", "int64"}
FITS = {
    "STRING": {"text"}, "CORELNK": {"text"}, "INTEGER": SIGNED, "UNSIGNED": {"u" + name for name in SIGNED},
    "FLOAT": {"float", "double"}, "BOOLEAN": {"bool"}, "OPAQUE": {"bytes"}, "TIME": {"int64"}, "OBJLNK": {"link"},
}
ARRAYS = {
    "STRING": "LW_ARRAY_STRING(8, 4)", "CORELNK": "LW_ARRAY_STRING(8, 4)", "INTEGER": "LW_ARRAY(int32_t, 4)",
    "UNSIGNED": "LW_ARRAY(uint8_t, 4)", "FLOAT": "LW_ARRAY(double, 4)", "BOOLEAN": "LW_ARRAY(bool, 4)",
    "OPAQUE": "LW_ARRAY_BYTES(8, 4)", "TIME": "LW_ARRAY(int64_t, 4)", "OBJLNK": "LW_ARRAY(struct lw_objlnk, 4)",
}
ALSO_FIT = {("CORELNK", "STRING"), ("STRING", "CORELNK"), ("INTEGER", "TIME")}
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wundef", "-Wwrite-strings", "-Wno-missing-field-initializers", "-Werror"]




def cases():
    """(declaration, resource, does it pass?)"""
    for (name, fits), (field, declaration) in itertools.product(FITS.items(), FIELDS.items()):
        yield declaration, f"LW_RES_{name}(1, LW_RW, struct s, f)", field in fits
    for name, (kind, array) in itertools.product(ARRAYS, ARRAYS.items()):
        yield f"{array} f", f"LW_RES_ARRAY_{name}(1, LW_RW, struct s, f)", name == kind or (name, kind) in ALSO_FIT
    yield "double f", "LW_RES_FLOAT(1, LW_R, struct s, f, LW_PRESENT(struct s, there))", True
    yield "double f", "LW_RES_FLOAT(1, LW_R, struct s, f, LW_PRESENT(struct s, f))", False


def source(which):
    """A plugin with an object for each case, which begins at the line of its number in the file "case"."""
    lines = ["#include <lwm2m/plugin.h>"]
    for number, (declaration, resource, _) in which:
        lines += [f'#line {number} "case"', "struct s%d { %s; bool there; };" % (number, declaration),
                  f'#line {number} "case"', "static const struct lw_resource resources%d[] = { %s, LW_RES_END };"
                  % (number, resource.replace("struct s", f"struct s{number}")),
                  "static const struct lw_object object%d = { .id = %d, .version = \"1.0\", .resources = resources%d,"
                  " .data_size = sizeof(struct s%d) };" % (number, number, number, number)]
    lines.append('LW_PLUGIN("x", %s);' % ", ".join(f"&object{number}" for number, _ in which))
    return "\n".join(lines) + "\n"


def compile(compiler, standard, include, text):
    return subprocess.run([*compiler, f"-std={standard}", *WARNINGS, "-fsyntax-only", "-I", include, "-x", "c", "-"],
                          input=text, capture_output=True, text=True)


def check(compiler, include):
    numbered = list(enumerate(cases(), 1))
    good = source([case for case in numbered if case[1][2]])
    for standard in ("gnu11", "c11", "gnu17"):
        run = compile(compiler, standard, include, good)
        if run.returncode != 0:
            yield f"{standard}: {run.stderr}"
    limit = ["-ferror-limit=0"] if "clang" in " ".join(compiler) else []
    run = compile(compiler + limit, "gnu11", include, source(numbered))
    refused = {int(number) for number in re.findall(r"(?m)^case:(\d+):", run.stderr)}
    for number, (declaration, resource, passes) in numbered:
        if not passes and number not in refused:
            yield f"{declaration}: {resource} passes"
    print(f"{' '.join(compiler)}: {len(refused)} of {len(numbered)} declarations refused")


def main(include, *compiler):
    compilers = [list(compiler)]
    if shutil.which("clang") and "clang" not in compiler:
        compilers.append(["clang"])
    wrong = [f"{' '.join(one)}: {line}" for one in compilers for line in check(one, include)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
