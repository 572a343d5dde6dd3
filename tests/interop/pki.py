# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates for tests, made by openssl(1).

    pki = Pki(folder)
    pki.authority("root")
    pki.certificate("server", "root", names=["DNS:localhost", "IP:127.0.0.1"])
    pki.path("server.crt")                     # PEM; server.key is its key, PKCS#8
"""

import shutil
import subprocess
from pathlib import Path


def is_there():
    return shutil.which("openssl") is not None


class Pki:
    def __init__(self, folder):
        self.folder = Path(folder)

    def path(self, name):
        return str(self.folder / name)

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise AssertionError(f"openssl {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout

    def key(self, name):
        """name.key, and name.pub."""
        self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
        self._openssl("pkey", "-in", f"{name}.key", "-pubout", "-out", f"{name}.pub")
        (self.folder / f"{name}.key").chmod(0o600)

    def public_der(self, name):
        return self._openssl("pkey", "-in", f"{name}.key", "-pubout", "-outform", "DER")

    def private_der(self, name):
        """PKCS#8."""
        return self._openssl("pkcs8", "-topk8", "-nocrypt", "-in", f"{name}.key", "-outform", "DER")

    def der(self, name):
        return self._openssl("x509", "-in", f"{name}.crt", "-outform", "DER")

    def authority(self, name):
        self.key(name)
        self._openssl("req", "-x509", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-days", "30",
                      "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
                      "-out", f"{name}.crt")

    def certificate(self, name, authority=None, names=(), not_after=None):
        """By authority, or by itself. not_after: "20200101000000Z"."""
        self.key(name)
        extensions = "basicConstraints=CA:FALSE\n" + (f"subjectAltName={','.join(names)}\n" if names else "")
        (self.folder / "extensions").write_text(extensions)
        if authority is None:
            self._openssl("req", "-x509", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-days", "30",
                          *(("-addext", f"subjectAltName={','.join(names)}") if names else ()), "-out", f"{name}.crt")
            return
        self._openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        if not_after is None:
            self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
                          "-CAcreateserial", "-days", "30", "-extfile", "extensions", "-out", f"{name}.crt")
            return
        database = self.folder / f"{name}.ca"
        database.mkdir()
        (database / "index.txt").touch()
        (database / "ca.conf").write_text(
            f"[ca]\ndefault_ca = ca\n[ca]\ndatabase = {database}/index.txt\nserial = {database}/serial\n"
            f"new_certs_dir = {database}\ndefault_md = sha256\npolicy = policy\nunique_subject = no\n"
            "[policy]\ncommonName = supplied\n")
        self._openssl("ca", "-batch", "-config", f"{database}/ca.conf", "-create_serial", "-in", f"{name}.csr",
                      "-cert", f"{authority}.crt", "-keyfile", f"{authority}.key", "-extfile", "extensions",
                      "-startdate", "20190101000000Z", "-enddate", not_after, "-notext", "-out", f"{name}.crt")
