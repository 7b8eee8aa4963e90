#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Receivers of time played on pseudo terminals, by their makers' formats.

All daemons run at the same time, on virtual clocks that are off, and each has
one clock only.
"""
from harness import *
import calendar
import tty

enter_namespace()

LINKS = scratch()
JST = 9 * 3600


class Line:
    """A device at LINKS/NAME; a thread of its own does what play() says."""

    def __init__(self, name):
        self.path = os.path.join(LINKS, name)
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.symlink(os.ttyname(self.slave), self.path)
        self.heard = b""
        threading.Thread(target=self.play, daemon=True).start()

    def say(self, data):
        with contextlib.suppress(OSError):
            os.write(self.master, data)

    def listen(self, end):
        """What comes until END has come."""
        while end not in self.heard:
            self.heard += os.read(self.master, 100)
        said, self.heard = self.heard.split(end, 1)
        return said

    @staticmethod
    def second(late=0.0):
        """Wait for LATE after a second, which is returned."""
        now = time.time()
        time.sleep(1 - (now - late) % 1)
        return int(time.time() - late)


class Zyfer(Line):
    """In three pieces, and without an end."""

    def play(self):
        while True:
            t = time.gmtime(self.second())
            text = time.strftime("!TIME,%Y,%j,%H,%M,%S,2,4,1", t).encode()
            for piece in (text[:9], text[9:20], text[20:]):
                self.say(piece)


class Asked(Line):
    """TS-JJY01: answers what it is asked."""
    questions = set()

    def play(self):
        while True:
            word = self.listen(b"\r\n").decode()
            self.questions.add(word)
            then = self.second() if word == "stim" else time.time()
            form = {"date": "%Y/%m/%d SUN", "dcst": "valid",
                    "stus": "adjusted"}.get(word, "%H:%M:%S")
            self.say(time.strftime(form, time.gmtime(then + JST)).encode()
                     + b"\r\n")


class Marked(Line):
    """TDC-300: the time, and a mark 7.5 ms before the second."""

    def play(self):
        while True:
            t = time.gmtime(self.second(0.8) + 1 + JST)
            self.say(time.strftime("\x02%y%m%d0%H%M%S\x03", t).encode())
            self.second(-0.0075)
            self.say(b"\x02\xe5\x03")


def packet(data):
    """By the Trimble Standard Interface Protocol."""
    return b"\x10" + data.replace(b"\x10", b"\x10\x10") + b"\x10\x03"


class Thunderbolt(Line):
    """Tells in weeks of 1980 to 1999 what second has begun; is told to."""
    told = b""

    def play(self):
        while True:
            gps = self.second(0.02) - 315964800 + 18
            self.say(packet(b"\x8f\xab" + struct.pack(
                ">IHhB7x", gps % 604800, gps // 604800 % 1024, 18, 3)))
            self.say(packet(b"\x8f\xac\x07" + bytes(66)))
            if select.select([self.master], [], [], 0)[0]:
                self.told += os.read(self.master, 100)


class Palisade(Line):
    """Answers each octet with when it came."""

    def play(self):
        while os.read(self.master, 1):
            now = time.time()
            t = time.gmtime(now)
            self.say(packet(b"\x8f\xad" + struct.pack(
                ">Hd5BHBBH", 1, now % 1, *t[3:6], t.tm_mday, t.tm_mon,
                t.tm_year, 0, 1, 0xffff)))


def message(letters, data):
    """In Motorola's binary format."""
    total = 0
    for octet in letters + data:
        total ^= octet
    return b"@@" + letters + data + bytes([total]) + b"\r\n"


class Oncore(Line):
    """An M12: says nothing until it is told to."""

    def play(self):
        while message(b"Ha", b"\1") not in self.heard:
            self.heard += os.read(self.master, 100)
        while True:
            t = time.gmtime(self.second(0.03))
            data = bytearray(147)
            data[:7] = struct.pack(">BBH3B", t.tm_mon, t.tm_mday, t.tm_year,
                                   *t[3:6])
            data[52], data[125], data[137] = 9, 0x80, 0xd2
            self.say(message(b"Ha", bytes(data)))


class Modem(Line):
    """The first number is busy; at the second NIST measures the delay."""

    def __init__(self, name):
        self.commands, self.echoes = [], 0
        super().__init__(name)

    def play(self):
        while True:
            word = self.listen(b"\r").decode()
            self.commands.append(word.replace("*", ""))
            if word.endswith("2"):
                self.say(b"CONNECT 9600\r\n")
                self.nist()
            else:
                self.say(b"BUSY\r\n" if "DT" in word else b"OK\r\n")

    def nist(self):
        mark = "*"
        while b"\r" not in self.heard:
            t = time.gmtime(self.second(-0.037))
            t = time.gmtime(calendar.timegm(t) + 1)
            self.say(time.strftime("\r\n61366 %y-%m-%d %H:%M:%S 00 0 -.1 037.0"
                                   " UTC(NIST) ", t).encode())
            time.sleep(max(0, calendar.timegm(t) - time.time()))
            self.say(mark.encode() + b"\r\n")
            if select.select([self.master], [], [], 0.5)[0]:
                self.echoes += os.read(self.master, 10).count(mark.encode())
                mark = "#"


def start(words, clock, more=""):
    stats = scratch()
    daemon = Daemon("refclock %s minpoll 2 flag4 1\nstatsdir %s/\n"
                    "statistics clockstats\n%s" % (words, stats, more),
                    clock=clock)
    daemon.stats = stats
    return daemon


def near(daemon):
    return wrong_by(daemon) < 0.05


def follows(name, daemon, refid, record):
    """It serves the receiver's time, and records what that says."""
    reply = daemon.synchronized()
    ok(reply and reply.stratum == 1 and reply.refid == refid,
       name + " is a source", daemon.ntpq("-p"), daemon.log())
    ok(wait_for(lambda: near(daemon), 30, "the offset to shrink"),
       name + " tells the right time", daemon.ntpq("-p"))
    row = daemon.peers()[0]
    ok(row.tally == "*" and row.type == "l" and row.reach,
       name + " is on the billboard", row.line)

    def recorded():
        path = os.path.join(daemon.stats, "clockstats")
        with contextlib.suppress(FileNotFoundError):
            with open(path, encoding="ascii") as f:
                return re.search(record, f.read(), re.M)
    ok(wait_for(recorded, 20, "the record"), name + " is in clockstats")


modem_line = Modem("modem")
modem = start("modem path %s" % modem_line.path, "0.1,5",
              "phone ATDT1 \"ATDT 2\"\nsetvar modemsetup = ATZ\n"
              "tos orphanwait 3\n")
zyfer = start("zyfer path %s" % Zyfer("zyfer").path, "0.3,-30")
asked_line = Asked("asked")
asked = start("jjy mode 1 path %s flag1 1" % asked_line.path, "-0.4,10")
marked = start("jjy mode 6 path %s" % Marked("marked").path, "0.2,20")
bolt_line = Thunderbolt("bolt")
bolt = start("trimble subtype 2 path %s time1 0.02" % bolt_line.path, "-0.2,9")
palisade = start("trimble path %s flag3 1" % Palisade("palisade").path, "0.1,1")
oncore = start("oncore path %s time1 0.03" % Oncore("oncore").path, "0.2,-5")

# first, for it hangs up
follows("modem", modem, b"NIST", r" 61366 .* UTC\(NIST\) [*#]$")
ok(modem_line.commands == ["ATZ", "ATDT1", "ATZ", "ATDT 2"],
   "the numbers are called in turn", modem_line.commands)
ok(modem_line.echoes > 1, "NIST may measure the delay", modem_line.echoes)
follows("zyfer", zyfer, b"GPS\0", r" !TIME,\d{4},\d{3}(,\d\d){3},2,4,1$")
follows("jjy mode 1", asked, b"JJY\0",
        r" valid adjusted \d\d:\d\d:\d\d 2\d{3}/\d\d/\d\d SUN \d\d:\d\d:\d\d$")
ok(asked_line.questions == {"dcst", "stus", "time", "date", "stim"},
   "it is asked all that flag1 wants", asked_line.questions)
follows("jjy mode 6", marked, b"JJY\0", r" \.\d{13}$")
follows("trimble, thunderbolt", bolt, b"GPS\0",
        r" 2\d{3} \d{3} \d\d:\d\d:\d\d\.0{9}$")
ok(packet(b"\x8e\xa2\x03") + packet(b"\x8e\xa5\x00\x05") in bolt_line.told,
   "it is told to speak UTC, and what to send", bolt_line.told)
follows("trimble, palisade", palisade, b"GPS\0",
        r" 2\d{3} \d{3} \d\d:\d\d:\d\d\.\d{9}$")
follows("oncore", oncore, b"GPS\0",
        r" 2\d{3} \d{3} \d\d:\d\d:\d\d\.0{9}$")
for each in (zyfer, asked, marked, bolt, palisade, oncore, modem):
    ok(each.kill() == 0, "it leaves in peace", each.log())
