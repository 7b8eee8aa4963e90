#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Network Time Security with chrony, ntpsec and ourselves, both ways; and
with peers that nobody wants.

In a network of its own: ntpsec knows TCP port 4460 and UDP port 123 only.
"""
from harness import (CHRONYD, NTPD, NTPSEC_NTPD, PATIENCE, Daemon,
                     enter_namespace, free_port, need_peers, ok, powerless, run,
                     scratch, spawn, stratum1, wait_for)
from authority import Authority
import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import struct

need_peers()
enter_namespace(mounts=True)
here = scratch()
trusted = Authority(here)
cert, key = trusted.certificate("server")


def path(name):
    return os.path.join(here, name)


def write(name, text):
    with open(path(name), "w", encoding="ascii") as f:
        f.write(text)
    return path(name)


def server_words(keport, chain=cert, private=key, cookies="cookies"):
    return ("nts enable\nnts keport %d\nnts cert %s\nnts key %s\n"
            "nts cookie %s\n" % (keport, chain, private, path(cookies)))


def count(daemon, name):
    return int(daemon.variable("nts_" + name) or -1)


def log_says(daemon, words, seconds=15):
    return wait_for(lambda: re.search(words, daemon.log()), seconds, words)


# ---- servers --------------------------------------------------------------

ours = Daemon("server 127.127.1.0 minpoll 0 prefer\n"
              "fudge 127.127.1.0 stratum 0 refid GPS\nthreads 1\n" +
              server_words(4461))
bad_cert, bad_key = trusted.certificate("expired", days=(
    "-days", "-1"))
expired = stratum1(start=False)
expired.write("conf", open(expired.path("conf"), encoding="ascii").read() +
              server_words(4462, bad_cert, bad_key, "cookies2"))
expired.start()
chrony_port = free_port()
spawn(powerless([CHRONYD, "-x", "-d", "-f", write("chrony.conf", """
user root
port %d
cmdport 0
allow
local stratum 2
pidfile %s
ntsserverkey %s
ntsservercert %s
ntsport 4463
ntsdumpdir %s
""" % (chrony_port, path("chrony.pid"), key, cert, here))]), path("chrony"))
spawn(powerless([NTPSEC_NTPD, "-n", "-c", write("ntpsec.conf", """
disable ntp
restrict default
nts enable
nts cert %s
nts key %s
nts cookie %s
nts ca %s
server 127.0.0.1:4461 nts iburst minpoll 1 maxpoll 2
""" % (cert, key, path("ntpsec-cookies"), trusted.ca))]), path("ntpsec"))
log_says(ours, "TCP port 4461 gives keys")
log_says(expired, "has expired")

# ---- our client -----------------------------------------------------------

LINES = {
    "ourselves": "127.0.2.1:4461 nts",
    "chrony": "127.0.1.1:4463 nts",
    "ntpsec": "localhost nts",
}
client = Daemon("nts ca %s\n" % trusted.ca + "".join(
    "server %s iburst minpoll 1 maxpoll 2\n" % line
    for line in LINES.values()), clock="0.05,20")
ok(client.synchronized(), "our client synchronizes", client.log(),
   client.ntpq("-p"))
for name, address in (("ourselves", "127.0.2.1"), ("chrony", "127.0.1.1")):
    row = wait_for(lambda a=address: (r := client.peer(a)) and r.reach and r,
                   20, name)
    ok(row and row.type in "012345678", "with keys of %s, and says so" % name,
       client.ntpq("-p"), client.log())
found = wait_for(lambda: count(client, "ke_probes_good") >= 3, 20, "3 keys")
ok(found, "three key establishments have succeeded", client.ntpq(
    "-c", "ntsinfo"), client.log())


def authentic(daemon, address):
    """Is what comes from there authenticated?"""
    for line in daemon.ntpq("-c", "as").splitlines():
        words = line.split()
        if len(words) > 2 and words[0].isdigit():
            text = daemon.ntpq("-c", "rv %s srcadr,flash" % words[1])
            if "srcadr=" + address in text:
                return words[5] == "ok"
    return None


ok(wait_for(lambda: authentic(client, "127.0.0.1"), 15, "ntpsec's answer"),
   "answers of ntpsec are authentic", client.ntpq("-c", "as"),
   client.ntpq("-p"), client.log())

# ---- our server -----------------------------------------------------------

ok(wait_for(lambda: count(ours, "ke_serves_good") >= 2, 20, "ntpsec"),
   "ntpsec's client has keys of ours", ours.log(), open(path("ntpsec")).read())
before = count(ours, "server_recv_good")
status, words = run(powerless(
    [CHRONYD, "-Q", "-x", "-t", "120", "user root", "cmdport 0",
     "pidfile %s" % path("query.pid"), "ntstrustedcerts " + trusted.ca,
     "server 127.0.0.1 nts ntsport 4461 port %d iburst" % ours.port]))
found = re.search(r"System clock wrong by (-?[0-9.]+) seconds", words)
ok(status == 0 and found and abs(float(found.group(1))) < 0.4,
   "chronyd -Q measures ours with keys", words, ours.log())
ok(count(ours, "server_recv_good") > before, "and asked with cookies",
   ours.ntpq("-c", "ntsinfo"))
ok(count(ours, "server_recv_bad") == 0, "no packet of theirs was bad",
   ours.ntpq("-c", "ntsinfo"))

# ---- peers that nobody wants ------------------------------------------------

strangers = Daemon("".join("server %s iburst\n" % line for line in (
    "127.0.0.1:4462 nts ca " + trusted.ca,
    "127.0.9.1:4461 nts ca " + trusted.ca,
    "127.0.3.1:4461 nts",
    "127.0.1.1:9 nts")))
log_says(strangers, "127.0.3.1.*(self-signed|issuer)")
log_says(strangers, "127.0.1.1.*refused")
ok(log_says(strangers, "127.0.0.1.*expired"),
   "L-expired: such a certificate is none",
   strangers.log())
ok(log_says(strangers, "127.0.9.1.*mismatch"),
   "L-impostor: nor is that of somebody else", strangers.log())
ok(log_says(strangers, "127.0.3.1.*issuer"),
   "L-stranger: nor one of unknown authority",
   strangers.log())
ok(not any(r.reach for r in strangers.peers()), "nothing was asked without",
   strangers.ntpq("-p"))
strangers.kill()

# The machine's own authorities, which its packages replace at any time.
here_store = write("store.pem", "")
shutil.copy(bad_cert, here_store)
stranger = Daemon("server 127.0.0.1:4461 nts iburst\n",
                  env=dict(os.environ, SSL_CERT_FILE=here_store,
                           SSL_CERT_DIR=path("no")))
log_says(stranger, "127.0.0.1.*issuer")
shutil.copy(trusted.ca, here_store)
stranger.child.send_signal(signal.SIGHUP)
ok(log_says(stranger, "NTS keys established"),
   "the machine's authorities are read again", stranger.log())
stranger.kill()

LATE = "server 127.0.0.1:4461 nts ca %s iburst\n" % trusted.ca
past, future = Daemon(LATE, clock="-60000000"), Daemon(LATE, clock="900000000")
ok(log_says(past, "not valid yet by our clock") and
   log_says(past, "NTS keys established"),
   "a clock in the past comes out of there", past.log())
ok(log_says(future, "expired .is our clock right"),
   "one in the future asks what time it is", future.log())
past.kill()
future.kill()

trusting = Daemon("server 127.0.0.1:4462 nts noval iburst minpoll 1\n")
ok(trusting.synchronized(), "noval takes it all the same", trusting.log())
ok("noval" in trusting.log(), "and warns", trusting.log())
trusting.kill()


# ---- key establishment, octet by octet --------------------------------------

def context(alpn="ntske/1", version=ssl.TLSVersion.TLSv1_3):
    c = ssl.create_default_context(cafile=trusted.ca)
    c.maximum_version = version
    if alpn:
        c.set_alpn_protocols([alpn])
    return c


def record(kind, body=b""):
    return struct.pack("!HH", kind, len(body)) + body


NEXT, AEAD, END = record(0x8001, b"\0\0"), record(0x8004, b"\0\x0f"), \
    record(0x8000)


def establish(request, port=4461, **how):
    """The answer as (type, body), and the certificate; or why not."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as raw, \
                context(**how).wrap_socket(
                    raw, server_hostname="localhost") as s:
            for part in request:
                s.sendall(part)
            data = b""
            while chunk := s.recv(65536):
                data += chunk
            certificate = s.getpeercert(binary_form=True)
    except (OSError, ValueError) as e:
        return str(e), None
    found = []
    while data:
        kind, length = struct.unpack_from("!HH", data)
        found.append((kind, data[4:4 + length]))
        data = data[4 + length:]
    return found, certificate


answer, first_certificate = establish([NEXT + AEAD + END])
cookies = [body for kind, body in answer if kind == 5]
ok(len(cookies) == 8 and len(set(cookies)) == 8 and
   {len(c) for c in cookies} == {104}, "eight cookies, all different", answer)
ok((0x8007, struct.pack("!H", ours.port)) in answer,
   "with the port of the time", answer)
answer, _ = establish([bytes([octet]) for octet in NEXT + AEAD + END])
ok(len(answer) == len(cookies) + 4, "also when asked octet by octet", answer)
answer, _ = establish([NEXT + AEAD + record(0x8123, b"x") + END])
ok(answer == [(0x8002, b"\0\0"), (0x8000, b"")],
   "an unknown critical record is refused", answer)
answer, _ = establish([NEXT + NEXT + AEAD + END])
ok(answer == [(0x8002, b"\0\1"), (0x8000, b"")], "a bad request, too", answer)
answer, _ = establish([NEXT + record(0x8004, b"\x27\x0f") + END])
ok(answer == [(0x8001, b"\0\0"), (0x8004, b""), (0x8000, b"")],
   "no common algorithm", answer)
answer, _ = establish([NEXT], alpn=None)
ok("no application protocol" in str(answer).lower().replace("_", " "),
   "L-protocol: nothing without ALPN", answer)
answer, _ = establish([NEXT], alpn="http/1.1")
ok("no application protocol" in str(answer).lower().replace("_", " "),
   "nothing with another", answer)
answer, _ = establish([NEXT], version=ssl.TLSVersion.TLSv1_2)
ok("version" in str(answer).lower(),
   "L-downgrade: nothing over TLS 1.2", answer)
with socket.create_connection(("127.0.0.1", 4461), PATIENCE) as slow:
    slow.sendall(b"\x16\x03\x01")
    ok(slow.recv(1) == b"",
       "L-slow: who says nothing more is hung up on")

# From so many addresses that no limit of one source tells them.
silent = []
for i in range(400):
    silent.append(socket.create_connection(
        ("127.0.0.1", 4461), 8, ("127.5.%d.%d" % (i // 200, i % 200 + 1), 0)))
    silent[-1].sendall(b"\x16\x03\x01")
answer, _ = establish([NEXT + AEAD + END])
ok(len(answer) == len(cookies) + 4,
   "L-silent: a crowd that says nothing shuts nobody out", answer)
for s in silent:
    s.close()

# ---- new certificates, and old cookies --------------------------------------

write("server.pem", "no certificate\n")
ours.child.send_signal(signal.SIGHUP)
ok(log_says(ours, "the old certificate stays"), "a bad one is not taken",
   ours.log())
_, certificate = establish([NEXT + AEAD + END])
ok(certificate == first_certificate, "the old one serves on")
trusted.certificate("server")
ours.child.send_signal(signal.SIGHUP)
ok(wait_for(lambda: establish([NEXT + AEAD + END])[1] not in
            (None, first_certificate), 10, "the new one"), "the new one is taken", ours.log())

with open(path("cookies"), encoding="ascii") as f:
    keys = f.read()
ok(os.stat(path("cookies")).st_mode & 0o777 == 0o600,
   "only we read the cookie keys")
ours.kill()
write("cookies", re.sub(r"T: \d+", "T: 1700000000", keys))
ours.start()
ok(wait_for(lambda: count(ours, "cookie_decode_old") > 0, 30, "old cookies"),
   "cookies outlive a restart and a new key", ours.log())
ok(count(ours, "ke_serves_good") == 0, "and nobody had to ask for keys",
   ours.ntpq("-c", "ntsinfo"), ours.log())
with open(path("cookies"), encoding="ascii") as f:
    now = f.read()
ok(now.count("I:") == 2 and keys.split("\n", 2)[2] in now,
   "the file has both", now)

# The day's new key cannot be kept where the old one is: nobody's cookies are
# lost when that is read again.
os.mkdir(path("fixed"))
write("fixed/cookies", re.sub(r"T: \d+", "T: 1700000000", keys))
run(["mount", "--bind", path("fixed"), path("fixed")])
run(["mount", "-o", "remount,bind,ro", path("fixed")])
fixed = stratum1(start=False)
fixed.write("conf", open(fixed.path("conf"), encoding="ascii").read() +
            server_words(4464, cookies="fixed/cookies"))
fixed.start()
log_says(fixed, "cookie keys cannot be kept")
asker = Daemon("server 127.0.0.1:4464 nts ca %s iburst minpoll 1 maxpoll 1\n"
               % trusted.ca)
asker.synchronized()
fixed.child.send_signal(signal.SIGHUP)
log_says(fixed, "SIGHUP: ")
before = count(fixed, "server_recv_good")
ok(wait_for(lambda: count(fixed, "server_recv_good") > before + 1, 20,
            "good cookies") and count(fixed, "server_recv_bad") == 0,
   "keys that cannot be kept are not forgotten", fixed.log(),
   fixed.ntpq("-c", "ntsinfo"))
fixed.kill()
asker.kill()

status, words = run([NTPD, "--check-config", "-c", write("check.conf", """
nts enable cert %s key %s cookie %s
server a.example nts ca /no/ca
""" % (bad_cert, key, path("cookies")))])
ok("check.conf:2:1: warning: of no use for `nts` here: private key" in words
   and "mismatch" in words,
   "--check-config compares certificate and key", words)
ok("check.conf:3:1: warning: of no use for `nts` here: ca /no/ca: " in words,
   "and looks for the authorities", words)
status, words = run([NTPD, "--check-config", "-c", write("check.conf", """
nts enable cert %s key %s cookie %s
""" % (bad_cert, bad_key, path("cookies")))])
ok("has expired" in words, "and at the dates", words)

# ---- too often --------------------------------------------------------------



def crowded():
    """Whether somebody is refused behind 40 others of his address."""
    with contextlib.ExitStack() as crowd:
        for _ in range(40):
            crowd.enter_context(
                socket.create_connection(("127.0.0.1", 4461), PATIENCE))
        return isinstance(establish([NEXT + AEAD + END])[0], str)


ok(wait_for(crowded, 20, "a refusal"), "L-crowd: one source gets no more than its share")
ok(ours.alive() and client.alive(), "all live on")
