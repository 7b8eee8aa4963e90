#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a service manager hears of the daemon, and hands over to it."""
from harness import (Daemon, exchange, free_port, ok, request_octets,
                     run, scratch, server_line, stratum1, wait_for, NTPD)
import os
import re
import signal
import socket
import time


class Manager:
    """The other end of NOTIFY_SOCKET: every assignment that has come."""

    def __init__(self, abstract=False):
        self.name = os.path.join(scratch(), "notify")
        if abstract:
            self.name = "@truechimer-%d-%d" % (os.getpid(), id(self))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.name.replace("@", "\0"))
        os.path.exists(self.name) and os.chmod(self.name, 0o666)
        self.socket.setblocking(False)
        self.said = []

    def env(self, **more):
        return dict(os.environ, NOTIFY_SOCKET=self.name, **more)

    def hear(self):
        while True:
            try:
                words = self.socket.recv(4096).decode("ascii")
            except BlockingIOError:
                return self.said
            self.said += words.split("\n")

    def count(self, what):
        return self.hear().count(what)

    def status(self, pattern):
        """The first status so far that matches."""
        for line in self.hear():
            if line.startswith("STATUS=") and re.search(pattern, line):
                return line
        return None

    def wait(self, what, seconds=20):
        return wait_for(lambda: what in self.hear(), seconds, what)

    def wait_status(self, pattern, seconds=40):
        return wait_for(lambda: self.status(pattern), seconds, pattern)


upstream = stratum1()

# -- a life under a service manager
boss = Manager()
ours = Daemon(server_line("127.0.1.1", upstream), clock="0.2",
              env=boss.env(WATCHDOG_USEC="400000"))
ok(boss.wait("READY=1") and
   boss.count("MAINPID=%d" % ours.child.pid) == 1,
   "READY and who we are", boss.said)
ok(ours.ask(), "said when the sockets are there")
ok(boss.wait_status("^STATUS=waiting: .*1 sources"),
   "STATUS while there is no time yet", boss.said)
upstream.synchronized()
ok(boss.wait_status(r"=synchronized to 127\.0\.1\.1, stratum 2, offset "
                    r"[-+][0-9.]+ ms, 1 of 1 servers reachable$"),
   "STATUS names source, stratum and offset", boss.said, ours.log())
before = boss.count("WATCHDOG=1")
ok(wait_for(lambda: boss.count("WATCHDOG=1") >= before + 3, 5, "watchdog"),
   "signs of life keep coming", boss.said)
ours.child.send_signal(signal.SIGSTOP)
os.waitid(os.P_PID, ours.child.pid, os.WSTOPPED | os.WNOWAIT)
boss.hear()
stopped = boss.count("WATCHDOG=1")
time.sleep(0.6)
ok(boss.count("WATCHDOG=1") == stopped, "and stop when the loop stands",
   boss.said)
ours.child.send_signal(signal.SIGCONT)

began = time.monotonic()
ours.child.send_signal(signal.SIGHUP)
ok(boss.wait("RELOADING=1") and wait_for(
    lambda: boss.count("READY=1") == 2, 10, "the second READY"),
   "SIGHUP: RELOADING, then READY", boss.said)
stamp = [line for line in boss.hear() if line.startswith("MONOTONIC_USEC=")]
ok(len(stamp) == 1 and
   began <= int(stamp[0].split("=")[1]) / 1e6 <= time.monotonic(),
   "with the time of the monotonic clock", stamp, began)
ok(ours.kill() == 0 and boss.count("STOPPING=1") == 1,
   "STOPPING on the way out", boss.said)

# -- the journal: it dates the lines itself, and wants their level
noted = Daemon("bogus\n", start=False)
open(noted.out, "w", encoding="ascii").close()
there = os.stat(noted.out)
noted.more = dict(env=dict(os.environ, JOURNAL_STREAM="%d:%d" % (
    there.st_dev, there.st_ino)))
noted.start()
wait_for(noted.ask, 10, "an answer")
ok(re.search(r"^<5>ntpd truechimer-\S+: Starting$", noted.log(), re.M) and
   re.search(r"^<3>syntax error in \S+ line 5, column 1$", noted.log(),
             re.M) and
   all(re.match("<[3-7]>", line) for line in noted.log().splitlines()),
   "the journal gets each line with its level and no date", noted.log())
noted.kill()
elsewhere = Daemon("", env=dict(os.environ, JOURNAL_STREAM="1:2"))
ok(wait_for(elsewhere.ask, 10, "an answer") and
   re.search(r"^[ 1-3]\d \w{3} [\d:]{8} ntpd\[\d+\]: ntpd", elsewhere.log(),
             re.M), "a journal of somebody else changes nothing",
   elsewhere.log())
elsewhere.kill()

# -- a watchdog that is not ours; an abstract address
boss = Manager(abstract=True)
other = Daemon("", env=boss.env(WATCHDOG_USEC="100000", WATCHDOG_PID="1"))
ok(boss.wait("READY=1"), "an abstract socket is heard too")
ok(boss.wait_status("no server"), "no servers: STATUS says so", boss.said)
ok(boss.count("WATCHDOG=1") == 0,
   "no signs of life to a watchdog of somebody else", boss.said)
other.kill()

# -- what must not be restarted
boss = Manager()
upstream = stratum1()
upstream.synchronized()
lost = Daemon(server_line("127.0.1.1", upstream), clock="5000", start=False,
              env=boss.env())
lost.argv.remove("-g")
lost.start()
ok(wait_for(lambda: not lost.alive(), 40, "the panic"), "panics", lost.log())
ok(lost.child.returncode == 3, "with its own exit status", lost.log())
ok(boss.status(r"panic: .*-(5000|4999)\.\d+ s exceeds the panic threshold 1000 s"),
   "and STATUS says why", boss.said)
boss = Manager()
status, words = run([NTPD, "-n", "-c", "/nowhere/ntp.conf"], env=boss.env())
ok(status == 1 and boss.status("exit status 1") and
   boss.count("READY=1") == 0, "no READY when it cannot start", boss.said)


# -- sockets handed over
def hand_over(daemon, *sockets):
    """Start DAEMON with SOCKETS as descriptors 3, 4, ..."""
    fds = [s.fileno() for s in sockets]
    moves = " ".join("%d<&%d" % (100 + i, fd) for i, fd in enumerate(fds))
    moves += " " + " ".join(
        "%d<&%d" % (3 + i, 100 + i) for i in range(len(fds)))
    # not sh: some know descriptors of one digit only
    daemon.argv = ["bash", "-c",
                   "exec %s; LISTEN_PID=$$ LISTEN_FDS=%d exec \"$@\"" %
                   (moves, len(fds)), "bash"] + daemon.argv
    daemon.more = dict(pass_fds=fds, **daemon.more)
    daemon.start()


def bound(kind, family=socket.AF_INET, v6only=1, address="127.0.0.1"):
    s = socket.socket(family, kind)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    s.bind((address, free_port()))
    return s


handed = bound(socket.SOCK_DGRAM)
port = handed.getsockname()[1]
activated = Daemon("", start=False)
hand_over(activated, handed)
handed.close()
ok(wait_for(lambda: exchange("127.0.0.1", port, request_octets()), 10,
            "an answer"), "serves on a socket handed over", activated.log())
ok(activated.port != port and activated.ask() is None,
   "and on no other", activated.log())
ok(re.search(r"Listen normally on 0 handed over 127\.0\.0\.1:%d" % port,
             activated.log()), "which the log says", activated.log())
activated.child.send_signal(signal.SIGHUP)
ok(exchange("127.0.0.1", port, request_octets()), "and stays there",
   activated.log())
activated.kill()

stream = bound(socket.SOCK_STREAM)
dual = bound(socket.SOCK_DGRAM, socket.AF_INET6, 0, "::")
unfit = Daemon("", start=False)
hand_over(unfit, stream, dual)
ok(wait_for(unfit.ask, 10, "an answer"),
   "what cannot be served on is refused, the rules decide", unfit.log())
ok("descriptor 3" in unfit.log() and "no UDP socket" in unfit.log() and
   "descriptor 4" in unfit.log() and "BindIPv6Only" in unfit.log(),
   "and the log says what to write", unfit.log())
