#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare what the code reads with what the manual says: configuration keys, plugin settings, options.

Whatever is in the tables of the code has to be in the manual page, in the example configuration and in --help, and the
other way round. Also has the manual pages checked by man and mandoc, where those are installed, and the examples in
etc/agent.conf and README.md by the agent and the compiler, where those are given.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAN = 'packaging/man/'

# Table of keys in the code: its section in the manual page, and as the example configuration writes it.
SECTIONS = {
    ('agent/io/config.c', 'agent_keys'): ('SECTION [agent]', 'agent'),
    ('agent/io/config.c', 'device_keys'): ('SECTION [device]', 'device'),
    ('agent/io/config.c', 'connectivity_keys'): ('SECTION [connectivity]', 'connectivity'),
    ('agent/io/config.c', 'metrics_keys'): ('SECTION [metrics]', 'metrics'),
    ('agent/io/config-server.c', 'keys'): ('SECTIONS [server.NAME]', 'server.main'),
    ('agent/io/config-server.c', 'bootstrap_keys'): ('SECTION [bootstrap]', 'bootstrap'),
    ('agent/io/config-plugin.c', 'keys'): ('PLUGINS', 'plugin'),
}

# Where a program's table of options and its --help are, and its manual page.
PROGRAMS = {
    'agent/options.c': MAN + 'lwm2m-agent.8',
    'plugins/script/changed.c': MAN + 'lwm2m-script-changed.1',
    'sdk/server/options.c': MAN + 'lwm2m-server.8',
}

problems = []


def read(path):
    with open(os.path.join(PROJECT, path), encoding='utf-8') as handle:
        return handle.read()


def compare(what, where, code, documented):
    for name in sorted(code - documented):
        problems.append(f'{where}: {what} {name} is missing; the code has it')
    for name in sorted(documented - code):
        problems.append(f'{where}: {what} {name} is not in the code')


def tables():
    """(file, table) -> keys, of every table of keys in the code."""
    found = {}
    for path in glob.glob(os.path.join(PROJECT, 'agent/io/config*.c')):
        file = os.path.relpath(path, PROJECT)
        text = read(file)
        for table in re.finditer(r'static const struct config_key (\w+)\[\] = \{(.*?)\n\};', text, re.DOTALL):
            found[file, table[1]] = set(re.findall(r'\{ "(\w+)",|\bDEVICE_TEXT\((\w+)\)', table[2]))
            found[file, table[1]] = {a or b for a, b in found[file, table[1]]}
    return found


def man_items(page, heading, macro):
    """What the items of a section of a manual page explain, by the macro that begins each."""
    section = re.search(r'(?ms)^\.Sh ' + re.escape(heading) + r'$(.*?)(?=^\.Sh |\Z)', read(page))
    return set(re.findall(rf'(?m)^\.It {macro} ([\w-]+)', section[1])) if section else set()


def conf_keys(path):
    """section -> keys of an example configuration; a key or section behind one ';' counts."""
    found, section = {}, None
    for line in read(path).splitlines():
        name = re.fullmatch(r';?\[([^]]+)\]', line)
        key = re.match(r';?(\w+) =', line)
        if name:
            section = found.setdefault(name[1], set())
        elif key and section is not None:
            section.add(key[1])
    return found


def check_keys():
    page = MAN + 'lwm2m-agent.conf.5'
    example = conf_keys('etc/agent.conf')
    plugins = {path: conf_keys(os.path.relpath(path, PROJECT))
               for path in glob.glob(os.path.join(PROJECT, 'etc/plugins.d/*.conf'))}
    found = tables()
    for file, name in sorted(found.keys() | SECTIONS.keys()):
        keys, (heading, section) = found.get((file, name)), SECTIONS.get((file, name), (None, None))
        if not keys or not heading:
            problems.append(f'{file}: table {name} is not the one that tests/check-docs.py knows')
            continue
        compare('key', f'{page}, {heading}', keys, man_items(page, heading, 'Cm'))
        if section != 'plugin':
            given = example.get(section, set())
            # What it has in common with [server.NAME] is explained there.
            given -= found['agent/io/config-server.c', 'keys'] if section == 'bootstrap' else set()
            compare('key', f'etc/agent.conf, [{section}]', keys, given)
            continue
        for path, sections in plugins.items():
            compare('key', f'{os.path.relpath(path, PROJECT)}, [plugin]', keys, sections.get('plugin', set()))


def check_plugin_settings():
    """plugins/NAME/*.c asks for settings with lw_config() or tables of them, for sections that are many; etc/plugins.d/NAME.conf
    has them all, and so has a manual page of the plugin's."""
    for folder in sorted(glob.glob(os.path.join(PROJECT, 'plugins/*/'))):
        name = os.path.basename(os.path.dirname(folder))
        if name == 'common':  # no plugin, but what several share
            continue
        code, tabled = set(), set()
        for path in glob.glob(folder + '*.c'):
            if not os.path.basename(path).startswith('test-'):
                text = read(os.path.relpath(path, PROJECT))
                code |= set(re.findall(r'lw_config\(\w+, "(\w+)", "(\w+)"\)', text))
                tabled |= set(re.findall(r'\b(?:LW_SETTING_)?(?:TEXT|NUMBER|REAL|BOOLEAN|WORD)\("(\w+)"', text))
        sections = conf_keys(f'etc/plugins.d/{name}.conf')
        documented = {(section, key) for section, keys in sections.items() for key in keys if section != 'plugin'}
        compare('setting', f'etc/plugins.d/{name}.conf', tabled, {key for _, key in documented if key in tabled})
        documented -= {(section, key) for section, key in documented if key in tabled}
        page = f'{MAN}lwm2m-plugin-{name}.5'
        if tabled and os.path.exists(os.path.join(PROJECT, page)):
            compare('key', page, tabled, man_items(page, 'KEYS', 'Cm'))
        compare('setting', f'etc/plugins.d/{name}.conf', {f'[{s}] {k}' for s, k in code},
                {f'[{s}] {k}' for s, k in documented})


def help_options(text):
    """Options in the lines of --help: what stands before a gap, for there the explanation begins."""
    lines = re.findall(r'"  (-(?:[^" ]| (?! ))+)', text)
    return {name for line in lines for name in re.findall(r'--([\w-]+)', line)}


def check_options():
    for source, page in PROGRAMS.items():
        text = read(source)
        code = set(re.findall(r'\{ "([\w-]+)", (?:no|required|optional)_argument', text))
        if not code:
            problems.append(f'{source}: no options found')
        compare('option', f'{source}, --help', code, help_options(text))
        compare('option', page, code, {name.lstrip('-') for name in man_items(page, 'OPTIONS', 'Fl')})


def check_verbs():
    """Those of lwm2m-server; their --help is made of the table itself."""
    text, page = read('sdk/server/verbs.c'), MAN + 'lwm2m-server.8'
    verbs = set(re.findall(r'\{ VERB_\w+, "(\w+)"', text))
    options = set(re.findall(r'\[OPTION_\w+\] = \{ "--([\w-]+)"', text))
    if not verbs or not options:
        problems.append('sdk/server/verbs.c: no verbs or no options found')
    compare('verb', page, verbs, man_items(page, 'VERBS', 'Cm'))
    compare('option', page + ', OPTIONS OF VERBS', options,
            {name.lstrip('-') for name in man_items(page, 'OPTIONS OF VERBS', 'Fl')})


def check_tools():
    """Options of the SDK's tools in Python."""
    for path in sorted(glob.glob(os.path.join(PROJECT, 'sdk/tools/lwm2m-*'))):
        name = os.path.basename(path)
        code = set(re.findall(r'add_argument\((?:"-\w", )?"--([\w-]+)"', read(os.path.relpath(path, PROJECT))))
        page = f'{MAN}{name}.1'
        compare('option', page, code, {option.lstrip('-') for option in man_items(page, 'OPTIONS', 'Fl')})


def help_of(command):
    run = subprocess.run([*command, '--help'], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode != 0 or run.stderr:
        problems.append(f'{" ".join(command)} --help: exit status {run.returncode}, {run.stderr.strip()}')
    return run.stdout


def options_of(text):
    """Options at the beginning of a line, as in "  -h, --help  show this"."""
    lines = re.findall(r'(?m)^ +(-(?:\S| (?! ))+)', text)
    return {name for line in lines for name in re.findall(r'--([a-z][\w-]*)', line)}


def verbs_of(text):
    """Those below a line that begins with "Verbs"."""
    block = re.search(r'(?ms)^Verbs\b[^\n]*$\n(.*?)(?=^\S|^$)', text)
    return set(re.findall(r'(?m)^  ([a-z][\w-]*)', block[1])) if block else set()


def check_programs(programs):
    """What programs print of themselves, against their pages; --help and --version need no explanation there."""
    for name, path in programs.items():
        page = next(iter(glob.glob(os.path.join(PROJECT, MAN, name + '.[18]'))), None)
        if not page:
            problems.append(f'{name}: no manual page')
            continue
        page = os.path.relpath(page, PROJECT)
        text = help_of([path])
        said, documented = options_of(text), {option.lstrip('-') for option in man_items(page, 'OPTIONS', 'Fl')}
        compare('option', f'{page} (--help has it, or not)', said, documented | ({'help', 'version'} & said))
        compare('verb', f'{page} (--help has it, or not)', verbs_of(text), man_items(page, 'VERBS', 'Cm'))


def synopses(page):
    """verb → "[restart PLUGIN]", from the items of VERBS."""
    section = re.search(r'(?ms)^\.Sh VERBS$(.*?)(?=^\.Sh |\Z)', read(page))
    found = {}
    for verb, rest in re.findall(r'(?m)^\.It Cm (\S+)(.*)$', section[1]):
        text = rest.replace(' ...', '...').strip()
        text = re.sub(r'\bOp (.*)$', r'[\1]', text)  # an optional part is the last one
        found[verb] = re.sub(r'\b(Ar|Cm) ', '', text)
    return found


def check_ctl(program):
    """The --help of each verb of lwm2mctl, against what its page says the verb takes."""
    page = MAN + 'lwm2mctl.1'
    for verb, arguments in synopses(page).items():
        usage = next(iter(help_of([program, verb]).splitlines()), '').replace('Usage: lwm2mctl [OPTION...] ', '')
        if usage != f'{verb} {arguments}'.strip():
            problems.append(f"{page}: '{verb} {arguments}' is '{usage}' in lwm2mctl {verb} --help")


def check_pages():
    env = {**os.environ, 'LC_ALL': 'C.UTF-8', 'MANROFFSEQ': ''}
    checks = [('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z']), ('mandoc', ['-Tlint', '-Wwarning'])]
    for tool, options in checks:
        if not shutil.which(tool):
            print(f'not checked by {tool}, which is not installed')
            continue
        for path in sorted(glob.glob(os.path.join(PROJECT, MAN, '*.[1-8]'))):
            run = subprocess.run([tool, *options, path], env=env, capture_output=True, text=True, errors='replace')
            said = run.stderr if tool == 'man' else run.stdout + run.stderr
            problems.extend(f'{tool}: {line}' for line in said.splitlines())


def check_example(agent):
    """As it is, and with all keys but those that exclude each other."""
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, 'agent.conf')
        for text in (read('etc/agent.conf').replace(';endpoint', 'endpoint'),
                     re.sub(r'(?m)^;(?!key_)(?=\w+ =|\[)', '', read('etc/agent.conf'))):
            with open(config, 'w', encoding='utf-8') as handle:
                handle.write(text)
            run = subprocess.run([agent, '--check-config', '--config', config], capture_output=True, text=True)
            if run.returncode != 0:
                problems.extend(f'etc/agent.conf is refused: {line}' for line in run.stderr.splitlines())


def block(language):
    """The one block of this language in README.md."""
    found = re.findall(rf'(?ms)^```{language}$(.*?)^```$', read('README.md'))
    if len(found) != 1:
        problems.append(f'README.md has {len(found)} blocks of {language}, not one')
    return found[0] if found else ''


def check_readme_configuration(agent):
    with tempfile.TemporaryDirectory() as folder:
        config, key = os.path.join(folder, 'agent.conf'), os.path.join(folder, 'main.psk')
        for path, text in (config, block('ini')), (key, '00112233'):
            with open(path, 'w', encoding='utf-8') as handle:
                handle.write(text)
            os.chmod(path, 0o600)
        run = subprocess.run([agent, '--check-config', '--config', config], capture_output=True, text=True)
        if run.returncode != 0 or run.stderr:
            problems.extend(f'the configuration in README.md is refused: {line}' for line in run.stderr.splitlines())


def check_plugin(compiler, where, code):
    command = [*compiler, '-std=gnu11', '-Wall', '-Wextra', '-Wno-missing-field-initializers', '-Werror',
               '-fsyntax-only', '-I', os.path.join(PROJECT, 'sdk/include'), '-x', 'c', '-']
    run = subprocess.run(command, input=code, capture_output=True, text=True)
    if run.returncode != 0:
        problems.extend(f'the plugin in {where}: {line}' for line in run.stderr.splitlines()[:5])


def check_example_plugins(compiler):
    page = MAN + 'lwm2m-plugin.7'
    found = re.search(r'(?ms)^\.Bd -literal -offset indent$(.*?)^\.Ed$', read(page))
    check_plugin(compiler, 'README.md', block('c'))
    check_plugin(compiler, page, found[1] if found else '#error none')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--agent', help='lwm2m-agent, to check the example configurations')
    parser.add_argument('--compiler', action='append', help='to check the example plugin; a word of the command at a time')
    parser.add_argument('--program', action='append', default=[], metavar='NAME=PATH',
                        help='a program whose --help is compared with its page')
    options = parser.parse_args()
    programs = dict(word.split('=', 1) for word in options.program)
    check_keys()
    check_plugin_settings()
    check_options()
    check_verbs()
    check_tools()
    check_programs(programs)
    if 'lwm2mctl' in programs:
        check_ctl(programs['lwm2mctl'])
    check_pages()
    if options.agent:
        check_example(options.agent)
        check_readme_configuration(options.agent)
    if options.compiler:
        check_example_plugins(options.compiler)
    for problem in problems:
        print(problem)
    print('problems:', len(problems))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
