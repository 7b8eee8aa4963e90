#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command line as the reference's users write it: set once and exit, wait
for synchronization, into the background, variables, and what is refused."""
from harness import (ANY_LOOPBACK, BUILD, Daemon, NTPD, exchange, free_port, ok,
                     really_root, request_octets, run, scratch, server_line,
                     stratum1, wait_for)
import concurrent.futures
import os
import re
import shutil
import signal

upstream = stratum1()
upstream.synchronized()
here = scratch()


def conf(name, text):
    path = os.path.join(here, name)
    with open(path, "w", encoding="ascii") as f:
        f.write("%s%s" % (ANY_LOOPBACK, text))
    return path


def ntpd(*args):
    return run([NTPD, *args])


def gone(pid):
    def dead():
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii") as f:
                return "Z" in f.read().split()[2]
        except OSError:
            return True
    return wait_for(dead, 10, "process %d to leave" % pid)


def pid_of(path):
    try:
        with open(path, encoding="ascii") as f:
            return int(f.read() or 0)
    except OSError:
        return 0


def source(name):
    return conf(name, "port %d\n%s" % (free_port(), server_line(
        "127.0.1.1", upstream)))


# -- ntp.d, where NTPsec's users have the rest of their configuration
os.mkdir(here + "/ntp.d")
conf("ntp.d/b.conf", "server 192.0.2.2\n")
conf("ntp.d/a.conf", "server 192.0.2.1\n")
conf("ntp.d/c.off", "server 192.0.2.3\n")
for name, text, servers in (
        ("whole.conf", "server 192.0.2.9\n", ["9", "1", "2"]),
        ("named.conf", "includefile ntp.d\nserver 192.0.2.9\n",
         ["1", "2", "9"]),
        ("ended.conf", "server 192.0.2.9\nend\n", ["9"])):
    status, words = ntpd("--print-config", "-c", conf(name, text))
    ok(re.findall(r"(?m)^server 192\.0\.2\.(\d)", words) == servers,
       "ntp.d beside %s is read once, or not" % name, status, words)
shutil.rmtree(here + "/ntp.d")

blind = Daemon("")  # serves no time
closed = free_port()
useless = {name: conf(name, "port %d\nserver 127.0.0.1 port %d\n"
                      "server 127.0.1.1 port %d\n"
                      "server no-such-host.invalid\n" % (
                          free_port(), closed, blind.port))
           for name in ("useless", "in vain")}
# They all wait for answers: side by side.
runs = concurrent.futures.ThreadPoolExecutor(8)
far, panics, near, slewed, stepped, lost = [runs.submit(ntpd, *args) for args in (
    ("-gq", "-c", source("far"), "--virtual-clock=-5000"),
    ("-q", "-c", source("panics"), "--virtual-clock=-5000"),
    ("-q", "-c", source("near"), "--virtual-clock=0.06"),
    ("-gqx", "-c", source("slewed"), "--virtual-clock=20"),
    ("-qG", "-c", source("stepped"), "--virtual-clock=0.06"),
    ("-gq", "-c", useless["useless"], "--virtual-clock=0"))]
waits = [(want, where, runs.submit(
    ntpd, "-g", "-c", path, "-p", where + ".pid", "-w", seconds, "-l",
    where + ".log", "--virtual-clock=0")) for want, where, path, seconds in (
        (0, here + "/synchronized", source("patient"), "300"),
        (110, here + "/out of time", useless["in vain"], "0.5"))]

# -- -q and -gq, the ntpdate of these days
status, words = far.result()
ok(status == 0 and re.search(r"^ntpd: time set \+(4999|5000)\.\d{6} s$", words,
                             re.M), "-gq steps over the panic limit", words)
status, words = panics.result()
ok(status == 3 and "start once with -g" in words,
   "-q alone stops there with status 3, and says how to go on", status, words)
status, words = near.result()
ok(status == 0 and re.search(r"^ntpd: time slew -0\.[01]\d{5} s$", words,
                             re.M), "-q slews what is small", words)
status, words = slewed.result()
ok(status == 0 and "ntpd: time slew -" in words,
   "-x slews 20 s, too", words)

status, words = stepped.result()
ok(status == 0 and "Doing initial time step" in words and
   "ntpd: time set -0." in words, "-G steps what is small, and says so", words)

# -- nobody suits: why, of each
status, words = lost.result()
ok(status == 0 and re.search(r"^ntpd: no servers found$", words, re.M),
   "no servers found: status 0, as the reference", status, words)
ok(re.search(r"^ntpd: 127\.0\.0\.1: .*port", words, re.M),
   "a closed port is named", words)
ok(re.search(r"^ntpd: 127\.0\.1\.1: .*(unsync|stratum|no time)", words,
             re.M | re.I), "a server without time is named", words)
ok(re.search(r"^ntpd: no-such-host\.invalid: ", words, re.M),
   "a name without address is named", words)

# -- -w: the parent waits
for want, where, waiting in waits:
    status, words = waiting.result()
    ok(status == want, "--wait-sync, %s: status %d" % (
        os.path.basename(where), want), status, words)
    pid = pid_of(where + ".pid")
    ok(pid and os.path.isdir("/proc/%d" % pid), "and the daemon runs on", pid)
    if pid:
        os.kill(pid, signal.SIGTERM)
        gone(pid)
blind.kill()

# -- into the background, as a unit of Type=forking starts us
port = free_port()
pidfile = here + "/forked.pid"
with open(pidfile, "w", encoding="ascii") as f:
    f.write("1")  # stale, and of somebody else
forked = conf("forked", "port %d\n" % port)
argv = ["-p", pidfile, "-g", "-c", forked, "-l", here + "/forked.log",
        "--virtual-clock=0"]
status, words = ntpd(*argv)
first = pid_of(pidfile)
ok(status == 0 and first > 1, "a stale pid file is replaced", status, words)
ok(exchange("127.0.0.1", port, request_octets()),
   "the daemon serves when its parent leaves")
with open(pidfile, "rb") as f:
    said = f.read()
fds = {n: os.readlink("/proc/%d/fd/%d" % (first, n)) for n in range(3)}
ok(said == b"%d" % first and os.getsid(first) == first and
   set(fds.values()) == {"/dev/null"},
   "the pid file is the number alone, the daemon holds no terminal", said, fds)
status, words = ntpd(*argv)
ok(status == 1 and str(first) in words and pid_of(pidfile) == first,
   "a second one fails in its parent, too, names the first and leaves its "
   "pid file alone", status, words)
os.kill(first, signal.SIGTERM)
gone(first)
ok(not os.path.exists(pidfile), "the pid file goes with the daemon")
status, words = ntpd("-p", here + "/no/such/pid", "-u", "no-such-user",
                     "-c", forked, "--virtual-clock=0")
ok(status == 255 and "cannot find user no-such-user" in words,
   "an unknown user: status 255 of the parent", status, words)

# -- words of the configuration on the command line
ours = Daemon("", args=["--var", "site=lab 7", "--dvar=rack=b3", "-m", "-L"])
wait_for(ours.ask, 10, "the daemon")
ok("lab 7" in ours.ntpq("-c", "rv 0 site"), "--var sets a variable")
ok("b3" in ours.ntpq("-c", "rv"), "--dvar one that is told unasked")
ok(ours.log().count("-m (--mdns) has no effect") == 1,
   "what does nothing says so once", ours.log())
ours.kill()
saved = here + "/saved"
status, words = ntpd("--saveconfigquit", saved, "-c", source("full"), "-b", "-r",
                     "0.01", "-A")
text = open(saved, encoding="ascii").read() if status == 0 else ""
ok("server 127.0.1.1" in text and "broadcastdelay 0.01" in text and
   "disable auth" in text, "--saveconfigquit writes it all", status, words,
   text)
status, words = ntpd("--check-config", "-c", saved)
ok(status == 0, "which is a configuration", words)

# -- interfaces
lone = Daemon("", args=["-I", "nowhere7"])
ok(wait_for(lambda: "no interface or address nowhere7 here" in lone.log(), 10,
            "the complaint"), "-I of an interface that is not there says so",
   lone.log())
ok(lone.alive(), "and goes on")
lone.kill()
both = Daemon("interface ignore wildcard\n", args=["-I", "lo"])
ok(wait_for(lambda: not both.alive(), 10, "the end") and
   both.child.returncode == 1, "-I beside rules of the file: status 1",
   both.log())

# -- in a jail, as somebody else
if really_root():
    jail = scratch()
    for name in ("var", "stats"):
        os.mkdir(os.path.join(jail, name))
        os.chown(os.path.join(jail, name), 65534, 65534)
    inside = Daemon(server_line("127.0.1.1", upstream) +
                    "driftfile /var/drift\nstatsdir /stats\n"
                    "statistics loopstats\n",
                    args=["-i", jail, "-u", "65534"])
    ok(inside.synchronized(), "-i and -u: it synchronizes", inside.log())
    ok(wait_for(lambda: os.path.exists(jail + "/stats/loopstats"), 20,
                "loopstats"), "statistics are inside of the jail",
       os.listdir(jail + "/stats"), inside.log())
    ok(os.readlink("/proc/%d/root" % inside.child.pid) == jail,
       "it cannot leave it")
    ok(inside.kill() == 0, "and leaves when told", inside.log())
    with open(here + "/keys", "w", encoding="ascii") as f:
        f.write("1 MD5 secret\n")
    os.chmod(here + "/keys", 0o600)
    plain = conf("plain", "port %d\nkeys %s/keys\n" % (free_port(), here))
    status, words = run(["setpriv", "--reuid=65534", "--clear-groups", NTPD,
                         "-n", "-u", "1", "-N", "-c", plain,
                         "--virtual-clock=0"])
    ok(status == 255 and "only root may" in words,
       "-u of an ordinary user: status 255, and what to do", status, words)
    ok("needs CAP_SYS_NICE" in words and
       "which the user that ntpd runs as must be able to" in words,
       "so with -N and a keys file of root's", words)

# -- what is wrong
for args, part in ((["-4", "-6"], "exclude"), (["-w", "5", "-n"], "exclude"),
                   (["-U", "-1"], "-1"), (["-t", "seven"], "seven"),
                   (["--conf"], "requires an argument"),
                   (["--p", "x"], "ambiguous"), (["-K"], "K"),
                   (["--configfile"], "requires an argument")):
    status, words = ntpd(*args)
    ok(status == 1 and part in words and "usage: ntpd" in words and
       len(words.splitlines()) == 3,
       "%s: status 1, a reason and the usage" % " ".join(args), status, words)
for args in (["--version"], ["-V"], ["--version=c"], ["--vers"]):
    status, words = ntpd(*args)
    ok(status == 0 and words.startswith("ntpd "), "%s: the version" % args[0],
       words)
for args, part in ((["-n", "0", "x.sim"], "runs are 1 to"),
                   (["--conf", "x", "--rehearse", "doom"], "'doom'"),
                   (["--conf", "x"], "--rehearse")):
    status, words = run([os.path.join(BUILD, "tests", "simrun"), *args])
    ok(status == 2 and words.startswith("simrun: ") and
       part in words.splitlines()[0], "simrun %s: a reason" % " ".join(args),
       status, words)
