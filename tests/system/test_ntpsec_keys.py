#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every kind of MAC with ntpsec's ntpd, both ways.

ntpsec knows port 123 only, so this runs in a network of its own, with relays
to and from ours.  Its daemon may not set the clock and so never calls itself
synchronized, but what it signs we can verify all the same.
"""
from harness import (Daemon, NTPSEC_NTPD, OWN_HOST, Relay, enter_namespace,
                     need_peers, ntpq, ok, powerless, scratch, spawn, stratum1,
                     wait_for)
import os

need_peers()
enter_namespace()
here = scratch()
HEX = "6f2c9a11d0e47b8853a1f09c2ddc41be77a05513a1b2c3d4e5f60718293a4b5c"
# id: our type, ntpsec's type, secret
KEYS = {1: ("MD5", "MD5", "ntpsecretkey"), 2: ("SHA1", "SHA1", HEX[:40]),
        3: ("SHA256", "SHA256", HEX), 4: ("SHA384", "SHA384", HEX),
        5: ("SHA512", "SHA512", HEX), 6: ("SHA3-256", "SHA3-256", HEX),
        7: ("AES128CMAC", "AES", HEX[:32]),
        8: ("AES192CMAC", "AES-192", HEX[:48]),
        9: ("AES256CMAC", "AES-256", HEX)}
WRONG = 10


def path(name):
    return os.path.join(here, name)


def write(name, text):
    with open(path(name), "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path(name), 0o600)


write("keys", "".join("%d %s %s\n" % (i, k[0], k[2])
                      for i, k in KEYS.items()) + "%d SHA1 mine\n" % WRONG)
write("ntpsec.keys", "".join("%d %s %s\n" % (i, k[1], k[2])
                             for i, k in KEYS.items()) +
      "%d SHA1 theirs\n" % WRONG)
TRUST = "trustedkey (1 ... %d)\n" % WRONG

server = stratum1(args=("-k", path("keys"), *(
    word for i in range(1, WRONG + 1) for word in ("-t", str(i)))))
server.synchronized()
relays = [Relay("192.0.2.%d" % (100 + i), "127.0.0.1", server.port, port=123)
          for i in range(1, WRONG + 1)]
write("ntpsec.conf", "disable ntp\nrestrict default\nrestrict 127.0.0.1\n"
      "interface ignore wildcard\ninterface listen 127.0.0.1\n"
      "interface listen %s\nkeys %s\n" % (OWN_HOST, path("ntpsec.keys")) +
      TRUST + "".join("server 192.0.2.%d key %d iburst minpoll 1 maxpoll 2\n" %
                      (100 + i, i) for i in range(1, WRONG + 1)))
spawn(powerless([NTPSEC_NTPD, "-n", "-c", path("ntpsec.conf")]),
      path("ntpsec.out"))
relays += [Relay("127.0.1.%d" % i, "127.0.0.1", 123)
           for i in range(1, WRONG + 1)]
ours = Daemon("keys %s\n" % path("keys") + TRUST + "".join(
    "server 127.0.1.%d port %d key %d iburst minpoll 1 maxpoll 2\n" %
    (i, relays[WRONG + i - 1].port, i) for i in range(1, WRONG + 1)))


def verified(target):
    """Association numbers, from 1, whose last packet had a valid MAC."""
    rows = [line.split() for line in ntpq(target, "-c", "as").splitlines()]
    return {int(f[0]) for f in rows
            if len(f) > 5 and f[0].isdigit() and f[5] == "ok"}


def each(target):
    return wait_for(lambda: (v := verified(target)) >= set(KEYS) and v, 40,
                    "all associations of %s" % target) or verified(target)


found = each("127.0.0.1:%d" % ours.port)
for i, k in KEYS.items():
    ok(i in found, "we verify ntpsec's %s" % k[0], found, ours.log())
ok(WRONG not in found, "but not another secret", found)
found = each("127.0.0.1")
with open(path("ntpsec.out"), encoding="utf-8") as log:
    words = log.read()
for i, k in KEYS.items():
    ok(i in found, "ntpsec verifies our %s" % k[0], found, words)
ok(WRONG not in found, "but not another secret", found)
