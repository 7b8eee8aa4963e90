#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon among other processes: start, signals, files, users, memory."""
from harness import (ANY_LOOPBACK, Daemon, NTPD, PATIENCE, SRC, exchange,
                     free_port, ok, refuse_sockets, request_octets, run,
                     scratch, server_line, skip, stratum1, wait_for)
import glob
import os
import re
import signal
import socket

from mode6 import READVAR, message

upstream = stratum1()
upstream.synchronized()

# -- signals and files
# 3.5 ppm slow, as the drift file will say.
ours = Daemon(server_line("127.0.1.1", upstream), clock="0,-3.5", start=False)
ours.write("drift", "3.5\n")
ours.start()
ok(ours.synchronized(), "synchronizes with a drift file", ours.log())
frequency = float(ours.variable("frequency") or 0)
ok(0.5 < frequency < 6.5 and
   "frequency initialized 3.500 PPM" in ours.log(),
   "and goes at the frequency found there", frequency, ours.log())
wait_for(lambda: os.path.exists(ours.pidfile), 5, "the pid file")
with open(ours.pidfile, encoding="ascii") as f:
    ok(f.read() == str(ours.child.pid), "the pid file names the process")


def resident():
    """KiB"""
    with open("/proc/%d/status" % ours.child.pid, encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1))


def anonymous():
    """KiB of its own, exactly: no pages of files come or go in it."""
    with open("/proc/%d/smaps_rollup" % ours.child.pid, encoding="ascii") as f:
        return int(re.search(r"Anonymous:\s+(\d+) kB", f.read()).group(1))


rss = resident()
ok(rss < 6 * 1024, "resident memory is below 6 MiB", "%d KiB" % rss)
few, many = 4, 400  # more than wait in its queue at most
for _ in range(few):
    exchange("127.0.0.1", ours.port, message(READVAR))
before = anonymous()
for _ in range(many):
    exchange("127.0.0.1", ours.port, message(READVAR))
ok(anonymous() - before < 128, "and not more for each control message",
   "%d KiB" % before, "%d KiB" % anonymous())
ours.child.send_signal(signal.SIGHUP)
for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
    ours.child.send_signal(number)
ok(ours.ask() and ours.alive(), "SIGHUP, USR1, USR2 and PIPE never kill")
ok(ours.kill(signal.SIGTERM) == 0, "SIGTERM: exit status 0", ours.log())
ok(not os.path.exists(ours.pidfile), "the pid file is gone")
drift = open(ours.drift, encoding="ascii").read() if os.path.exists(
    ours.drift) else ""
ok(re.fullmatch(r"-?\d+\.\d+\n", drift) and drift != "3.5\n",
   "the drift file was written: one number", repr(drift), ours.log())
ok(re.search(r"ntpd exiting on signal 15", ours.log()),
   "the log says why it left", ours.log())
ours.start()
ok(ours.synchronized(), "it starts again", ours.log())
ok(ours.kill(signal.SIGINT) == 0, "SIGINT: exit status 0")

# -- nobody reads the log
unread = Daemon("", start=False)
unread.argv = ["sh", "-c", '"$@" 2>&1 | true', "sh"] + unread.argv
unread.start()
ok(wait_for(unread.ask, 10, "an answer"),
   "a log that nobody reads any more stops nothing")
with open(unread.pidfile, encoding="ascii") as f:
    os.kill(int(f.read()), signal.SIGTERM)
unread.child.wait(PATIENCE)

# -- first reply
# How soon, tests/bench/run measures; here, that it waits for nobody.
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
    mute.bind(("127.0.1.9", 0))
    quick = Daemon("server 127.0.1.9 port %d iburst\n" %
                   mute.getsockname()[1])
    reply = wait_for(quick.ask, 5, "a reply")
    ok(reply and reply.leap == 3 and reply.stratum == 0,
       "the first reply comes before any of its servers has answered",
       reply and reply.data)
    quick.kill()

# -- one port, two daemons
holder = Daemon("")
wait_for(holder.ask, 5, "the first daemon")
second = Daemon("", port=holder.port)
status = wait_for(lambda: not second.alive(), 10, "the second to give up")
ok(status and second.child.returncode == 1,
   "a second daemon on the port leaves with status 1", second.log())
ok(str(holder.child.pid) in second.log() and "ntpd" in second.log(),
   "and says who holds it", second.log())
ok(holder.ask(), "the first serves on")
holder.kill()

def gone(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            return f.read().split()[2] == "Z"
    except OSError:
        return True


# -- into the background
here = scratch()
port = free_port()
with open(here + "/conf", "w", encoding="ascii") as f:
    f.write("port %d\n%s" % (port, ANY_LOOPBACK))
status, words = run([NTPD, "-g", "-c", here + "/conf", "-p", here + "/pid",
                     "-l", here + "/log", "--virtual-clock=0"])
answer = exchange("127.0.0.1", port, request_octets())
ok(status == 0, "the parent leaves with status 0", words)
ok(answer, "when the sockets are already open")
pid = int(open(here + "/pid", encoding="ascii").read() or 0) if \
    os.path.exists(here + "/pid") else 0
ok(pid, "the daemon wrote its pid file")
if pid:
    os.kill(pid, signal.SIGTERM)
    ok(wait_for(lambda: gone(pid), 10, "the daemon to leave"), "and leaves when told")

# -- into the background from a caller that has closed everything
here = scratch()
port = free_port()
with open(here + "/conf", "w", encoding="ascii") as f:
    f.write("port %d\n%s" % (port, ANY_LOOPBACK))
status, words = run(["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', NTPD, "-g",
                     "-c", here + "/conf", "-p", here + "/pid",
                     "-l", here + "/log", "--virtual-clock=0"])
ok(status == 0, "closed descriptors: the parent leaves all the same", status)
ok(exchange("127.0.0.1", port, request_octets()), "and the daemon serves")
os.kill(int(open(here + "/pid", encoding="ascii").read()), signal.SIGTERM)

# -- what --check-config sees beyond the syntax
here = scratch()
with open(here + "/keys", "w", encoding="ascii") as f:
    f.write("1 MD5 secret\nnonsense\n")
os.chmod(here + "/keys", 0o600)
with open(here + "/conf", "w", encoding="ascii") as f:
    f.write("keys %s/keys\ntrustedkey 1 2\nserver 192.0.2.1 key 1\n"
            "server 192.0.2.2 key 2\nserver 192.0.2.3\n"
            "driftfile %s/drift\n" % (here, here))
status, words = run([NTPD, "--check-config", "-c", here + "/conf"])
ok(status == 0 and "keys:2:1: warning" in words and
   "conf:4:1: warning: key 2 is not in the keys file" in words and
   "0 errors, 2 warnings" in words,
   "--check-config reads the keys file", words)
status, words = run([NTPD, "-n", "-c", here])
ok(status == 1 and "Is a directory" in words,
   "a directory is no configuration", words)

# -- set once and exit
status, words = run([NTPD, "-gq", "-c", ours.path("conf"),
                     "--virtual-clock=0.4"])
ok(status == 0 and re.search(r"ntpd: time (set|slew) -0\.[34]\d+ ?s", words),
   "-gq corrects the clock once and exits", status, words)

# -- what it does not understand
status, words = run([NTPD, "--no-such-option"])
ok(status == 1 and "no-such-option" in words, "an unknown option: status 1",
   words)
status, words = run([NTPD, "--version"])
ok(status == 0 and re.search(r"\d+\.\d+", words), "--version", words)
status, words = run([NTPD, "--help"])
ok(status == 0 and "-c" in words, "--help", words)
bad = here + "/bad.conf"
with open(bad, "w", encoding="ascii") as f:
    f.write("driftfile /var/lib/ntp/ntp.drift\nserver\nminpol 4\n")
status, words = run([NTPD, "--check-config", "-c", bad])
ok(status == 1 and "bad.conf:2:" in words and re.search(
    r"bad\.conf:3:1\D.*minpol", words),
   "--check-config names file, line, column and word", status, words)
for path in sorted(glob.glob(os.path.join(SRC, "conf", "ntp.conf*"))):
    status, words = run([NTPD, "--check-config", "-c", path])
    ok(status == 0, "conf/%s is accepted" % os.path.basename(path), words)

# -- an ordinary user, and a kernel with less
if os.geteuid() == 0:
    plain = Daemon(server_line("127.0.1.1", upstream), start=False,
                   user=65534, group=65534, extra_groups=[])
    os.chmod(plain.dir, 0o777)
    plain.start()
    ok(plain.synchronized(), "runs as an ordinary user", plain.log())
    plain.kill()
    dropped = Daemon(server_line("127.0.1.1", upstream),
                     args=["-u", "65534:65534"], start=False)
    os.chmod(dropped.dir, 0o777)
    dropped.start()
    ok(dropped.synchronized(), "-u 65534:65534 drops root", dropped.log())
    with open("/proc/%d/status" % dropped.child.pid, encoding="ascii") as f:
        state = f.read()
    ok(re.search(r"Uid:\s+65534\s+65534\s+65534", state) and
       re.search(r"Gid:\s+65534\s+65534\s+65534", state),
       "user and group are those that were asked for", state)
    effective = int(re.search(r"CapEff:\s+(\w+)", state).group(1), 16)
    ok(effective & ~(1 << 25 | 1 << 10) == 0,
       "no capability but to set the clock and bind low ports",
       hex(effective))
    dropped.kill()
else:
    skip("drops root", "not root")

try:
    filtered = refuse_sockets(socket.AF_INET6, 16)
except KeyError:
    skip("without IPv6 and netlink", "unknown machine")
else:
    less = Daemon(server_line("127.0.1.1", upstream), preexec_fn=filtered)
    ok(less.synchronized(), "runs where IPv6 and netlink sockets are refused",
       less.log())
