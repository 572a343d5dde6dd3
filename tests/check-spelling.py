#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the spelling of the manual pages by aspell, in British English.

Only prose is looked at: what a macro marks as a name, an option, a file or the like is left out, and so are words with a
digit, a dot, a slash, an underscore or a capital letter inside. Words that aspell does not know and that are right all the
same go to tests/words.txt, one a line.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORDS = os.path.join(PROJECT, 'tests/words.txt')
SKIPPED = 77

# Macros of mdoc(7) whose arguments are no prose, until the next macro of the line.
NAMES = {'Ar', 'Cm', 'Dd', 'Dl', 'Dt', 'Dv', 'Er', 'Ev', 'Fa', 'Fl', 'Fn', 'Ft', 'Ic', 'In', 'Li', 'Lk', 'Nm', 'Os', 'Pa', 'Ql',
         'Va', 'Vt', 'Xr'}
PROSE = {'Brq', 'Dq', 'Em', 'It', 'Nd', 'No', 'Op', 'Oo', 'Oc', 'Pq', 'Po', 'Pc', 'Qq', 'Sh', 'Sq', 'Ss', 'Sx', 'Sy', 'Ns',
         'Aq', 'Ao', 'Ac', 'Bl', 'El', 'Bd', 'Ed', 'Pp'}
WORD = re.compile(r"[A-Za-z][a-z]*(?:'[a-z]+)?")


def prose_of_macros(line):
    """The words of a macro line that are prose."""
    name = False
    for token in line.split():
        if token in NAMES:
            name = True
        elif token in PROSE:
            name = token in ('Bl', 'Bd')
        elif not name:
            yield token


def prose(path):
    """(line number, words of prose) of a page."""
    literal = False
    with open(path, encoding='utf-8') as handle:
        for number, line in enumerate(handle, 1):
            if line.startswith('.Bd'):
                literal = 'literal' in line
            elif line.startswith('.Ed'):
                literal = False
            elif literal or line.startswith('.\\"'):
                continue
            elif line.startswith('.'):
                yield number, list(prose_of_macros(line[1:]))
            else:
                yield number, line.split()


def words(tokens):
    for token in tokens:
        token = re.sub(r'\\(?:\(..|[e&]|\[\w+\])', '', token).strip('.,;:!?()"\'`')
        for part in re.split(r'-|—', token):
            part = re.sub(r"(?<=[A-Za-z])'s$|'$", '', part)
            if WORD.fullmatch(part) and len(part) > 1:
                yield part


def unknown(found):
    """Those of the words that neither aspell nor the list knows."""
    with open(WORDS, encoding='utf-8') as handle:
        own = [line.strip() for line in handle if line.strip()]
    run = subprocess.run(['aspell', 'list', '--lang=en_GB', '--encoding=utf-8', '--ignore=1'],
                         input='\n'.join(sorted(found)), capture_output=True, text=True)
    if run.returncode != 0:
        print(f'aspell does not work, is aspell-en installed? {run.stderr.strip()}')
        sys.exit(SKIPPED)
    return set(run.stdout.split()) - set(own)


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if not shutil.which('aspell'):
        print('no aspell: packaging/install-deps --test installs it')
        return SKIPPED
    pages = sorted(glob.glob(os.path.join(PROJECT, 'packaging/man/*.[1-8]')))
    places = {}
    for path in pages:
        for number, tokens in prose(path):
            for word in words(tokens):
                places.setdefault(word, []).append(f'{os.path.relpath(path, PROJECT)}:{number}')
    wrong = unknown(places)
    for word in sorted(wrong, key=lambda word: places[word]):
        print(f'{places[word][0]}: {word}' + (f', and {len(places[word]) - 1} times more' if len(places[word]) > 1 else ''))
    if wrong:
        print('What is right all the same goes to tests/words.txt.')
    print(f'{len(pages)} pages, {len(places)} words; not known: {len(wrong)}')
    return 1 if wrong or not places else 0


if __name__ == '__main__':
    sys.exit(main())
