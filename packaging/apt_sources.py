#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Print what this machine's package sources would be for other suites.

Each enabled entry of /etc/apt whose suite is one of FROM and that has the component main is printed as a
deb822 stanza for the suites TO: the same archive, the same keys. For example, the backports of the mirror
that this machine uses: apt_sources.py deb bookworm bookworm-backports
"""
import argparse
import glob
import os
import re

ONE_LINE = re.compile(r'\s*deb(?:-src)?\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#\n]*)')
OPTIONS = {'signed-by': 'Signed-By', 'trusted': 'Trusted'}


def one_line_entries(text):
    """The entries of a .list file: deb [option=value ...] URI SUITE COMPONENT..."""
    for line in text.splitlines():
        found = ONE_LINE.match(line)
        if not found:
            continue
        options = dict(option.split('=', 1) for option in (found[1] or '').split() if '=' in option)
        entry = {OPTIONS[name]: value for name, value in options.items() if name in OPTIONS}
        yield {'URIs': found[2], 'Suites': found[3], 'Components': found[4], **entry}


def deb822_entries(text):
    """The entries of a .sources file: stanzas of fields, whose values may go on over several lines."""
    text = re.sub(r'(?m)^#.*\n?', '', text)
    for stanza in re.split(r'\n\s*\n', text):
        found = re.findall(r'(?m)^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)', stanza)
        fields = {name.lower(): value for name, value in found}
        if fields.get('enabled', 'yes').strip().lower() in ('no', 'false'):
            continue
        yield {name: fields[name.lower()] for name in ('URIs', 'Suites', 'Components', *OPTIONS.values())
               if name.lower() in fields}


def entries(etc='/etc/apt'):
    """All enabled entries, in apt's order, each a dictionary of deb822 fields."""
    parts = os.path.join(etc, 'sources.list.d')
    for path in [os.path.join(etc, 'sources.list')] + sorted(glob.glob(parts + '/*')):
        read = {'.list': one_line_entries, '.sources': deb822_entries}.get(os.path.splitext(path)[1])
        if read and os.path.exists(path):
            with open(path, encoding='utf-8', errors='replace') as handle:
                yield from read(handle.read())


def twins(kind, wanted, suites, etc='/etc/apt'):
    """The stanzas, of kind deb or deb-src, for suites at each archive that serves one of the wanted ones."""
    stanzas = []
    for entry in entries(etc):
        if not set(entry.get('Suites', '').split()) & set(wanted) or 'main' not in entry.get('Components', '').split():
            continue
        # A suite to a stanza: one that the archive lacks then spoils no other.
        for suite in suites:
            fields = {'Types': kind, **entry, 'Suites': suite, 'Components': 'main'}
            stanza = ''.join(f'{name}: {value}\n' for name, value in fields.items())
            if stanza not in stanzas:
                stanzas.append(stanza)
    return '\n'.join(stanzas)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('kind', choices=['deb', 'deb-src'])
    parser.add_argument('wanted', metavar='FROM', help='a suite, or several with commas between')
    parser.add_argument('suites', metavar='TO', nargs='+')
    options = parser.parse_args()
    print(twins(options.kind, options.wanted.split(','), options.suites), end='')


if __name__ == '__main__':
    main()
