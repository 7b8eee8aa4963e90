#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A GPS receiver played on a pseudo terminal, and a gpsd of our own.

All daemons run at the same time, on virtual clocks that are off: receivers
that speak, one that is unplugged and plugged in again, one whose line changes
on SIGHUP, and two units of gpsd.
"""
from harness import *
import json

enter_namespace()

LINKS = scratch()


def sentence(body):
    total = 0
    for octet in body.encode("ascii"):
        total ^= octet
    return ("$%s*%02X\r\n" % (body, total)).encode("ascii")


class Receiver:
    """Tells the time LATE seconds after each second, at LINKS/NAME."""

    def __init__(self, name, late=0.1, weeks=0):
        self.path = os.path.join(LINKS, name)
        self.late, self.weeks, self.on = late, weeks, True
        self.plug()
        threading.Thread(target=self.work, daemon=True).start()

    def plug(self):
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        os.symlink(os.ttyname(self.slave), self.path)

    def unplug(self):
        os.unlink(self.path)
        master, self.master = self.master, None
        os.close(self.slave)
        os.close(master)

    def work(self):
        while True:
            now = time.time()
            time.sleep(1 - now % 1 + self.late)
            t = time.gmtime(int(time.time()) - self.weeks * 7 * 86400)
            for body in (
                    time.strftime("GPGGA,%H%M%S.00,5231.12,N,01323.94,E,1,08,"
                                  "0.9,40.0,M,45.0,M,,", t),
                    time.strftime("GPRMC,%H%M%S.00,A,5231.12,N,01323.94,E,0.0,"
                                  ",%d%m%y,,,A", t),
                    "GPGSV,1,1,01,03,03,111,00"):
                if self.master is not None and self.on:
                    with contextlib.suppress(OSError):
                        os.write(self.master, sentence(body))


class Gpsd:
    """gpsd for whoever comes: 120 ms late by TOFF, pulses on time."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 2947))
        self.asked, self.conn, self.pulses = [], None, True
        threading.Thread(target=self.work, daemon=True).start()

    def say(self, **fields):
        with contextlib.suppress(OSError):
            self.conn.sendall(json.dumps(fields).encode() + b"\r\n")

    def work(self):
        while True:
            self.conn = self.server.accept()[0]
            self.say(**{"class": "VERSION", "release": "3.22", "rev": "3.22",
                        "proto_major": 3, "proto_minor": 14})
            self.asked.append(self.conn.recv(1000).decode())
            while self.serve():
                pass

    def serve(self):
        time.sleep(1 - time.time() % 1 + 0.15)
        sec = int(time.time())
        try:
            self.conn.sendall(b"")
        except OSError:
            return False
        if self.pulses:
            self.say(**{"class": "PPS", "device": "/dev/gps0", "real_sec": sec,
                        "real_nsec": 0, "clock_sec": sec, "clock_nsec": 0,
                        "precision": -20})
        self.say(**{"class": "TPV", "device": "/dev/gps0", "mode": 3, "time":
                    time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(sec))})
        self.say(**{"class": "TOFF", "device": "/dev/gps0", "real_sec": sec,
                    "real_nsec": 0, "clock_sec": sec,
                    "clock_nsec": 120000000})
        return self.conn.fileno() >= 0


def near(daemon, limit):
    return wrong_by(daemon) < limit


# ---- they all begin ---------------------------------------------------------

plain = Receiver("plain")
old = Receiver("old", weeks=1024)
lost = Receiver("lost")
gpsd = Gpsd()
STATS = scratch()

first = Daemon("server 127.127.20.0 mode 1 minpoll 2 prefer\n"
               "device 127.127.20.0 timedata %s\n"
               "fudge 127.127.20.0 time2 0.1 flag4 1\n"
               "statsdir %s/\nstatistics clockstats\n" % (plain.path, STATS),
               clock="0.3,-30")
rolled = Daemon("refclock nmea unit 3 path %s baud 9600 mode 0x10000 minpoll 2"
                " time2 0.1\nrefclock nmea unit 4 path %s minpoll 2\n"
                % (old.path, os.path.join(LINKS, "nothing")),
                clock="-0.4,10")
second = Daemon("refclock nmea unit 1 path %s minpoll 2 time2 0.1\n"
                "refclock shm unit 77 minpoll 2\n" % lost.path)
asker = Daemon("refclock gpsd unit 0 mode 1 minpoll 2 time2 0.12 flag4 1\n"
               "refclock gpsd unit 128 minpoll 2 flag1 1 prefer\n"
               "statsdir %s/\nfilegen clockstats file gpsd enable\n" % STATS,
               clock="0.2,20")

# ---- NMEA -------------------------------------------------------------------

reply = first.synchronized()
ok(reply and reply.stratum == 1 and reply.refid == b"GPS\0",
   "stratum 1 from a receiver, by the reference's words", first.ntpq("-p"),
   first.log())
ok(wait_for(lambda: near(first, 0.05), 30, "the offset to shrink"),
   "its time is that of the receiver, less time2", first.ntpq("-p"))
row = first.peer("127.127.20.0") or first.peer("GPS_NMEA(0)")
ok(row and row.tally == "*" and row.type == "l", "the billboard shows it",
   first.ntpq("-p"))
words = first.ntpq("-c", "clockvar")
ok("NMEA" in words and "$GPRMC;" in words and "5231" not in words,
   "clockvar shows the sentence, without the position", words)


def stats(name):
    path = os.path.join(STATS, name)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="ascii") as f:
        return f.read()


ok(wait_for(lambda: re.search(
    r"^\d{5} \d+\.\d{3} 127\.127\.20\.0 \$GPRMC,\d{6}\.00,A,____", stats(
        "clockstats"), re.M), 20, "a line"),
   "clockstats has it too", stats("clockstats"))

reply = rolled.synchronized()
ok(reply and wait_for(lambda: near(rolled, 0.1), 30, "the offset to shrink"),
   "a receiver whose weeks have rolled over, by NTPsec's words",
   rolled.ntpq("-p"), rolled.log())
ok("there is no %s/nothing" % LINKS in rolled.log(),
   "a device that is not there is named", rolled.log())

# ---- unplugged --------------------------------------------------------------

second.synchronized()
ok("sentences come at 9600 bit/s" in second.log(), "the speed is found",
   second.log())
lost.unplug()
ok(wait_for(lambda: "lost is gone" in second.log(), 10, "the loss"),
   "a receiver that is unplugged is missed", second.log())
lost.plug()
ok(wait_for(lambda: second.log().count("reading %s " % lost.path) == 2, 10,
            "its return"), "and used again when it is back", second.log())

# ---- SIGHUP -----------------------------------------------------------------

before = rolled.log().count("reading")
with open(rolled.path("conf"), encoding="ascii") as f:
    text = f.read()
rolled.write("conf", text.replace("minpoll 2\n", "minpoll 2 path %s\n"
                                  % plain.path))
rolled.child.send_signal(signal.SIGHUP)
ok(wait_for(lambda: "reading %s " % plain.path in rolled.log(), 10,
            "the new line"), "a line that changes is followed", rolled.log())
ok(rolled.log().count("reading") == before + 1,
   "and the other clock is not begun anew", rolled.log())
row = rolled.peer("127.127.20.3") or rolled.peer("GPS_NMEA(3)")
ok(row and row.reach != 0, "it is still reachable", rolled.ntpq("-p"))

# ---- gpsd -------------------------------------------------------------------

reply = asker.synchronized()
ok(reply and '"pps": true' in gpsd.asked[0].replace(":", ": "),
   "gpsd is asked for all it has", gpsd.asked, asker.log())


def tallies():
    return {row.remote: row.tally for row in asker.peers()}


ok(wait_for(lambda: "o" in tallies().values(), 40, "the PPS peer"),
   "the secondary unit leads by its pulses", asker.ntpq("-p"), asker.log())
ok(wait_for(lambda: near(asker, 0.05), 20, "the offset to shrink"),
   "and tells the time", asker.ntpq("-p"))
ok(wait_for(lambda: re.search(
    r"127\.127\.46\.0 .*\d+ 0 0 \d+ \d+ \d+ \d+$", stats("gpsd"), re.M), 10,
    "a line"), "its clockstats have seven counts", stats("gpsd"))
conn, gpsd.pulses = gpsd.conn, False
conn.shutdown(socket.SHUT_RDWR)
conn.close()
ok(wait_for(lambda: len(gpsd.asked) == 2, 30, "the next connection"),
   "it calls again when gpsd has hung up", asker.log())
ok("no connection to gpsd" in asker.log(), "which is said", asker.log())
ok(wait_for(lambda: "o" not in tallies().values(), 20, "the end"),
   "without pulses the secondary unit steps back", asker.ntpq("-p"))
for daemon in (first, rolled, second, asker):
    ok(daemon.kill() == 0, "it leaves in peace", daemon.log())
