# SPDX-License-Identifier: Apache-2.0
"""Instructions the agent needs per request, counted by valgrind's callgrind: the difference of two runs, so that start
and end do not count. Only user space and only the agent's own process. A pause before each request lets the agent
go to sleep, so that a whole turn of its loop is counted with each; otherwise it might find several at once."""

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

# What is asked, how, the target of issue 3 (0: none) and the one after it.
READS = [
    ("GET of one resource", "/3/0/0", -1, 16000, 8000),
    ("/3/0 as TLV", "/3/0", TLV, 0, 13000),
    ("/3/0 as SenML CBOR", "/3/0", SENML_CBOR, 0, 18000),
    ("/3/0 as SenML JSON", "/3/0", SENML_JSON, 0, 16000),
    ("Discover /3", "/3", LINK, 0, 10000),
]


def count(bench, *options, plugin=None):
    """Instructions of a run, from start to end."""
    with tempfile.TemporaryDirectory(prefix="lwm2m-callgrind-") as folder:
        out = Path(folder) / "out"
        figures = bench.run(*options, "--settle", 0, "--pause", PAUSE_US, plugin=plugin,
                            wrapper=["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"])
        for key, value in figures.items():
            if key.endswith("code") and value >= 3 or key.endswith(".lost"):
                raise harness.BenchError(f"The agent refused {' '.join(map(str, options))}: {key} {value:.2f}")
        return int(SUMMARY.search(out.read_text())[1])


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


def print_row(name, instructions, *targets):
    texts = [f"≤ {target:,}" if target else "" for target in targets]
    print(f"  {name:32} {instructions:>12,.0f} {texts[0]:>10} {texts[1]:>10}".rstrip(), flush=True)


def run():
    bench = harness.from_arguments(__doc__)
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        return SKIP
    print(f"  {'instructions per request':32} {'agent':>12} {'target':>10} {'later':>10}", flush=True)
    for name, path, accept, *targets in READS:
        print_row(name, per_read(bench, path, accept), *targets)
    reason = bench.why_no_plugin()
    if reason:
        print(f"  1 KiB block of a PUT skipped: {reason}")
    else:
        print_row("1 KiB block, plugin in the agent", per_block(bench, "none"), 0, 9000)
        print_row("1 KiB block, plugin in a process", per_block(bench, "process"), 0, 0)
    return 0


if __name__ == "__main__":
    harness.main(run)
