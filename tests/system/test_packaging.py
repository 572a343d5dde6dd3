#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: what packaging/debian says, what packaging/build-deb makes of it, and their life on a machine.

Always: this machine's release is built, lintian looks at it, and so do we. Where LWM2M_TEST_PACKAGING names more, with
commas between: "cross" (arm64), "releases" (the other one), "reproducible" (built again, elsewhere and otherwise),
"source" (the source package), or "all".
"""
import contextlib
import functools
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(1, os.path.join(PROJECT, 'tests', 'lab'))
from container import Container  # noqa: E402  pylint: disable=wrong-import-position
from debian import Unavailable, program, release  # noqa: E402  pylint: disable=wrong-import-position

RELEASES = ('bookworm', 'trixie')
ASKED = set(filter(None, os.environ.get('LWM2M_TEST_PACKAGING', '').split(',')))
DEBIAN = 'packaging/debian/'
NO_PLUGINS = {'common'}
PROGRAMS = {'lwm2m-agent': ['usr/sbin/lwm2m-agent', 'usr/libexec/lwm2m-agent/lwm2m-plugin-host'],
            'lwm2m-server': ['usr/bin/lwm2m-server']}
GPL = 'usr/sbin/lwm2m-agent', 'usr/bin/lwm2m-server'
TO_THE_NETWORK = re.compile(r'\b(curl|wget|apt|apt-get|pip|git|nc|ssh|scp|ftp)\b|https?://')


def read(path):
    with open(os.path.join(PROJECT, path), encoding='utf-8') as handle:
        return handle.read()


def run(*command, **named):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace', **named)


def output(*command):
    result = run(*command)
    if result.returncode:
        raise AssertionError(f'{" ".join(command)}: {result.stderr or result.stdout}')
    return result.stdout


def asked(what):
    """For a test, or a class of which one skipped test is left unless somebody asked for it."""
    wanted = bool(ASKED & {what, 'all'})
    decorate = unittest.skipUnless(wanted, f'takes minutes: LWM2M_TEST_PACKAGING={what} or all asks for it')

    def decorated(item):
        if wanted or not isinstance(item, type):
            return decorate(item)
        return type(item.__name__, (unittest.TestCase,), {'test_all': decorate(lambda self: None), '__module__': __name__})
    return decorated


def needs_building():
    """Why this machine cannot build packages; None: it can."""
    if os.getuid() != 0:
        return 'building packages in a Debian of their own takes root'
    for tool in ('mmdebstrap', 'dpkg-deb', 'readelf', 'unshare', 'ip'):
        if run('sh', '-c', f'command -v {tool}').returncode:
            return f'{tool} is not installed'
    if not output('apt-get', 'indextargets', '--format', '$(ORIGIN)', 'Created-By: Packages').count('Debian\n'):
        return 'no Debian archive among the package sources of this machine'
    return None


def stanzas():
    """The paragraphs of debian/control, as dictionaries."""
    for text in read(DEBIAN + 'control').strip().split('\n\n'):
        yield dict(re.findall(r'(?m)^([\w-]+): *(.*(?:\n .*)*)', text))


def plugins():
    return {os.path.basename(os.path.dirname(path)) for path in glob.glob(PROJECT + '/plugins/*/')} - NO_PLUGINS


class TestDescription(unittest.TestCase):
    """What can be told without building."""

    def test_version(self):
        """meson.build has it; changelog and NEWS agree."""
        version = re.search(r"(?m)^\tversion: '([^']+)'", read('meson.build'))[1]
        self.assertEqual(re.match(r'lwm2m-agent \(([^)]+)\) ', read(DEBIAN + 'changelog'))[1], version)
        self.assertEqual(read('NEWS').split()[:2], ['lwm2m-agent', version])

    def test_package_of_each_plugin(self):
        packages = {stanza['Package']: stanza for stanza in stanzas() if 'Package' in stanza}
        self.assertEqual({name for name in packages if name.startswith('lwm2m-plugin-')},
                         {'lwm2m-plugin-' + name for name in plugins()})
        named = packages['lwm2m-agent']['Suggests'] + packages['lwm2m-agent']['Recommends']
        for name in plugins():
            self.assertIn('lwm2m-plugin-' + name, named)
            self.assertIn('lwm2m-agent (= ${binary:Version})', packages['lwm2m-plugin-' + name]['Depends'])

    def test_plugin_abi(self):
        """The name that packages of other people's plugins depend on."""
        abi = re.search(r'(?m)^#define LW_PLUGIN_ABI (\d+)', read('sdk/include/lwm2m/plugin.h'))[1]
        self.assertIn(f'lwm2m-plugin-abi-{abi}', next(s for s in stanzas() if s.get('Package') == 'lwm2m-agent')['Provides'])
        self.assertTrue(f'`lwm2m-plugin-abi-{abi}`' in read('sdk/README.md'), 'sdk/README.md names another one')

    def test_copyright_names_bundled_libraries(self):
        text = read(DEBIAN + 'copyright')
        for wrap in glob.glob(PROJECT + '/subprojects/*.wrap'):
            self.assertIn(f'Files: subprojects/packagefiles/{os.path.basename(wrap)[:-5]}-', text)
        self.assertRegex(text, r'(?s)packagefiles/wolfssl.*?License: GPL-3\+')
        self.assertRegex(text, r'/usr/sbin/lwm2m-agent and\s+/usr/bin/lwm2m-server are, as a whole, distributed under the GNU General')

    def test_scripts_need_no_network(self):
        scripts = [path for kind in ('preinst', 'postinst', 'prerm', 'postrm') for path in glob.glob(f'{PROJECT}/{DEBIAN}*.{kind}')]
        self.assertTrue(scripts)
        for path in scripts:
            text = read(os.path.relpath(path, PROJECT))
            self.assertIsNone(TO_THE_NETWORK.search(re.sub(r'(?m)^#.*', '', text)), path)
            self.assertIn('\n#DEBHELPER#\n', text, path)
            self.assertIn('\nset -e\n', text, path)


class Package:
    """One .deb, looked into with dpkg-deb."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path).split('_')[0]

    @functools.cached_property
    def files(self):
        """path -> mode and owner of everything but folders."""
        lines = (line.split(None, 5) for line in output('dpkg-deb', '--contents', self.path).splitlines())
        return {line[5].split(' -> ')[0][2:]: (line[0], line[1]) for line in lines if line[0][0] != 'd'}

    def field(self, name):
        return output('dpkg-deb', '--field', self.path, name).strip()

    def control(self, name):
        result = run('dpkg-deb', '--info', self.path, name)
        return result.stdout if result.returncode == 0 else ''


class Build:
    """What build-deb made, in a folder that goes with the test program."""

    def __init__(self, *options):
        folder = tempfile.TemporaryDirectory(prefix='test-packaging.')
        unittest.addModuleCleanup(folder.cleanup)
        self.folder = folder.name
        self.result = run(PROJECT + '/packaging/build-deb', *options, self.folder)
        paths = sorted(glob.glob(self.folder + '/*.deb'))
        self.packages = {package.name: package for package in map(Package, paths)}


@functools.lru_cache(maxsize=None)
def built(*options):
    """Each way of building is tried once."""
    reason = needs_building()
    if reason:
        raise unittest.SkipTest(reason)
    build = Build(*options)
    unprepared = re.search(r'(?m)^deb-root: (?!making)(.*)', build.result.stderr)
    if build.result.returncode and unprepared:
        raise unittest.SkipTest(unprepared[1])
    return build


def expected_packages(build):
    names = {stanza['Package'] for stanza in stanzas() if 'Package' in stanza}
    if 'is left out' in build.result.stdout:
        names.discard('lwm2m-plugin-gpio')
    return names


class Checks:
    """What holds of every build."""

    options = ()
    machine = 'X86-64'

    def setUp(self):
        self.build = built(*self.options)
        self.assertEqual(self.build.result.returncode, 0, self.build.result.stdout + self.build.result.stderr)
        self.packages = self.build.packages

    def unpack(self, name):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        output('dpkg-deb', '--extract', self.packages[name].path, folder.name)
        return folder.name

    def test_lintian(self):
        """build-deb --lintian fails for errors and warnings; overrides need a reason, which is a comment."""
        self.assertNotRegex(self.build.result.stdout + self.build.result.stderr, r'(?m)^[EW]: ')
        for path in glob.glob(f'{PROJECT}/{DEBIAN}*lintian-overrides'):
            self.assertRegex(read(os.path.relpath(path, PROJECT)), r'^# ')

    def test_progress(self):
        self.assertRegex(self.build.result.stdout, r'(?s)configuring.*compiling.*\d+ %.*packing.*has the packages, after \d+ s')

    def test_packages(self):
        wanted = expected_packages(self.build)
        self.assertEqual({name for name in self.packages if not name.endswith('-dbgsym')}, wanted)
        with_code = {name for name in wanted if name != 'lwm2m-agent-dev'}
        self.assertEqual({name[:-7] for name in self.packages if name.endswith('-dbgsym')}, with_code)

    def test_each_file_is_in_one_package(self):
        owners = {}
        for package in self.packages.values():
            for path, (_, owner) in package.files.items():
                self.assertEqual(owner, 'root/root', path)
                self.assertNotIn(path, owners)
                owners[path] = package.name
        for name, paths in PROGRAMS.items():
            for path in paths:
                self.assertEqual(owners.get(path), name)

    def test_plugins(self):
        """The module where the agent and the .pc file have the folder of plugins, its configuration, its manual page."""
        folder = self.unpack('lwm2m-agent-dev')
        pc, = glob.glob(folder + '/usr/lib/*/pkgconfig/lwm2m-plugin.pc')
        with open(pc, encoding='utf-8') as handle:
            text = handle.read()
        plugindir = re.search(r'(?m)^plugindir=(.*)', text)[1]
        self.assertRegex(plugindir, r'^/usr/lib/[\w-]+-linux-gnu/lwm2m-agent/plugins$')
        self.assertIn(f'interest-noawait {plugindir}\n', self.packages['lwm2m-agent'].control('triggers'))
        for name in (name for name in expected_packages(self.build) if name.startswith('lwm2m-plugin-')):
            short = name[len('lwm2m-plugin-'):]
            files = self.packages[name].files
            for path in (f'{plugindir[1:]}/{short}.so', f'etc/lwm2m-agent/plugins.d/{short}.conf',
                         f'usr/share/man/man5/{name}.5.gz'):
                self.assertIn(path, files)

    def test_for_authors_of_plugins(self):
        files = self.packages['lwm2m-agent-dev'].files
        for path in ('usr/include/lwm2m/plugin.h', 'usr/include/lwm2m/settings.h', 'usr/bin/lwm2m-plugin-new',
                     'usr/bin/lwm2m-plugin-check', 'usr/share/doc/lwm2m-agent-dev/README.md.gz',
                     'usr/share/man/man1/lwm2m-plugin-new.1.gz', 'usr/share/man/man1/lwm2m-plugin-check.1.gz'):
            self.assertIn(path, files)

    def test_configuration_is_conffiles(self):
        for name, package in self.packages.items():
            conffiles = set(package.control('conffiles').split())
            self.assertEqual({'/' + path for path in package.files if path.startswith('etc/')}, conffiles, name)

    def test_service(self):
        files = self.packages['lwm2m-agent'].files
        self.assertTrue({'lib/systemd/system/lwm2m-agent.service', 'usr/lib/systemd/system/lwm2m-agent.service'} & set(files))
        postinst = self.packages['lwm2m-agent'].control('postinst')
        self.assertIn("deb-systemd-helper enable 'lwm2m-agent.service'", postinst)
        self.assertLess(postinst.index('systemd-sysusers'), postinst.index('systemd-tmpfiles'))
        self.assertLess(postinst.index('systemd-tmpfiles'), postinst.index('deb-systemd-invoke $_dh_action'))

    def test_dependencies_are_of_this_release(self):
        """libcoap and wolfSSL are inside, nothing else is."""
        for name, package in self.packages.items():
            self.assertNotRegex(package.field('Depends'), r'libcoap|wolfssl', name)
        self.assertRegex(self.packages['lwm2m-agent'].field('Depends'), r'libsystemd0 .*|libcbor|libjansson4')

    def elf_files(self):
        for name in sorted(self.packages):
            if name.endswith('-dbgsym'):
                continue
            folder = self.unpack(name)
            for path in self.packages[name].files:
                with contextlib.suppress(OSError), open(os.path.join(folder, path), 'rb') as handle:
                    if handle.read(4) == b'\x7fELF':
                        yield path, os.path.join(folder, path)

    def test_hardening(self):
        """All of it, in each program and module; and none has a path of the build or of libraries in it."""
        seen = 0
        for path, file in self.elf_files():
            header, dynamic = output('readelf', '-hW', file), output('readelf', '-dlW', file)
            seen += 1
            self.assertIn(self.machine, header, path)
            self.assertRegex(header, r'Type: +DYN', path)
            self.assertIn('GNU_RELRO', dynamic, path)
            self.assertRegex(dynamic, r'\bNOW\b', path)
            self.assertNotRegex(dynamic, r'RPATH|RUNPATH|RWE', path)
            with open(file, 'rb') as handle:
                content = handle.read()
            self.assertNotIn(b'/share/lwm2m-agent', content, path)
            # debian/copyright says which programs are under the GPL: those with wolfSSL in them.
            self.assertEqual(b'wolfSSL' in content, path in GPL, path)
            if path in sum(PROGRAMS.values(), []):
                symbols = output('readelf', '--dyn-syms', '-W', file)
                self.assertIn('__stack_chk_fail', symbols, path)
                self.assertRegex(symbols, r'__\w+_chk@', path)
        self.assertGreaterEqual(seen, len(expected_packages(self.build)))


class NativeChecks(Checks):
    """What runs on this machine's processor is also lived with."""

    release = release()
    machine = {'x86_64': 'X86-64', 'aarch64': 'AArch64'}.get(os.uname().machine, '')

    def test_life(self):
        """debian/tests/life in a container that runs the release's systemd."""
        try:
            container = Container(self.release, share=self.build.folder)
        except Unavailable as e:
            raise unittest.SkipTest(str(e)) from e
        with container:
            container.write('/root/life', read(DEBIAN + 'tests/life'), mode='755')
            result = container.run('/root/life /mnt', timeout=500)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(result.stdout.splitlines()[-1], 'life: passed')


class TestPackages(NativeChecks, unittest.TestCase):
    """This machine's release, natively."""

    options = ('--lintian',)

    def test_plugin_is_built_with_what_is_installed(self):
        """The example, and a plugin begun by lwm2m-plugin-new with its own build and test."""
        shutil.copy(PROJECT + '/tests/interop/models/33000.xml', self.build.folder)
        script = """set -e
            dpkg --force-all --unpack lwm2m-agent_*.deb lwm2m-agent-dev_*.deb
            cd /tmp
            cc -shared -fPIC -Wall -Werror $(pkg-config --cflags lwm2m-plugin) \
                /usr/share/doc/lwm2m-agent-dev/examples/thermal.c -o thermal.so -lm
            $(pkg-config --variable=plugin_host lwm2m-plugin) -v ./thermal.so </dev/null
            lwm2m-plugin-new kettle /share/33000.xml
            cd kettle
            meson setup build
            meson test -C build"""
        said = output(PROJECT + '/packaging/deb-root', '--share', self.build.folder, release(), '--', 'sh', '-c', script)
        self.assertIn('/3303/0', said)
        self.assertRegex(said, r'Ok: +1')

    @asked('reproducible')
    def test_reproducible(self):
        """Another path, time zone, language, umask, number of jobs, and a compiler that remembers nothing: the same bytes."""
        again = built('--vary')
        self.assertEqual(again.result.returncode, 0, again.result.stdout + again.result.stderr)
        self.assertEqual(set(again.packages), set(self.packages))
        for name, package in self.packages.items():
            with open(package.path, 'rb') as one, open(again.packages[name].path, 'rb') as other:
                self.assertTrue(one.read() == other.read(), f'{name} differs')

    @asked('source')
    def test_source(self):
        build = built('--lintian', '--source')
        self.assertEqual(build.result.returncode, 0, build.result.stdout + build.result.stderr)
        self.assertEqual(len(glob.glob(build.folder + '/*.dsc')), 1)


@asked('releases')
class TestOtherRelease(NativeChecks, unittest.TestCase):
    release = next(name for name in RELEASES if name != release())
    options = ('--lintian', '--release', release)


class CrossChecks(Checks):
    """Built for arm64, and run by an emulator."""

    release = release()
    machine = 'AArch64'

    def test_runs(self):
        try:
            (emulator, *_), _ = program('qemu-user-static', 'qemu-aarch64-static')
        except Unavailable as e:
            raise unittest.SkipTest(str(e)) from e
        shutil.copy(emulator, self.build.folder + '/emulator')
        script = """set -e
            dpkg --force-all --unpack lwm2m-agent_*.deb lwm2m-server_*.deb lwm2m-plugin-system_*.deb
            ./emulator /usr/sbin/lwm2m-agent --version
            ./emulator /usr/bin/lwm2m-server --version
            ./emulator /usr/libexec/lwm2m-agent/lwm2m-plugin-host -v \
                /usr/lib/aarch64-linux-gnu/lwm2m-agent/plugins/system.so </dev/null"""
        said = output(PROJECT + '/packaging/deb-root', '--arch', 'arm64', '--share', self.build.folder, self.release, '--',
                      'sh', '-c', script)
        version = re.search(r"version: '([^']+)'", read('meson.build'))[1]
        self.assertIn(f'lwm2m-agent {version}\n', said)
        self.assertIn(f'lwm2m-server {version}\n', said)
        self.assertIn('/3300/0', said)


@asked('cross')
class TestCross(CrossChecks, unittest.TestCase):
    options = ('--lintian', '--arch', 'arm64')


@asked('cross-releases')
class TestOtherReleaseCross(CrossChecks, unittest.TestCase):
    release = next(name for name in RELEASES if name != release())
    options = ('--lintian', '--arch', 'arm64', '--release', release)


def main():
    """Lists what was skipped and why, as tests/suites.py counts it."""
    result = unittest.main(exit=False, verbosity=2).result
    for test, reason in result.skipped:
        print(f'skipped {test}: {reason}')
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == '__main__':
    main()
