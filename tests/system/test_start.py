#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Starting where something is missing: network, names, a disk that can be
written, IPv6, the right to set the clock, or a year near ours.  The daemon
runs, says what is missing, and mends itself when it comes."""
from harness import (PATIENCE, SILENCE, Daemon, enter_namespace, exchange,
                     network_up, ok, powerless, request_octets, run, scratch,
                     server_line, skip_all, stratum1, wait_for, wrong_by)
import os
import re
import signal
import socket
import time

enter_namespace(mounts=True, network=False)
YEAR = 365.2425 * 86400
here = scratch()
disk, names = here + "/disk", here + "/hosts"
os.mkdir(disk)
with open(names, "w", encoding="ascii") as f:
    f.write("127.0.0.1 localhost\n")
with open(here + "/resolv.conf", "w", encoding="ascii") as f:
    f.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")


def mount(*words):
    status, said = run(["mount", *words])
    if status != 0:
        skip_all("no mounts here: " + said)


mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", disk)
with open(disk + "/drift", "w", encoding="ascii") as f:
    f.write("0.5")
mount("-o", "remount,bind,ro", disk)
mount("--bind", names, "/etc/hosts")
mount("--bind", here + "/resolv.conf", "/etc/resolv.conf")


def answered(source, seconds=PATIENCE):
    return exchange("127.0.0.1", ours.port, request_octets(), seconds, source)


def file(name):
    try:
        with open(os.path.join(disk, name), encoding="utf-8") as f:
            return f.read()
    except OSError:
        return ""


# -- no network, no names, no disk
upstream = stratum1()
ours = Daemon(
    server_line("source.example", upstream) +
    server_line("127.0.1.1", upstream) +
    "restrict shut.example ignore\n"
    "statsdir %s\nstatistics rawstats\n" % disk, start=False)
ours.write("conf", open(ours.path("conf"), encoding="ascii").read().replace(
    ours.drift, disk + "/drift"))
ours.argv[ours.argv.index("-p") + 1] = disk + "/pid"
ours.argv += ["-l", disk + "/log"]
ours.start()
ok(wait_for(lambda: "error resolving source.example" in ours.log(), 20,
            "the complaint"), "a name that cannot be resolved is said",
   ours.log())
for what, words in (("the log", "cannot open log file %s/log; trying" % disk),
                    ("the pid file", "cannot write pid file %s/pid" % disk),
                    ("the drift file", "drift cannot be written")):
    ok(words in ours.log(), "%s: said that it cannot be written" % what,
       ours.log())
ok(wait_for(lambda: re.search(
    r"restrict: ignoring line \d+, address/host 'shut.example' unusable",
    ours.log()), 20, "the other one"), "so is one of a restrict line",
   ours.log())
ok(ours.alive(), "it runs without network, names and disk", ours.log())
mount("-o", "remount,bind,rw", disk)
with open(names, "a", encoding="ascii") as f:
    f.write("127.0.2.1 source.example\n127.0.3.3 shut.example\n")
network_up()
now = time.time()
lags = {year: (year - 1970) * YEAR - now for year in (1970.2, 2040.5)}
years = {year: Daemon(server_line("127.0.1.1", upstream), clock="%.0f" % lag)
         for year, lag in lags.items()}
ok(ours.synchronized(), "the network comes: it synchronizes", ours.log())
ok(wait_for(lambda: "DNS source.example -> 127.0.2.1" in
            ours.log() + file("log"), 40, "the name"),
   "the name comes: it is used", ours.log())
ok(answered("127.0.3.4") and
   wait_for(lambda: not answered("127.0.3.3", SILENCE), 40, "its restrict line"),
   "who has the name of a restrict line now is shut out", ours.log())
ok(wait_for(lambda: file("pid") == str(ours.child.pid) and
            "is open" in file("log") and file("rawstats"), 20, "the files"),
   "the disk comes: log, pid file and statistics are there", ours.log(),
   os.listdir(disk))
with open(names, "w", encoding="ascii") as f:
    f.write("127.0.2.1 source.example\n127.0.3.4 shut.example\n")
ours.child.send_signal(signal.SIGHUP)
ok(wait_for(lambda: answered("127.0.3.3"), 20, "an answer") and
   not answered("127.0.3.4", SILENCE), "on SIGHUP who has the name then", ours.log())
ok(ours.kill() == 0 and not file("pid") and
   file("drift").endswith("\n"),
   "the pid file goes with it, the frequency stays", os.listdir(disk))

# -- years
for year, client in years.items():
    ok(client.synchronized() and wrong_by(client) < 5,
       "a clock in %d is set right" % year, client.log())
    client.kill()
there = "%.0f" % lags[2040.5]
future = stratum1(clock=there)
client = Daemon(server_line("127.0.1.1", future) +
                "statsdir %s\nstatistics loopstats\n" % here, clock=there)
answer = client.synchronized()
ok(answer and answer.xmt >> 32 < 2**31,
   "in 2040 time is kept in the second era", client.log())
rows = wait_for(lambda: os.path.exists(here + "/loopstats") and
                open(here + "/loopstats", encoding="ascii").read(), 20,
                "loopstats")
ok(rows and rows.startswith("66"), "and statistics bear its date", rows)
client.kill()
future.kill()

# -- no IPv6 until later
late6 = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
if os.path.exists(late6):
    with open(late6, "w", encoding="ascii") as f:
        f.write("1")
    six = Daemon("restrict ::1\ninterface listen ::1\n" +
                 server_line("::1", upstream))
    ok(wait_for(lambda: "no interface or address ::1 here" in six.log(), 10,
                "the complaint"), "without IPv6 it says so", six.log())
    with open(late6, "w", encoding="ascii") as f:
        f.write("0")
    ok(wait_for(lambda: "[::1]:%d" % six.port in six.log(), 20, "::1"),
       "IPv6 comes: it listens there", six.log())
    six.kill()

# -- signals before it is ready
early = Daemon("server 127.127.1.0 minpoll 0 prefer\n", start=False)
with open(early.path("conf"), encoding="ascii") as f:
    text = f.read()
os.unlink(early.path("conf"))
os.mkfifo(early.path("conf"))
early.start()
with open(early.path("conf"), "w", encoding="ascii") as f:  # it is reading
    early.child.send_signal(signal.SIGUSR1)
    f.write(text)
ok(early.synchronized() and "debug level is 1" in early.log(),
   "a signal that comes while it starts is heard when it runs", early.log())
ok(early.kill() == 0, "and it ends in order", early.log())

# -- no files to open
poor = Daemon("", start=False)
words = run(["sh", "-c", "ulimit -n 7; exec \"$@\"", "sh"] + poor.argv)
ok(words[0] == 1 and "event loop" in words[1] and
   "Too many open files" in words[1], "without files it says so and leaves",
   words)

# -- no right to set the clock, which is the machine's own this time
weak = Daemon(server_line("127.0.1.1", upstream), start=False)
weak.argv = powerless([a for a in weak.argv if "virtual-clock" not in a])
weak.start()
ok(weak.synchronized(), "without CAP_SYS_TIME it measures and serves",
   weak.log())
ok("no right to set the clock (CAP_SYS_TIME)" in weak.log(), "and says so",
   weak.log())
ok(weak.kill() == 0, "and leaves when told", weak.log())
