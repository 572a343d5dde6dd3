#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the meson tests of one build directory and tell people what came of it.

What is counted are test cases: those of a TAP or unittest program one by one, any other program as one. Adds a line
"PASSED FAILED SKIPPED" to the tally. Exits with 1 when something failed.
"""
import argparse
import json
import os
import re
import subprocess
import sys

TAIL_LINES = 25
GOOD = ('OK', 'EXPECTEDFAIL')
TAP = re.compile(r'(not )?ok\b(?: \d+)?(?: -)? ?(.*)')
TAP_SKIP = re.compile(r'(.*?)\s*# SKIP\b\s*(.*)', re.IGNORECASE)
FAILED_CASE = re.compile(r'not ok|FAIL: |ERROR: ')
CONTROL = re.compile(r'[\x00-\x08\x0b-\x1f\x7f]')
UNITTEST = re.compile(r'Ran (\d+) tests? in ')
UNITTEST_COUNTS = re.compile(r'(?:OK|FAILED) \((.*)\)')
UNITTEST_SKIP = re.compile(r'skipped (\S+ \(\S+\)): (.*)')


class Outcome:
    """What one meson test came to; skips are (what, why)."""

    def __init__(self, record):
        self.name = re.split(r':| / ', record['name'])[-1]
        self.result = record['result']
        self.duration = record.get('duration') or 0
        self.returncode = record.get('returncode')
        self.output = (record.get('stdout') or '') + (record.get('stderr') or '')
        self.passed, self.failed, self.skips = 0, 0, []
        self._count()
        # cmocka before 1.1.6 says "not ok 1 # SKIP", which meson takes for a failure; the program itself knows better.
        skipped_only = self.result == 'FAIL' and self.returncode == 0 and self.skips
        if self.result not in (*GOOD, 'SKIP') and not self.failed and not skipped_only:
            self.failed = 1

    def _count(self):
        lines = self.output.splitlines()
        if any(line.startswith('1..') for line in lines):
            self._count_tap(lines)
        elif any(UNITTEST.match(line) for line in lines):
            self._count_unittest(lines)
        elif self.result in GOOD:
            self.passed = 1
        elif self.result == 'SKIP':
            self.skips = [('', ([line for line in lines if line.strip()] or ['it does not say why'])[-1])]

    def _count_tap(self, lines):
        before = ''
        for line in lines:
            found = TAP.match(line)
            if not found:
                before = line.strip('# ') or before
                continue
            skip = TAP_SKIP.match(found[2])
            if skip:
                # cmocka has no room for the reason: there it is what the test printed last.
                what, why = (skip[1], skip[2]) if skip[1] else (skip[2], before)
                self.skips.append((what, why or 'it does not say why'))
            elif found[1]:
                self.failed += 1
            else:
                self.passed += 1
            before = ''
        plan = next((line for line in lines if line.startswith('1..0')), None)
        if plan and not self.skips:
            self.skips = [('', plan.partition('# SKIP')[2].strip() or 'it does not say why')]

    def _count_unittest(self, lines):
        ran, counts = 0, {}
        for line in lines:
            if UNITTEST.match(line):
                ran = int(UNITTEST.match(line)[1])
            elif UNITTEST_COUNTS.match(line):
                pairs = [part.split('=') for part in UNITTEST_COUNTS.match(line)[1].split(', ')]
                counts = {key: int(value) for key, value in pairs}
            elif UNITTEST_SKIP.match(line):
                self.skips.append(UNITTEST_SKIP.match(line).groups())
        self.failed = sum(counts.get(key, 0) for key in ('failures', 'errors', 'unexpected successes'))
        self.passed = max(ran - self.failed - len(self.skips), 0)

    def line(self):
        word = 'FAILED' if self.failed else 'ok' if self.passed else 'skipped'
        return f'  {word:8}{self.name:45}{self.cases():>12}{self.duration:8.1f} s'

    def cases(self):
        ran = self.passed + self.failed
        return '' if ran == 0 else f'{self.failed} of {ran}' if self.failed else f'{ran} cases' if ran > 1 else '1 case'

    def print_tail(self):
        how = self.result.lower() if self.result == 'TIMEOUT' else f'exit status {self.returncode}'
        print(f'\n--- {self.name} failed ({how}); the end of its output:')
        lines = self.output.splitlines()
        named = [line for line in lines[:-TAIL_LINES] if FAILED_CASE.match(line) and not TAP_SKIP.match(line)]
        for line in named[:10] + lines[-TAIL_LINES:]:
            print('  | ' + CONTROL.sub('?', line[:400]))


class Progress:
    """One line that is overwritten where somebody watches; a line for each test where not."""

    def __init__(self):
        self.watched = sys.stdout.isatty()

    def clear(self):
        if self.watched:
            print('\r\033[K', end='')

    def running(self, done, total):
        if self.watched:
            print(f'\r\033[K  {done} of {total} tests done', end='', flush=True)

    def finished(self, outcome):
        self.clear()
        if not self.watched or outcome.failed or outcome.skips:
            print(outcome.line(), flush=True)


class Log:
    """meson's log of results, one line of JSON per test, read as it grows: meson writes it in bursts."""

    def __init__(self, build):
        self.path = os.path.join(build, 'meson-logs', 'testlog.json')
        self.read = 0
        if os.path.exists(self.path):
            os.unlink(self.path)

    def news(self):
        if not os.path.exists(self.path):
            return
        with open(self.path, encoding='utf-8', errors='replace') as handle:
            handle.seek(self.read)
            for record in iter(handle.readline, ''):
                if not record.endswith('\n'):
                    break
                self.read += len(record.encode('utf-8', errors='replace'))
                yield Outcome(json.loads(record))


def run_meson(options, progress):
    """The outcomes of all tests, as they come."""
    command = ['meson', 'test', '-C', options.build, '--no-rebuild', '--timeout-multiplier', str(options.patience)]
    for suite in options.suite:
        command += ['--suite', suite]
    log = Log(options.build)
    outcomes, said = [], []

    def take_news():
        for outcome in log.news():
            outcomes.append(outcome)
            progress.finished(outcome)

    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace') as meson:
        for line in meson.stdout:
            said.append(line)
            found = re.match(r'\s*(\d+)/(\d+) ', line)
            if found:
                take_news()
                progress.running(*found.groups())
    take_news()
    progress.clear()
    if meson.returncode != 0 and not outcomes:
        print(''.join(said[-TAIL_LINES:]), end='')
        print(f'meson test failed (exit status {meson.returncode}) before any test ran')
    return outcomes, meson.returncode


def report(options, outcomes):
    for outcome in outcomes:
        if outcome.failed:
            outcome.print_tail()
    skips = [(outcome.name, what, why) for outcome in outcomes for what, why in outcome.skips]
    if skips:
        print('\n  skipped, and why:')
    for name, what, why in skips:
        print(f'    {name}{" " + what if what else ""}: {why}')
    counts = [sum(outcome.passed for outcome in outcomes), sum(outcome.failed for outcome in outcomes), len(skips)]
    print('\n  {0}: {1} passed, {2} failed, {3} skipped'.format(os.path.basename(options.build), *counts))
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build', help='the build directory, built')
    parser.add_argument('--suite', action='append', default=[], help='run this suite (default: all)')
    parser.add_argument('--patience', type=int, default=1, help='multiply the time limits of tests by this')
    parser.add_argument('--tally', help='the file to add the counts to')
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)

    outcomes, status = run_meson(options, Progress())
    counts = report(options, outcomes)
    if status != 0 and not outcomes:
        counts[1] = 1
    if options.tally:
        with open(options.tally, 'a', encoding='utf-8') as handle:
            print(*counts, file=handle)
    return 1 if counts[1] else 0


if __name__ == '__main__':
    sys.exit(main())
