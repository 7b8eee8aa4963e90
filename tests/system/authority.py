# SPDX-License-Identifier: BSD-2-Clause
"""A certificate authority for tests, made by openssl(1)."""
from harness import run
import os

NAMES = ("DNS:localhost,IP:127.0.0.1,IP:127.0.1.1,IP:127.0.2.1,"
         "IP:127.0.3.1")


class Authority:
    """Keys and certificates in directory WHERE."""

    def __init__(self, where, name="ca"):
        self.where, self.ca = where, os.path.join(where, name + ".pem")
        self.ca_key = os.path.join(where, name + ".key")
        self._openssl(
            "req", "-x509", *self._new_key(self.ca_key), "-out", self.ca,
            "-days", "30", "-subj", "/CN=test authority")

    @staticmethod
    def _openssl(*words):
        status, text = run(["openssl", *words])
        if status != 0:
            raise RuntimeError(text)

    @staticmethod
    def _new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", path]

    def certificate(self, name, names=NAMES, days=("-days", "20")):
        """Paths of a certificate and its key."""
        cert, key, request = (os.path.join(self.where, name + end)
                              for end in (".pem", ".key", ".csr"))
        extensions = os.path.join(self.where, name + ".ext")
        with open(extensions, "w", encoding="ascii") as f:
            f.write("subjectAltName=%s\n" % names)
        self._openssl("req", *self._new_key(key), "-out", request,
                      "-subj", "/CN=" + name)
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca,
                      "-CAkey", self.ca_key, "-CAcreateserial", *days,
                      "-extfile", extensions, "-out", cert)
        return cert, key
