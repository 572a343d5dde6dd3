#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check who includes whom: every .c and .h of ours against the tables below.

agent/README.md shows the same layers as a picture. Where the code is right and a table is wrong, change the table,
and say why in agent/README.md.
"""
import argparse
import fnmatch
import os
import re
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ['agent', 'plugins', 'sdk', 'tests']

BASE = [f'agent/base/{name}.h' for name in ('base64', 'bytes', 'cleanup', 'hash', 'heap', 'list', 'traffic', 'uplink',
                                            'usec', 'utf8')]
LOG = ['agent/base/log.h', 'agent/base/log-ids.h']

# Files; which of our headers they may include; the rule in words. The first entry that matches a file is its rule.
# {name} is the file's own name without .c, .h and -internal.
LAYERS = [
    ('sdk/include/*', ['sdk/include/*'],
     'plugins get these headers alone'),
    ('agent/base/*', ['agent/base/*'],
     'base knows nothing about LwM2M'),
    ('agent/lwm2m/*', BASE + ['agent/lwm2m/*'],
     'the engine knows base, and neither logs nor reaches io, objects or plugins'),
    ('agent/objects/*', BASE + ['agent/lwm2m/acl.h', 'agent/lwm2m/draft.h', 'agent/lwm2m/object.h', 'agent/lwm2m/registry.h',
                                'agent/lwm2m/server.h', 'agent/objects/*'],
     'core objects know what an object and an account is, and neither log nor reach io or plugins'),
    ('agent/plugin/*', BASE + LOG + ['agent/lwm2m/object.h', 'agent/lwm2m/registry.h', 'agent/lwm2m/records.h',
                                     'agent/lwm2m/value.h', 'agent/lwm2m/path.h', 'agent/plugin/*',
                                     'sdk/include/*'],
     'plugins reach the registry, not the engine behind it, and no io'),
    ('agent/io/transport*', BASE + LOG + ['agent/lwm2m/engine.h', 'agent/io/transport*', 'agent/io/resolve.h',
                                          'agent/io/uri.h'],
     'the transport knows the engine by its front door and no other adapter'),
    ('agent/io/store*', BASE + LOG + ['agent/io/store*'], 'the store knows no other adapter'),
    ('agent/io/config*', BASE + LOG + ['agent/lwm2m/engine.h', 'agent/io/config*', 'agent/io/ini.h', 'agent/io/pem.h',
                                       'agent/io/endpoint.h', 'agent/io/uri.h'],
     'the configuration makes accounts and knows no other adapter'),
    ('agent/io/network*', BASE + LOG + ['agent/io/network*'],
     'the network adapter knows no other adapter'),
    ('agent/io/*', BASE + LOG + ['agent/io/{name}.h'],
     'adapters do not know each other'),
    ('agent/api/*', BASE + LOG + ['agent/lwm2m/engine.h', 'agent/lwm2m/registry.h', 'agent/lwm2m/object.h',
                                  'agent/lwm2m/records.h', 'agent/lwm2m/value.h', 'agent/lwm2m/path.h',
                                  'agent/lwm2m/server.h', 'agent/plugin/supervisor.h', 'agent/plugin/remote.h',
                                  'agent/plugin/driver.h', 'agent/api/*'],
     'the D-Bus API knows the engine and the plugin layer by their front doors, and no io'),
    ('agent/ctl/*', BASE + ['agent/lwm2m/definition.h', 'agent/ctl/*'],
     'lwm2mctl knows the agent over D-Bus only, and what objects are called'),
    ('agent/*/*', [],
     'no rule for this folder: add one to tests/check-layers.py'),
    ('agent/*', ['agent/*'],
     'the daemon puts all parts of the agent together'),
    ('sdk/server/*', BASE + LOG + ['agent/lwm2m/path.h', 'agent/lwm2m/value.h', 'agent/lwm2m/records.h',
                                   'agent/lwm2m/definition.h', 'agent/lwm2m/codec.h', 'sdk/server/*'],
     'the server shares the codecs with the agent and nothing that makes a client'),
    ('sdk/*', ['sdk/include/*'],
     'what plugin authors get knows the plugin headers alone'),
    ('plugins/*', ['sdk/include/*', '{folder}/*', 'plugins/common/*'],
     'plugins know the plugin headers alone'),
    ('tests/*', ['*'], ''),
]

# Inside agent/lwm2m a file includes its own group and those above it.
ENGINE_ORDER = [
    ['path', 'version'],
    ['value'],
    ['definition'],
    ['records'],
    ['rfc3339', 'cbor-reader', 'cbor-writer', 'json-reader', 'json-writer'],
    ['codec*', 'senml'],
    ['attributes'],
    ['object', 'registry'],
    ['message'],
    ['acl'],
    ['operation'],
    ['counters'],
    ['discover'],
    ['profile'],
    ['observation'],
    ['history'],
    ['body'],
    ['server'],
    ['draft', 'accounts-state', 'jitter'],
    ['registration*'],
    ['engine*', 'backlog*', 'bootstrap*', 'order', 'peer', 'peer-state', 'request', 'composite*', 'serve', 'notify',
     'operate', 'persist', 'queue'],
]

# What is not ours: folders that may use these system headers and no others …
PURE = ['assert.h', 'ctype.h', 'errno.h', 'float.h', 'inttypes.h', 'limits.h', 'math.h', 'stdarg.h', 'stdbool.h',
        'stddef.h', 'stdint.h', 'stdio.h', 'stdlib.h', 'string.h']
SYSTEM = [
    ('agent/lwm2m/*', PURE + ['cbor.h', 'jansson.h', 'wolfssl/options.h', 'wolfssl/wolfcrypt/sha256.h'],
     'the engine has no descriptor, clock, thread or signal'),
    ('sdk/include/*', PURE + ['systemd/sd-event.h'], 'plugins link libc and sd-event, no more'),
]

# … and libraries that only some files may use.
LIBRARIES = [
    ('systemd/sd-journal.h', ['agent/base/log.c']),
    ('systemd/sd-daemon.h', ['agent/io/loop.c', 'sdk/server/daemon.c']),
    ('systemd/sd-id128.h', ['agent/io/endpoint.c']),
    ('systemd/sd-bus.h', ['agent/api/*', 'agent/ctl/*', 'agent/io/bus.c', 'agent/plugin/*', 'plugins/*']),
    ('systemd/sd-event.h', ['agent/agent-internal.h', 'agent/api/*', 'agent/ctl/observe.c', 'agent/io/loop.h', 'agent/io/bus.h', 'agent/io/network.h', 'agent/io/scrape.h',
                            'agent/io/textfile.h', 'agent/plugin/*', 'sdk/*',
                            'plugins/*']),
    ('coap3/*', ['agent/io/transport*', 'sdk/server/*']),
    ('coap_shim.h', ['agent/io/transport*', 'sdk/server/*']),
    ('wolfssl/wolfcrypt/sha256.h', ['agent/lwm2m/profile.c']),
    ('wolfssl/*', ['agent/io/pem.c', 'agent/io/transport-tls.c', 'agent/io/transport-trust.c', 'agent/lwm2m/profile.c', 'sdk/server/dtls.c']),
    ('iniparser*', ['agent/io/ini.c']),
    ('cbor.h', ['agent/lwm2m/cbor-reader.c']),
    ('jansson.h', ['agent/ctl/*', 'agent/lwm2m/json-reader.h', 'plugins/*', 'sdk/server/*']),
    ('gpiod.h', ['plugins/gpio/line.h']),
    ('pthread.h', ['agent/io/resolve.c']),
    ('dlfcn.h', ['agent/plugin/abi.c']),
]

# What an allowed header brings and a folder still must not use.
WORDS = [
    ('agent/lwm2m/*', re.compile(r'\b(usec_now|clock_gettime)\b'), 'the engine is told the time, as now'),
]

GENERATED = ['build.h']

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def our_files():
    for folder in FOLDERS:
        for directory, _, names in os.walk(os.path.join(PROJECT, folder)):
            for name in names:
                if name.endswith(('.c', '.h')):
                    yield os.path.relpath(os.path.join(directory, name), PROJECT)


def find_ours(file, quote, name):
    """The header of ours that an include names, None when it is somebody else's."""
    folders = ['sdk/include'] if quote == '<' else [os.path.dirname(file), 'agent', 'sdk/server', 'tests']
    for folder in folders:
        path = os.path.normpath(os.path.join(folder, name))
        if os.path.exists(os.path.join(PROJECT, path)):
            return path
    return None


def rank(file):
    """The place of a file of the engine in ENGINE_ORDER."""
    stem = os.path.splitext(os.path.basename(file))[0]
    for place, group in enumerate(ENGINE_ORDER):
        if matches(stem, group):
            return place
    return None


def order_broken(file, header):
    own, other = rank(file), rank(header)
    if own is None:
        return 'no place for this file in ENGINE_ORDER of tests/check-layers.py'
    if other is not None and other > own:
        return f'{header} comes after {file}, and a file of the engine includes only what comes before it'
    return None


def ours_broken(file, header):
    name = re.sub(r'(-internal)?\.[ch]$', '', os.path.basename(file))
    for files, allowed, rule in LAYERS:
        if fnmatch.fnmatchcase(file, files):
            allowed = [pattern.format(name=name, folder=os.path.dirname(file)) for pattern in allowed]
            if not matches(header, allowed):
                return rule
            break
    if file.startswith('agent/lwm2m/') and header.startswith('agent/lwm2m/'):
        return order_broken(file, header)
    return None


def others_broken(file, name):
    for files, allowed, rule in SYSTEM:
        if fnmatch.fnmatchcase(file, files) and name not in allowed:
            return rule
    for header, files in LIBRARIES:
        if fnmatch.fnmatchcase(name, header) and not matches(file, [*files, 'tests/*']):
            return 'only ' + ', '.join(files) + ' may use it'
    return None


def broken(file, quote, name):
    """Why the file may not include this; None when it may."""
    header = find_ours(file, quote, name)
    if header:
        return ours_broken(file, header)
    if quote == '"':
        return None if name in GENERATED else 'there is no such file of ours'
    return others_broken(file, name)


def check_line(file, line):
    """What is wrong with one line of a file, or None."""
    found = INCLUDE.match(line)
    if found:
        rule = broken(file, *found.groups())
        return f'may not include {found[2]}: {rule}' if rule else None
    for files, word, rule in WORDS:
        found = word.search(line)
        if found and fnmatch.fnmatchcase(file, files):
            return f'may not use {found[0]}: {rule}'
    return None


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    files = sorted(our_files())
    errors = 0
    for file in files:
        with open(os.path.join(PROJECT, file), encoding='utf-8') as handle:
            for number, line in enumerate(handle, 1):
                problem = check_line(file, line)
                if problem:
                    errors += 1
                    print(f'{file}:{number}: {problem}')
    print(f'{len(files)} files; lines against the layers: {errors}')
    return 0 if files and not errors else 1


if __name__ == '__main__':
    sys.exit(main())
