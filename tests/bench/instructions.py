# SPDX-License-Identifier: Apache-2.0
"""Instructions and allocations the agent needs per request, counted by valgrind: the difference of two runs, so that start
and end do not count. Only user space and only the agent's own process. A pause before each request lets the agent
go to sleep, so that a whole turn of its loop is counted with each; otherwise it might find several at once.

Unlike a time, they are the same everywhere, but for what a compiler and a libc make of the code: more than the bound,
a few percent above what was counted with Debian 12's, fails."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import harness

SKIP = 77
FEW, MANY = 1000, 3000
PAUSE_US = 500  # enough for an agent slowed down by valgrind
TLV, SENML_CBOR, SENML_JSON, LINK = 11542, 112, 110, 40
SUMMARY = re.compile(r"^(?:summary|totals):\s+(\d+)", re.MULTILINE)
HEAP = re.compile(r"total heap usage: ([\d,]+) allocs")

# What is asked, how, the target and the bound.
READS = [
    ("GET of one resource", "/3/0/0", -1, 8000, 7700),
    ("/3/0 as TLV", "/3/0", TLV, 13000, 12300),
    ("/3/0 as SenML CBOR", "/3/0", SENML_CBOR, 18000, 15700),
    ("/3/0 as SenML JSON", "/3/0", SENML_JSON, 16000, 16000),
    ("Discover /3", "/3", LINK, 10000, 10400),
]


def run_under(tool, pattern, bench, *options, plugin=None):
    """The number that pattern finds in what the valgrind tool wrote about a run, from start to end."""
    with tempfile.TemporaryDirectory(prefix="lwm2m-valgrind-") as folder:
        out = Path(folder) / "out"
        figures = bench.run(*options, "--settle", 0, "--pause", PAUSE_US, plugin=plugin,
                            wrapper=["valgrind", *(word.format(out=out) for word in tool)])
        for key, value in figures.items():
            if key.endswith("code") and value >= 3 or key.endswith(".lost"):
                raise harness.BenchError(f"The agent refused {' '.join(map(str, options))}: {key} {value:.2f}")
        return int(pattern.search(out.read_text())[1].replace(",", ""))


def count(bench, *options, plugin=None):
    """Instructions of a run."""
    return run_under(["--quiet", "--tool=callgrind", "--callgrind-out-file={out}"], SUMMARY, bench, *options, plugin=plugin)


def allocations_per_get(bench):
    few, many = (run_under(["--log-file={out}"], HEAP, bench, "--phases", "get", "--requests", n) for n in (200, 600))
    return (many - few) / 400


def per_read(bench, path, accept):
    few, many = (count(bench, "--phases", "get", "--path", path, "--accept", accept, "--requests", n)
                 for n in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def per_block(bench, isolation):
    few, many = (count(bench, "--phases", "put", "--put-path", harness.SINK, "--put-mib", mib, plugin=isolation)
                 for mib in (1, 3))
    return (many - few) / 2048


def why_not():
    if not shutil.which("valgrind"):
        return "valgrind is not installed"
    done = subprocess.run(["valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file=/dev/null", "true"],
                          capture_output=True, text=True)
    return None if done.returncode == 0 else f"valgrind does not work here: {done.stderr.strip().splitlines()[-1:]}"


def print_row(name, figure, target, bound):
    """True when the figure keeps to its bound; 0: there is none."""
    texts = [f"≤ {limit:,}" if limit else "" for limit in (target, bound)]
    good = not bound or figure <= bound
    print(f"  {name:32} {figure:>12,.0f} {texts[0]:>10} {texts[1]:>10}{'' if good else '  ABOVE'}".rstrip(), flush=True)
    return good


def run():
    bench = harness.from_arguments(__doc__)
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        return SKIP
    print(f"  {'instructions per request':32} {'agent':>12} {'target':>10} {'bound':>10}", flush=True)
    good = [print_row(name, per_read(bench, path, accept), *limits) for name, path, accept, *limits in READS]
    reason = bench.why_no_plugin()
    if reason:
        print(f"  1 KiB block of a PUT skipped: {reason}")
    else:
        good.append(print_row("1 KiB block, plugin in the agent", per_block(bench, "none"), 9000, 18900))
        good.append(print_row("1 KiB block, plugin in a process", per_block(bench, "process"), 0, 42000))
    good.append(print_row("Allocations of a GET", allocations_per_get(bench), 5, 4))
    if not all(good):
        raise harness.BenchError("A request costs more than it did; the profile of callgrind says where")
    return 0


if __name__ == "__main__":
    harness.main(run)
