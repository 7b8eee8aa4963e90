#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Words of ntp.conf that no other test sees at work: the rate limit of NTPsec,
and what `nts` says of TLS and of ciphers."""
from harness import (Daemon, enter_namespace, exchange, free_port, ok,
                     request_octets, run, scratch, wait_for)
from authority import Authority
import re

enter_namespace()
here = scratch()
trusted = Authority(here)
cert, key = trusted.certificate("server")
CLOCK = ("server 127.127.1.0 minpoll 0 prefer\n"
         "fudge 127.127.1.0 stratum 0 refid GPS\n")

# -- limit ------------------------------------------------------------------


def burst(words, seconds):
    """How many of 20 requests get the time, and how many RATE."""
    daemon = Daemon(CLOCK + "restrict 127.0.0.0/8 limited kod\n" + words,
                    access="")
    daemon.synchronized()
    got = [exchange("127.0.0.1", daemon.port, request_octets(), seconds)
           for _ in range(20)]
    daemon.kill()
    times = sum(1 for r in got if r and r[1] != 0)
    kisses = sum(1 for r in got if r and r[12:16] == b"RATE")
    return times, kisses


# What 1000 s remember a slow machine does not forget; some requests are lucky,
# never all of them.
times, kisses = burst("limit burst 100 average 100\n", 5)
ok(times == 20 and kisses == 0, "limit: what is allowed is served",
   times, kisses)
times, kisses = burst("limit average 0.005 burst 1000 kod 5\n", 5)
ok(0 < times < 20 and kisses > 0, "limit: what is above is told so",
   times, kisses)
times, kisses = burst("limit average 0.005 burst 1000 kod 0\n", 0.1)
ok(times < 20 and kisses == 0, "limit: or not even that", times, kisses)

# -- mru: what is taken at once ----------------------------------------------


def taken(words):
    """KiB of memory of its own, with this list of clients."""
    daemon = Daemon("mru maxmem 32768 %s\n" % words)
    wait_for(daemon.ask, 10, "an answer")
    with open("/proc/%d/smaps_rollup" % daemon.child.pid,
              encoding="ascii") as f:
        found = re.search(r"Anonymous:\s+(\d+) kB", f.read())
    daemon.kill()
    return int(found[1])


least = taken("")
for words, wanted in (("initmem 16384", 16384),
                      ("initalloc 100000", 100000 * 64 / 1024)):
    more = taken(words) - least
    ok(0.9 * wanted < more < 1.1 * wanted + 512, "mru %s is there at once"
       % words, more)

# -- nts: TLS ---------------------------------------------------------------

keport = free_port()


def server(words):
    daemon = Daemon(CLOCK + "nts enable\nnts keport %d\nnts cert %s\n"
                    "nts key %s\nnts cookie %s/cookies\n%s" % (
                        keport, cert, key, here, words))
    wait_for(lambda: "connect:errno" not in talk()[1], 15, "a TLS server")
    return daemon


def talk(*words):
    return run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % keport,
                "-tls1_3", "-alpn", "ntske/1", "-CAfile", trusted.ca, *words])


SMALL, LARGE = "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"
ours = server("nts tlsciphersuites %s\nnts tlsecdhcurves P-384\n" % LARGE)
text = talk("-groups", "X25519:P-384")[1]
ok("Cipher is " + LARGE in text, "nts tlsciphersuites: the one it names", text)
ok("secp384r1" in text, "nts tlsecdhcurves: the one it names", text)
ok("handshake failure" in talk("-ciphersuites", SMALL)[1],
   "nts tlsciphersuites: no other")
ok("handshake failure" in talk("-groups", "X25519")[1],
   "nts tlsecdhcurves: no other")
ours.kill()
both = "nts tlsciphersuites %s:%s\n" % (LARGE, SMALL)
for words, wins in (("", SMALL), ("nts tlscipherserverpreference\n", LARGE)):
    ours = server(both + words)
    text = talk("-ciphersuites", SMALL + ":" + LARGE)[1]
    ok("Cipher is " + wins in text,
       "%s first: %s" % ("the server's" if words else "the client's", wins),
       text)
    if words:
        break
    ours.kill()

# -- nts: the cipher of the packets -------------------------------------------

for lines, options, wanted in (
        ("", "", "AES_SIV_CMAC_256"),
        ("nts aead AES_SIV_CMAC_512\n", "", "AES_SIV_CMAC_512"),
        ("nts aead AES_SIV_CMAC_512\n", "aead AES_SIV_CMAC_384",
         "AES_SIV_CMAC_384")):
    client = Daemon("nts ca %s\n%sserver 127.0.0.1:%d nts iburst %s\n" % (
        trusted.ca, lines, keport, options))
    found = wait_for(lambda: re.search(
        "NTS keys established with .*: ([A-Z0-9_]+), 8 cookies",
        client.log()), 15, "keys")
    ok(found and found.group(1) == wanted,
       "%s%s: %s" % (lines.strip(), options and "; " + options, wanted),
       client.log())
    client.kill()
