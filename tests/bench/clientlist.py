# SPDX-License-Identifier: BSD-2-Clause
"""The client list: what it costs to keep, and that giving all of it away holds
up nobody who asks for the time.  One function a section."""
import functools
import json
import multiprocessing
import os
import socket
import struct
import subprocess
import time

from figures import AT_LEAST, AT_MOST, Result, figure, ratio
from harness import NTPQ, request_octets, run
from mode6 import Client, message
from servers import BENCH, fill, ours, running

READ_MRU, REQ_NONCE = 10, 12
STAMPS = 35  # SO_TIMESTAMPNS
RATE = 50000  # requests for the list a second: more would make all wait alike
LOST = 2000.0  # ms, where no reply came


def table(effort):
    """The table alone, where each packet can be timed."""
    r = Result()
    flooding = 10 * effort.clients
    said = json.loads(run([os.path.join(BENCH, "table"), str(flooding)],
                          300)[1])
    r.figures = {name: {"ours": figure([v])} for name, v in said.items()}
    for name, words, how, wanted in (
            ("clients", "clients in a table of 64 MiB", AT_LEAST, 1000000),
            ("longest_us", "us that a packet of a flood takes at most",
             AT_MOST, 500),
            ("grown_kib", "KiB that a flood of %d takes" % flooding,
             AT_MOST, 1024),
            ("kept", "of those who go on asking, remembered", AT_LEAST, 1)):
        r.mark(words, figure([said[name]]), how, wanted)
    return r


# ---- who asks for the time --------------------------------------------------

def ask_on(port, stopping, out):
    """Ask again and again; the milliseconds that each reply took, until the
    kernel had it, into OUT: the client may have to wait for a processor."""
    request, took = request_octets(), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(LOST / 1000)
        s.setsockopt(socket.SOL_SOCKET, STAMPS, 1)
        s.connect(("127.0.0.1", port))
        while not stopping.is_set() or not took:
            began = time.time_ns()
            s.send(request)
            try:
                stamp = s.recvmsg(1024, 256)[1][0][2]
                sec, nsec = struct.unpack("qq", stamp)
                took.append((sec * 10**9 + nsec - began) / 1e6)
            except OSError:
                took.append(LOST)
            time.sleep(0.001)
    out.put(sorted(took))


class Asker:
    def __init__(self, server):
        self.stopping = multiprocessing.Event()
        self.out = multiprocessing.SimpleQueue()
        self.child = multiprocessing.Process(
            target=ask_on, args=(server.port, self.stopping, self.out),
            daemon=True)
        self.child.start()

    def p99(self):
        self.stopping.set()
        took = self.out.get()
        self.child.join()
        return took[len(took) * 99 // 100]


def while_asked(servers, action):
    """p99 of each server, in ms, while ACTION goes on, and what it returns."""
    askers = [Asker(s) for s in servers]
    result = action()
    return [a.p99() for a in askers], result


# ---- who asks for the list --------------------------------------------------

def seconds_of_list(server):
    """Of a whole list, or a day when there is none."""
    began = time.monotonic()
    done = subprocess.run(
        [NTPQ, "-n", "-c", "mrulist", "127.0.0.1:%d" % server.port],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300,
        check=False)
    return time.monotonic() - began if done.returncode == 0 else 86400


def flood(server, compose, seconds):
    """Requests, whose answers are not waited for."""
    client = Client(server.port)
    request = compose(client)
    sent, began = 0, time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        while sent < RATE * passed:
            client.socket.send(request)
            sent += 1
        time.sleep(0.0005)


def for_the_list(client):
    nonce = client.fragments(REQ_NONCE)[0].data.strip()
    return message(READ_MRU, 0, nonce + b", frags=128")


def for_the_time(_client):
    return request_octets()


def one_round(servers, seconds, seen):
    """P99 of who is busy and of the other, which is its control the next time:
    the machine is equally busy with either list.  To the main loop all is
    sent, so its control is a flood of as simple requests as there are."""
    rest = functools.partial(time.sleep, seconds)
    for s, ms in zip(servers, while_asked(servers, rest)[0]):
        seen["rest_ms"][s.name].append(ms)
    for busy in servers:
        p99, took = while_asked(servers, functools.partial(
            seconds_of_list, busy))
        seen["list_s"][busy.name].append(took)
        for s, ms in zip(servers, p99):
            seen["list_ms" if s is busy else "list_control_ms"][
                s.name].append(ms)
    main, thread = servers
    for busy, what, figures in (
            (main, for_the_list, ("flood_ms", "flood_control_ms")),
            (thread, for_the_list, (None, "flood_ms")),
            (main, for_the_time, ("flood_control_ms", None))):
        p99, _ = while_asked(servers, functools.partial(
            flood, busy, what, seconds))
        for s, ms, name in zip(servers, p99, figures):
            if name:
                seen[name][s.name].append(ms)


def listing(effort):
    """Two servers, one without and one with a thread, each with as many
    clients.  All CPUs are everybody's."""
    r = Result()
    conf = "mru maxdepth %d maxage 86400\n" % (2 * effort.clients)
    names = "main loop", "thread"
    seen = {f: {n: [] for n in names} for f in (
        "rest_ms", "list_s", "list_ms", "list_control_ms", "flood_ms",
        "flood_control_ms")}
    with running(ours("threads 0\n" + conf, names[0], cpu=None),
                 ours("threads 1\n" + conf, names[1], 11223, cpu=None)) \
            as servers:
        for s in servers:
            fill(s, effort.clients)
        least = min(s.variable("mru_depth") or 0 for s in servers)
        for _ in range(effort.brief().rounds):
            one_round(servers, 10 * effort.seconds, seen)
    r.figures = {f: {n: figure(v) for n, v in by.items()}
                 for f, by in seen.items()}
    r.mark("clients in the list", figure([least]), AT_LEAST, effort.clients)
    for name in names:
        r.mark("seconds of the whole list, " + name,
               r.figures["list_s"][name], AT_MOST, 30)
        for what in "list", "flood":
            r.mark("p99 of the time during a %s, of the control's, %s" % (
                what, name), ratio(seen[what + "_ms"][name],
                                   seen[what + "_control_ms"][name]),
                AT_MOST, 2)
    return r
