# SPDX-License-Identifier: BSD-2-Clause
"""How small, how thrifty, and how steady under load: one function a
section."""
import json
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import time

from figures import AT_LEAST, AT_MOST, Result, figure
from harness import (NTP_UNIX, NTPD, free_port, peers, scratch, server_line,
                     spawn, stratum1, wait_for)
from servers import DISCARDED, LOAD_CPU, SERVER_CPU, chrony, fill, ours, running

SO_TIMESTAMPNS = 35
MANY = 10000  # clients
MIB = 1024  # KiB


def stripped():
    """KiB of our daemon as it is installed; None where nothing strips."""
    to = os.path.join(scratch(), "ntpd")
    if shutil.which("strip") is None:
        return None
    subprocess.run(["strip", "-o", to, NTPD], check=True)
    return os.path.getsize(to) / 1024


def memory(effort):
    r = Result()
    with running(ours("threads 1\nmru maxmem 65536\n"), chrony()) as servers:
        r.figures["rss_idle_kib"] = {s.name: figure([s.rss()])
                                     for s in servers}
        for s in servers:
            fill(s, effort.clients)
        r.figures["rss_clients_kib"] = {s.name: figure([s.rss()])
                                        for s in servers}
        remembered = figure([servers[0].variable("mru_depth") or 0])
    r.figures["clients_remembered"] = {"ours": remembered}
    r.mark("resident when idle, KiB", r.figures["rss_idle_kib"]["ours"],
           AT_MOST, 6 * MIB)
    r.mark("clients remembered in 64 MiB", remembered, AT_LEAST,
           effort.clients)
    size = stripped()
    if size is None:
        r.remarks.append("No strip here, the size of the binary is not known.")
    else:
        r.mark("stripped binary, KiB", figure([size]), AT_MOST, 400)
    return r


# ---- the start --------------------------------------------------------------------

def first_reply():
    """Milliseconds from the start to the first reply."""
    port, conf = free_port(), os.path.join(scratch(), "conf")
    with open(conf, "w", encoding="ascii") as f:
        f.write("port %d\nrestrict default nomodify\n" % port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.002)
        s.connect(("127.0.0.1", port))
        began = time.monotonic()
        child = spawn([NTPD, "-n", "-c", conf, "--virtual-clock=0"],
                      "/dev/null")
        while child.poll() is None:
            try:
                s.send(b"\x23" + bytes(47))
                s.recv(100)
                break
            except OSError:
                continue
        took = 1e3 * (time.monotonic() - began)
    child.kill()
    child.wait()
    return took


def start(effort):
    r = Result()
    seen = figure([first_reply() for _ in range(effort.rounds)])
    r.figures["first_reply_ms"] = {"ours": seen}
    r.mark("ms from the start to the first reply", seen, AT_MOST, 100)
    return r


# ---- system calls ---------------------------------------------------------------

def calls(effort):
    """The load goes on while the server is traced, which makes it slow: so its
    batches are full."""
    r = Result()
    if shutil.which("strace") is None:
        r.remarks.append("No strace here to count system calls with.")
        return r
    with running(ours()) as (server,):
        load = subprocess.Popen(server.load_command("-d", 60),
                                stdout=subprocess.DEVNULL)
        trace = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", server.path("trace"), "-p",
             str(server.child.pid)])
        wait_for(lambda: os.path.exists(server.path("trace")) and
                 os.path.getsize(server.path("trace")), 10, "a system call")
        time.sleep(1)
        trace.send_signal(signal.SIGINT)
        trace.wait()
        load.terminate()
        load.wait()
        with open(server.path("trace"), encoding="utf-8",
                  errors="replace") as f:
            lines = f.read().splitlines()
    busiest = statistics.mode(line.split()[0] for line in lines)
    made = [re.search(r" (\w+)\(", line) for line in lines
            if line.split()[0] == busiest and "resumed>" not in line]
    names = [m.group(1) for m in made if m]
    batches = max(names.count("sendmmsg"), 1)
    r.figures["calls_a_batch"] = {
        name: figure([names.count(name) / batches]) for name in set(names)}
    r.mark("system calls for a batch", figure([len(names) / batches]),
           AT_MOST, 3)
    r.mark("of them that lock", figure([names.count("futex") / batches]),
           AT_MOST, 0)
    return r


# ---- a client that wants to know the time -----------------------------------------

def offset(s):
    """Of the server, by one exchange: departures by our clock, arrivals by
    the kernel."""
    t1 = time.clock_gettime_ns(time.CLOCK_REALTIME)
    cookie = struct.pack("!Q", t1)
    s.send(b"\x23" + bytes(39) + cookie)
    while True:
        data, control, _, _ = s.recvmsg(512, 128)
        if data[24:32] == cookie:
            break
    t4 = [struct.unpack("@qq", c[2]) for c in control
          if c[1] == SO_TIMESTAMPNS]
    t4 = t4[0][0] * 10**9 + t4[0][1] if t4 else time.clock_gettime_ns(
        time.CLOCK_REALTIME)
    t2, t3 = (((v >> 32) - NTP_UNIX) * 10**9 +
              ((v & 0xffffffff) * 10**9 >> 32)
              for v in struct.unpack("!QQ", data[32:48]))
    return ((t2 - t1) + (t3 - t4)) / 2e3


def seen_by_quiet_client(port, seconds):
    """The median offset in us over SECONDS."""
    seen = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        s.settimeout(1)
        s.connect(("127.0.0.1", port))
        end = time.monotonic() + seconds
        while not seen or time.monotonic() < end:
            try:
                seen.append(offset(s))
            except socket.timeout:
                pass
            time.sleep(0.002)
    return statistics.median(seen)


def accuracy(effort):
    """The clocks may drift apart: each figure under load is compared with
    those just before and after."""
    r = Result()
    idle, busy = [], []
    with running(ours()) as (server,):
        os.sched_setaffinity(0, {LOAD_CPU})
        idle.append(seen_by_quiet_client(server.port, effort.seconds))
        for _ in range(effort.rounds):
            load = subprocess.Popen(
                server.load_command("-d", 10 * effort.seconds),
                stdout=subprocess.DEVNULL)
            time.sleep(0.3)
            busy.append(seen_by_quiet_client(server.port, effort.seconds))
            load.kill()
            load.wait()
            time.sleep(0.2)
            idle.append(seen_by_quiet_client(server.port, effort.seconds))
        os.sched_setaffinity(0, {SERVER_CPU, LOAD_CPU})
    moved = [abs(b - (x + y) / 2) for b, x, y in zip(busy, idle, idle[1:])]
    r.figures["offset_moves_us"] = {"ours": figure(moved)}
    r.mark("us that the offset of a quiet client moves under full load",
           figure(moved), AT_MOST, 50)
    return r


# ---- more than it can do -----------------------------------------------------------

class Beside:
    """Something that keeps the server's CPU busy, so that the load, with the
    other to itself, can ask for twice of what the server can do."""

    def __enter__(self):
        self.child = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CPU), "sh", "-c",
             "while :; do :; done"])

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()


def asking(server, load):
    """While LOAD runs: the seconds that mode 6 took to answer, each time."""
    took = []
    while load.poll() is None:
        begin = time.monotonic()
        answer = server.variable("ss_processed")
        took.append(time.monotonic() - begin if answer is not None else 60)
        time.sleep(0.2)
    return took


def overload(effort):
    """Beside its clients the server follows another one, which it must not
    lose.  What it has done before needs no more memory."""
    r = Result()
    upstream = stratum1()
    lasting = 12 if effort.rounds > 1 else 1
    with running(ours("threads 1\n" + server_line("127.0.0.1", upstream))) \
            as (server,), Beside():
        fill(server, MANY)
        most = max(1, statistics.median(
            server.load("-d", effort.seconds, "-w", DISCARDED, "-c", MANY)
            ["responses_s"] for _ in range(effort.rounds)))
        server.load("-r", 2 * most, "-d", effort.seconds, "-c", MANY)
        before = server.rss()
        load = subprocess.Popen(
            server.load_command("-r", 2 * most, "-d", lasting, "-w",
                                DISCARDED, "-c", MANY),
            stdout=subprocess.PIPE)
        took = asking(server, load)
        said = json.loads(load.stdout.read())
        after = server.load("-r", 1000, "-d", 0.3, "-w", 0)
        grown = (server.rss() - before) / before
        reach = [row.reach for row in peers("127.0.0.1:%d" % server.port)
                 if row.remote == "127.0.0.1"]
    r.figures["asked_of_most"] = {"ours": figure([said["sent"] / most /
                                                  lasting])}
    r.mark("answered of the maximum when asked for twice of it",
           figure([said["responses_s"] / most]), AT_LEAST, 0.9)
    r.mark("seconds that mode 6 then takes", figure([max(took)]), AT_MOST, 1)
    r.mark("of its last two polls upstream, answered",
           figure([bin(reach[0] & 3).count("1") if reach else 0]), AT_LEAST,
           2)
    r.mark("part by which its memory grows", figure([grown]), AT_MOST, 0.01)
    r.mark("% lost of 1000 requests/s just afterwards",
           figure([100 * after["loss"]]), AT_MOST, 0.1)
    return r
