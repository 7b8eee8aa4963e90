# SPDX-License-Identifier: BSD-2-Clause
"""SIGHUP: the configuration is read again, and only what has changed is
touched."""
import signal

from harness import *

HEAD = ("restrict default ignore\nrestrict 127.0.0.0 mask 255.0.0.0\n"
        "restrict 127.0.0.9 ignore\n")

servers = [stratum1() for _ in range(3)]
for server, key in zip(servers, (None, 5, None)):
    if key:
        server.kill()
        server.write("keys", "5 SHA1 firstsecret\n6 SHA1 secondsecret\n")
        with open(server.path("conf"), "a", encoding="ascii") as f:
            f.write("keys %s\ntrustedkey 5 6\n" % server.path("keys"))
        server.start()


def line(number, words=""):
    return "server 127.0.0.%d port %d iburst minpoll 1 maxpoll 1 %s\n" % (
        number + 1, servers[number].port, words)


d = Daemon("", start=False)
d.write("keys", "5 SHA1 firstsecret\n6 SHA1 secondsecret\n")
KEYS = "keys %s\ntrustedkey 5 6\n" % d.path("keys")
CONTROL = "controlkey 6\n"


def configure(text, port=None):
    d.write("conf", "port %d\n%s%s%s%s" % (
        port or d.port, HEAD, KEYS, CONTROL, text))


def hang_up(words):
    """Send SIGHUP and wait until the log says WORDS once more."""
    before = d.log().count(words)
    d.child.send_signal(signal.SIGHUP)
    return wait_for(lambda: d.log().count(words) > before, 10, words)


def associd(address):
    """The number of an association, which no other ever has."""
    for row in d.ntpq("-c", "opeers", "-c", "associations").splitlines():
        fields = row.split()
        if len(fields) > 8 and fields[0].isdigit():
            if d.variable("srcadr", fields[1]) == address:
                return fields[1]
    return None


def filter_of(address):
    return d.variable("filtoffset", associd(address) or "9")


configure(line(0) + line(1, "key 5"))
d.start()
ok(d.synchronized(), "it runs")
for n in 1, 2:
    wait_for(lambda n=n: (p := d.peer("127.0.0.%d" % n)) and p.reach >= 3, 20,
             "answers of 127.0.0.%d" % n)

# ---- a server comes, another one stays ------------------------------------

first, second = associd("127.0.0.1"), associd("127.0.0.2")
configure(line(0) + line(1, "key 5") + line(2, "prefer"))
ok(hang_up("the new configuration is in force, sources: 3 lines"), "SIGHUP is followed",
   d.log())
ok(associd("127.0.0.1") == first and associd("127.0.0.2") == second and
   d.peer("127.0.0.1").reach & 0o376,
   "associations that stay keep their number and their reach")
ok(d.ask().leap == 0, "... and the clock its synchronization")
ok(wait_for(lambda: (p := d.peer("127.0.0.3")) and p.reach, 20, "an answer"),
   "a new server is polled")

# ---- a bad file -----------------------------------------------------------

configure(line(0) + "sever 127.0.0.7\n")
ok(hang_up("the old one stays in force") and "did you mean 'server'" in d.log(),
   "a bad file is told and refused")
ok(len(d.peers()) == 3, "... and changes nothing")
os.rename(d.path("conf"), d.path("gone"))
ok(hang_up("the old one stays in force") and len(d.peers()) == 3,
   "so is a missing one")

# ---- a server goes, options change ----------------------------------------

configure(line(0, "noselect") + line(2))
ok(hang_up("the new configuration is in force, sources: 2 lines") and
   wait_for(lambda: d.peer("127.0.0.2") is None, 5, "its end"),
   "a server goes")
ok(associd("127.0.0.1") == first and
   wait_for(lambda: d.peer("127.0.0.1").tally == " ", 10, "no selection"),
   "an option changes without touching the association")

# ---- what ntpq changed ----------------------------------------------------


def tell(text):
    keys = d.path("ntpqkeys")
    d.write("ntpqkeys", "6 SHA1 secondsecret\n")
    return d.ntpq("-c", "keyid 6", "-c", "keytype SHA1", "-c",
                  "passwd secondsecret", "-c", ":config " + text)


tell(line(1, "key 5").strip())
ok(wait_for(lambda: d.peer("127.0.0.2"), 5, "the server"), "ntpq adds a server")
ok(hang_up("says what it said before") and d.peer("127.0.0.2"),
   "SIGHUP with the same file leaves it alone")
configure(line(0) + line(2) + "# another comment\n\n")
ok(hang_up("the new configuration is in force") and
   "what ntpq has changed since the start gives way" in d.log() and
   d.peer("127.0.0.2") is None, "another file counts alone")

# ---- keys -----------------------------------------------------------------

configure(line(0) + line(1, "key 5") + line(2))
hang_up("the new configuration is in force")
ok(wait_for(lambda: (p := d.peer("127.0.0.2")) and p.reach, 20, "answers"),
   "a server with a key is back")
second = associd("127.0.0.2")
configure(line(0) + line(1, "key 6") + line(2))
ok(hang_up("the new configuration is in force") and
   associd("127.0.0.2") == second and
   wait_for(lambda: d.variable("keyid", second) == "6" and
            d.peer("127.0.0.2").reach, 20, "answers with the new key"),
   "with another key the association begins anew")
d.write("keys", "5 SHA1 firstsecret\n6 SHA1 wrongsecret\n")
ok(hang_up("says what it said before") and
   wait_for(lambda: d.peer("127.0.0.2").reach % 2 == 0, 20, "silence"),
   "a changed secret counts at once")

# ---- who may, and where ---------------------------------------------------


def answered(source, port=None, seconds=PATIENCE):
    return exchange("127.0.0.1", port or d.port, request_octets(), seconds,
                    source)


ok(not answered("127.0.0.9", seconds=SILENCE), "one address is shut out")
HEAD = HEAD.replace("127.0.0.9", "127.0.0.8")
port = free_port()
configure(line(0), port)
hang_up("the new configuration is in force")
ok(wait_for(lambda: answered("127.0.0.9", port), 10, "an answer") and
   not answered("127.0.0.8", port, SILENCE), "now another one")
ok(not answered("127.0.0.9"), "the old port is closed")
configure(line(0) + "interface ignore wildcard\ninterface listen 127.0.0.1\n"
          "logfile %s\ndscp 8\ntos minclock 2\npidfile /nowhere/pid\n"
          % d.path("log"), port)
hang_up("pidfile changes only when ntpd is restarted")


def new_log(words):
    try:
        with open(d.path("log"), encoding="utf-8") as f:
            return words in f.read()
    except OSError:
        return False


ok(wait_for(lambda: new_log("Deleting interface"), 10, "the new log"),
   "rules close sockets, and the log goes to its new file")
d.port = port
ok(wait_for(lambda: answered("127.0.0.9", port), 10, "an answer"),
   "what rules leave is served")
configure(line(0), port)
d.child.send_signal(signal.SIGHUP)
ok(wait_for(lambda: new_log("Listen normally on") and
            new_log("no logging to file"), 10, "the wildcard socket"),
   "without rules and logfile all is as it was")
ok(associd("127.0.0.1") == first and d.peer("127.0.0.1").reach & 0o376,
   "the first association has seen it all", d.log())
ok(d.ask().leap == 0, "... and so has the clock")
ok(d.kill() == 0 and not os.path.exists(d.pidfile), "it ends in order")
