#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`extra port N`: one more port that is served, and that requests leave from."""
import signal

from harness import *


def answers(port, seconds=PATIENCE):
    """Is a request answered, and from the port that it was sent to?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(seconds)
        try:
            s.sendto(request_octets(), ("127.0.0.1", port))
            return s.recvfrom(100)[1] == ("127.0.0.1", port)
        except OSError:
            return False


class Witness(Relay):
    """Remembers which ports the requests come from."""

    def _work(self):
        self.ports = set()
        while True:
            data, client = self.socket.recvfrom(4096)
            self.ports.add(client[1])
            answer = exchange(*self.server, data)
            if answer:
                self.socket.sendto(answer, client)


server = stratum1()
for threads in "0", "2":
    way = Witness("127.0.0.1", "127.0.0.1", server.port)
    extra = free_port()
    d = Daemon(server_line("127.0.0.1", way) +
               "threads %s\nextra port %d\n" % (threads, extra))
    note = "with threads %s: " % threads
    ok(d.synchronized(), note + "it synchronizes", d.log())
    ok(way.ports == {extra}, note + "requests leave from the extra port",
       way.ports)
    ok(d.variable("srcport", "&1") == str(way.port),
       note + "the association is shown as ever")
    ok(answers(d.port) and answers(extra),
       note + "both ports answer, each from itself")
    ok("stratum=2" in ntpq("127.0.0.1:%d" % extra, "-c", "rv 0 stratum"),
       note + "ntpq is answered there, too")
    ok("Listen normally on" in d.log() and ":%d\n" % extra in d.log(),
       note + "the log names it")
    before = d.log().count("Deleting interface")
    with open(d.path("conf"), encoding="ascii") as f:
        text = f.read()
    d.write("conf", text.replace("extra port", "# extra port"))
    d.child.send_signal(signal.SIGHUP)
    wait_for(lambda: d.log().count("Deleting interface") >= before + 2, 10,
             "the end of the extra sockets")
    wait_for(lambda: way.ports - {extra}, 10, "requests from elsewhere")
    way.ports.clear()
    ok(wait_for(lambda: way.ports, 10, "a request") and
       extra not in way.ports and not answers(extra, SILENCE) and
       answers(d.port),
       note + "without the line the port is closed, requests have their own",
       way.ports, extra, d.log())
    d.write("conf", text.replace("extra port", "nts port"))
    d.child.send_signal(signal.SIGHUP)
    wait_for(lambda: answers(extra, AGAIN), 10, "the extra port")
    way.ports.clear()
    ok(wait_for(lambda: extra in way.ports, 10, "a request from it") and
       d.ask().leap == 0, note + "`nts port` is the same", way.ports)
    ok(d.kill() == 0, note + "it ends in order")

# ---- the port of old releases ----------------------------------------------

way = Witness("127.0.0.1", "127.0.0.1", server.port)
d = Daemon(server_line("127.0.0.1", way), start=False)
with open(d.path("conf"), "a", encoding="ascii") as f:
    f.write("extra port %d\n" % d.port)
d.start()
ok(d.synchronized() and way.ports == {d.port},
   "the extra port may be the port served", way.ports, d.log())

# ---- an answer that nobody asked for ----------------------------------------

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.sendto(request_octets(mode=4), ("127.0.0.1", d.port))
ok(d.ask().leap == 0 and d.alive(), "an unasked answer is dropped")
