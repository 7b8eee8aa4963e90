# SPDX-License-Identifier: BSD-2-Clause
"""The servers that are measured, each started on one CPU, and the load on
another.  None can set a clock."""
import contextlib
import functools
import json
import os
import re
import subprocess

from harness import (BUILD, CHRONYD, NTPD, NTPQ, NTPSEC_NTPD,
                     ask, powerless, run, scratch, spawn, wait_for)

BENCH = os.path.join(BUILD, "tests", "bench")
DISCARDED = 0.1  # seconds of each run before what is measured
SECRET = "0123456789abcdef"  # 16 octets: a whole AES key
KEYED = "threads 1\nkeys @DIR@/keys\ntrustedkey 1 2 3\n"
KEYS = {"SHA1": 1, "SHA256": 2, "AES128CMAC": 3}
LOCAL = ("port @PORT@\nserver 127.127.1.0 minpoll 0 prefer\n"
         "fudge 127.127.1.0 stratum 0 refid LOCL\n"
         "driftfile @DIR@/drift\n"
         "discard average 1 minimum 0\n")


# Of the server, and of the load; the same where there is but one.
SERVER_CPU, LOAD_CPU = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))


class Server:
    """One server on CPU (all of them: None); die() when it was measured."""

    def __init__(self, name, port, argv, conf="", cpu=SERVER_CPU):
        self.name, self.port, self.dir = name, port, scratch()
        self.always = []  # to the load
        for file, text in (("conf", conf), ("keys", "".join(
                "%d %s %s\n" % (k, t, SECRET) for t, k in KEYS.items()))):
            with open(self.path(file), "w", encoding="ascii") as f:
                f.write(text.replace("@DIR@", self.dir))
        os.chmod(self.path("keys"), 0o600)
        argv = [a.replace("@DIR@", self.dir) for a in argv]
        if cpu is not None:
            argv = ["taskset", "-c", str(cpu)] + argv
        self.child = spawn(argv, self.path("log"))
        self.up = bool(wait_for(
            lambda: ask("127.0.0.1", port), 10, name + " to answer"))

    def path(self, name):
        return os.path.join(self.dir, name)

    def rss(self):
        with open("/proc/%d/status" % self.child.pid, encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def threads_cpu(self):
        """Seconds on a CPU of each thread."""
        tasks = "/proc/%d/task" % self.child.pid
        seconds = {}
        for tid in os.listdir(tasks):
            with open("%s/%s/schedstat" % (tasks, tid), encoding="ascii") as f:
                seconds[tid] = int(f.read().split()[0]) * 1e-9
        return seconds

    def die(self):
        self.child.kill()
        self.child.wait()

    def load_command(self, *options):
        return (["taskset", "-c", str(LOAD_CPU), os.path.join(BENCH, "load"),
                 "-p", str(self.child.pid)] + self.always +
                [str(o) for o in options] +
                ["127.0.0.1", str(self.port)])

    def load(self, *options):
        done = subprocess.run(self.load_command(*options), check=True,
                              stdout=subprocess.PIPE, timeout=120)
        return json.loads(done.stdout)

    def variable(self, name):
        """A number that mode 6 tells; None when it tells nothing."""
        said = run([NTPQ, "-n", "-c", "rv 0 " + name,
                    "127.0.0.1:%d" % self.port])[1]
        found = re.search(r"\b%s=([-\d.]+)" % name, said)
        return float(found.group(1)) if found else None


def ours(conf="threads 1\n", name="ours", port=11123, **more):
    conf = LOCAL.replace("@PORT@", str(port)) + conf
    if "restrict" not in conf:
        conf += "restrict default nomodify\n"
    server = Server(name, port,
                    [NTPD, "-n", "-c", "@DIR@/conf", "--virtual-clock=0"],
                    conf, **more)
    wait_for(lambda: (r := ask("127.0.0.1", port)) and r.leap != 3, 20,
             "our own time")
    return server


def ceiling(*words):
    return Server("ceiling", 13123,
                  [os.path.join(BENCH, "ceiling"), "13123", *words])


def chrony(limited=False):
    return Server("chrony", 12123, powerless(
        [CHRONYD, "-x", "-d", "-u", "root", "-f", "@DIR@/conf"]),
        "port 12123\nallow\nlocal stratum 1\ncmdport 0\nuser root\n"
        "pidfile @DIR@/pid\nbindcmdaddress /\n"
        "clientloglimit 268435456\n" +
        ("ratelimit interval 1 burst 16\n" if limited else ""))


def ntpsec(limited=False):
    """It lets one address ask 20 times, so it is always asked by many."""
    server = Server("ntpsec", 123, powerless(
        [NTPSEC_NTPD, "-n", "-c", "@DIR@/conf"]),
        "disable ntp\nserver 127.127.1.0\ninterface ignore wildcard\n"
        "interface listen 127.0.0.1\nmru maxmem 262144\n"
        "restrict default nomodify %s\n" % (
            "limited kod" if limited else ""))
    server.always = ["-c", "1000000"]
    return server


def peers(limited=False):
    """Those of other makes that can be had here."""
    found = []
    if os.path.exists(CHRONYD):
        found.append(chrony(limited))
    if os.path.exists(NTPSEC_NTPD):
        found.append(ntpsec(limited))
    for s in found:
        if not s.up:
            print("%s does not start; its words are in %s" % (
                s.name, s.path("log")))
    return [s for s in found if s.up]


@contextlib.contextmanager
def running(*servers):
    """Idle ones cost nothing, so all are there from the beginning."""
    try:
        yield [s for s in servers if s.up]
    finally:
        for s in servers:
            s.die()


def loads(servers, effort, *options):
    return {s.name: functools.partial(
        s.load, "-d", effort.seconds, "-w", DISCARDED, *options)
        for s in servers}


def fill(server, clients):
    """All clients have asked, once each."""
    server.load("-c", clients, "-n", clients, "-d", 60, "-w", 0)
