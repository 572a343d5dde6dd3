# SPDX-License-Identifier: Apache-2.0
"""The agent's figures as a table: start, memory, idle, reads, writes, observations. Judges nothing."""

import os
import platform

import harness

# The figures shown, what they are called, their unit and, where issue or plan name one, the target.
READS = [
    ("register.latency", "from start to Register", "ms", "≤ 3"),
    ("register.rss", "resident set once registered, median", "KiB", "≤ 3000"),
    ("register.rss_max", "the same, highest", "KiB", ""),
    ("mem.start.pss", "… shared pages by share", "KiB", ""),
    ("mem.start.anonymous", "… not of files: the agent's own", "KiB", "≤ 700"),
    ("idle.voluntary_switches", "idle wake-ups", "/s", "0"),
    ("idle.cpu", "processor time idle", "µs/s", "0"),
    ("asleep.get.p50", "GET from an agent asleep, median", "µs", ""),
    ("asleep.get.p99", "… 99 %", "µs", ""),
    ("asleep.get.cpu", "… its processor time", "µs", ""),
    ("get.p50", "GET from a busy agent, median", "µs", "≤ 15"),
    ("get.p99", "… 99 %", "µs", "≤ 25"),
    ("get.w1.rate", "GET, 1 in flight", "/s", "≥ 55,000"),
    ("get.w64.rate", "GET, 64 in flight", "/s", "≥ 75,000"),
    ("get.w64.cpu", "processor time per GET at 64", "µs", "≤ 7"),
    ("read.tlv.cpu", "/3/0 as TLV", "µs", ""),
    ("read.senml_cbor.cpu", "/3/0 as SenML CBOR", "µs", ""),
    ("read.senml_json.cpu", "/3/0 as SenML JSON", "µs", ""),
    ("discover.cpu", "Discover /3", "µs", ""),
    ("mem.end.rss", "resident set at the end", "KiB", ""),
]
WRITES = [
    ("put.rate", "PUT of 16 MiB in blocks of 1 KiB", "MiB/s", "≥ 60"),
    ("put.cpu", "processor time of the agent for it", "ms/MiB", ""),
    ("put.peak_growth", "growth of the resident set meanwhile", "KiB", "≤ 64"),
    ("observe.established", "observations", "", ""),
    ("observe.memory", "private memory per observation", "B", "≤ 200"),
    ("observe.idle_cpu", "processor time with them in place", "µs/s", "0"),
]
OBSERVATIONS_MIN = 100  # memory is counted in pages of 4096 bytes: a few observations fit in what was there before
NULL = ("register.latency", "asleep.get.p50", "asleep.get.p99", "asleep.get.cpu", "get.p50", "get.p99", "get.w1.rate",
        "get.w64.rate", "get.w64.cpu")


def number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"


def print_rows(rows, figures, null=None):
    for key, name, unit, target in rows:
        of_null = number(null.get(key)) if null and key in NULL else ""
        print(f"  {name:40} {number(figures.get(key)):>12} {unit:7} {target:>9} {of_null:>12}".rstrip())


def refused(figures):
    """Phases that measured a refusal: their figures would be the price of an error message."""
    return [f"{key} {value:.2f}" for key, value in figures.items()
            if key.endswith("code") and value >= 3 or key.endswith(".lost")]


def writes(bench):
    why_not = bench.why_no_plugin()
    if why_not:
        print(f"  PUT and observations skipped: {why_not}")
        return []
    figures = bench.run("--phases", "put,observe", "--put-path", harness.SINK, "--put-mib", 16,
                        "--create", harness.CREATABLE, plugin="process")
    if figures["observe.established"] < OBSERVATIONS_MIN:
        raise harness.BenchError(f"Only {figures['observe.established']:.0f} observations could be made")
    print_rows(WRITES, figures)
    return refused(figures)


def measure(bench, phases, null=False):
    figures = bench.run("--phases", phases, "--reg-runs", 21, "--idle", 5, null=null)
    asleep = bench.run("--phases", "get", "--requests", 2000, "--pause", 200, null=null)
    return {**figures, **{f"asleep.{key}": value for key, value in asleep.items()}}


def run():
    bench = harness.from_arguments(__doc__)
    null = measure(bench, "reg,get,win", null=True)
    figures = measure(bench, "reg,mem,idle,get,win,read,discover")
    print(f"lwm2m-agent over CoAP without security on {os.cpu_count()} × {platform.machine()}, "
          f"Linux {platform.release()}; agent and bench on one processor\n")
    print(f"  {'':40} {'agent':>12} {'':7} {'target':>9} {'null client':>12}")
    print_rows(READS, figures, null)
    wrong = refused(figures) + writes(bench)
    if wrong:
        raise harness.BenchError("The agent refused what was measured: " + ", ".join(wrong))


if __name__ == "__main__":
    harness.main(run)
