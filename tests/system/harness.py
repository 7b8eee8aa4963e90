# SPDX-License-Identifier: BSD-2-Clause
"""What the system tests share: TAP, daemons, packets, peers of other makes.

Each test file is one program that speaks TAP on its standard output.  Real
daemons run on loopback and unprivileged ports, ours on virtual clocks, others
without the capability to set a clock: no test touches the machine's.  A test
waits for a condition, never for a time; how long it waits at most matters only
to one that fails, and is plenty, for the machine may be busy with other things.
"""
import atexit
import contextlib
import ctypes
import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.environ.get("top_srcdir", os.path.join(HERE, "..", ".."))
BUILD = os.environ.get("top_builddir", os.path.join(SRC, "build"))
NTPD = os.path.join(BUILD, "ntpd", "ntpd")
NTPQ = os.path.join(BUILD, "ntpq", "ntpq")
NTPD_SANITIZED = os.path.join(BUILD, "san", "ntpd", "ntpd")
NTPD_RACES = os.path.join(BUILD, "tsan", "ntpd", "ntpd")
PEERS = os.path.join(BUILD, "peers")
CHRONYD = os.path.join(PEERS, "usr/sbin/chronyd")
NTPSEC_NTPD = os.path.join(PEERS, "usr/sbin/ntpd")
PROMTOOL = os.path.join(PEERS, "usr/bin/promtool")

ANY_LOOPBACK = "restrict default ignore\nrestrict 127.0.0.0 mask 255.0.0.0\n"
# In a namespace all of 192.0.2.0/24 is ours, by way of the first address.
OWN_HOST, OTHER_HOST = "192.0.2.1", "192.0.2.9"
NTP_UNIX = 2208988800  # s from 1900 to 1970
PATIENCE = 60  # s for what comes at once where nothing else is to be done
AGAIN = 1  # s until who is not answered asks again
SILENCE = 0.3  # s for what must not come


# ---- TAP ------------------------------------------------------------------

_count = 0
_planned = False


def say(words):
    """A diagnostic line, for whoever reads the log of a failure."""
    for line in str(words).splitlines():
        print("#", line, flush=True)


def ok(condition, words, *evidence):
    global _count
    _count += 1
    print("ok" if condition else "not ok", _count, "-", words, flush=True)
    if not condition:
        for item in evidence:
            say(item)
    return bool(condition)


def skip(words, reason):
    """Not a pass: where everything must be there, it is a failure."""
    global _count
    if os.environ.get("TRUECHIMER_STRICT"):
        ok(False, words, reason)
        return
    _count += 1
    print("ok", _count, "-", words, "# SKIP", reason, flush=True)


def skip_all(reason):
    global _planned
    _planned = True
    if os.environ.get("TRUECHIMER_STRICT"):
        print("1..1\nnot ok 1 -", reason)
    else:
        print("1..0 # SKIP", reason)
    sys.exit(0)


@atexit.register
def _plan():
    if not _planned and _count:
        print("1..%d" % _count, flush=True)


def wait_for(condition, seconds, what):
    """The first true value of CONDITION(); None, with a note, long after the
    SECONDS that it takes at most on a machine that does nothing else."""
    seconds = max(3 * seconds, PATIENCE)
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            say("waited %s s for: %s" % (seconds, what))
            return None
        time.sleep(0.2)


# ---- processes ------------------------------------------------------------

_children = []
_dirs = []


@atexit.register
def _clean_up():
    for child in _children:
        if child.poll() is None:
            child.kill()
            child.wait()
    for path in _dirs:
        shutil.rmtree(path, ignore_errors=True)


def _stopped(number, _frame):
    sys.exit(128 + number)


signal.signal(signal.SIGTERM, _stopped)
signal.signal(signal.SIGHUP, _stopped)


def scratch():
    path = tempfile.mkdtemp(prefix="truechimer-")
    os.chmod(path, 0o755)
    _dirs.append(path)
    return path


def spawn(argv, log, **more):
    """Start ARGV with its words going to file LOG; killed at the end."""
    with open(log, "ab") as out:
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, **more)
    _children.append(child)
    return child


def run(argv, seconds=2 * PATIENCE, **more):
    """Run ARGV to its end: (exit status, its words); None after SECONDS."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=seconds, check=False, **more)
    except subprocess.TimeoutExpired as e:
        return None, (e.stdout or b"").decode(errors="replace")
    return done.returncode, done.stdout.decode(errors="replace")


def powerless(argv):
    """ARGV unable to set a clock, whatever it tries."""
    if os.geteuid() != 0:
        return argv
    return ["setpriv", "--bounding-set=-sys_time,-sys_nice",
            "--inh-caps=-sys_time,-sys_nice"] + argv


def really_root():
    """Root, and not only of a namespace that knows no other user."""
    with open("/proc/self/uid_map", encoding="ascii") as f:
        return os.geteuid() == 0 and int(f.read().split()[2]) > 65535


RESERVED = []


def free_port():
    """Below the ports that the kernel hands out, so that no client gets it
    before the server does; and no other daemon of the tests, for a name tells
    them that it is given."""
    while True:
        port = random.randrange(20000, 32000)
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            try:
                name.bind("\0truechimer port %d" % port)
                s.bind(("", port))
            except OSError:
                name.close()
                continue
        RESERVED.append(name)
        return port


def enter_namespace(mounts=False, network=True):
    """Run again where port 123 is ours, and so are shared memory and a network,
    which network_up() starts unless NETWORK is false; with MOUNTS the file systems
    are ours, too."""
    if os.environ.get("TRUECHIMER_NETNS") != "yes":
        os.environ["TRUECHIMER_NETNS"] = "yes"
        flags = "-ni" if os.geteuid() == 0 else "-rni"
        flags += "m" if mounts else ""
        if run(["unshare", flags, "true"])[0] != 0:
            skip_all("no network namespaces here")
        sys.stdout.flush()
        os.execvp("unshare", ["unshare", flags, sys.executable] + sys.argv)
    if network:
        network_up()


def network_up():
    """Loopback up, and with addresses that are not loopback addresses (the
    kernel takes the mask of a class C network)."""
    siocgifflags, siocsifflags, siocsifaddr, iff_up = 0x8913, 0x8914, 0x8916, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack_from("h", fcntl.ioctl(
            s, siocgifflags, request), 16)[0]
        fcntl.ioctl(s, siocsifflags,
                    struct.pack("16sh14x", b"lo", flags | iff_up))
        fcntl.ioctl(s, siocsifaddr,
                    struct.pack("16shH4s8x", b"lo:1", socket.AF_INET, 0,
                                socket.inet_aton(OWN_HOST)))


# ---- our daemon -----------------------------------------------------------

class Daemon:
    """One of our ntpd, on a virtual clock and a port of its own."""

    def __init__(self, conf, clock="0", args=(), exe=NTPD, port=None,
                 access=ANY_LOOPBACK, start=True, **more):
        self.dir = scratch()
        self.port = port or free_port()
        self.out = self.path("out")
        self.drift = self.path("drift")
        self.pidfile = self.path("pid")
        self.write("conf", "port %d\ndriftfile %s\n%s%s" % (
            self.port, self.drift, access, conf))
        self.argv = [exe, "-n", "-g", "-c", self.path("conf"),
                     "-p", self.pidfile, "--virtual-clock=%s" % clock,
                     *args]
        self.more = more
        self.child = None
        if start:
            self.start()

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)

    def start(self):
        self.child = spawn(self.argv, self.out, **self.more)
        return self

    def log(self):
        with open(self.out, encoding="utf-8", errors="replace") as f:
            return f.read()

    def alive(self):
        return self.child.poll() is None

    def kill(self, number=signal.SIGTERM, seconds=PATIENCE):
        """Send the signal and give the exit status; None if it lives on."""
        self.child.send_signal(number)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def ntpq(self, *args):
        return ntpq("127.0.0.1:%d" % self.port, *args)

    def peers(self):
        return peers("127.0.0.1:%d" % self.port)

    def peer(self, address):
        for row in self.peers():
            if row.remote == address:
                return row
        return None

    def ask(self, **fields):
        return ask("127.0.0.1", self.port, **fields)

    def synchronized(self, seconds=60):
        """Wait until it serves time that may be believed."""
        return wait_for(lambda: (r := self.ask()) and r.leap != 3
                        and 0 < r.stratum < 16 and r, seconds,
                        "%s to synchronize" % self.dir)

    def variable(self, name, assoc="0"):
        found = re.search(r"\b%s=\"?([^,\"\n]*)" % re.escape(name),
                          self.ntpq("-c", "rv %s %s" % (assoc, name)))
        return found.group(1).strip() if found else None


def stratum1(clock="0", **more):
    """A server that believes its own clock."""
    return Daemon("server 127.127.1.0 minpoll 0 prefer\n"
                  "fudge 127.127.1.0 stratum 0 refid GPS\n",
                  clock=clock, **more)


def server_line(address, server, words=""):
    return "server %s port %d iburst minpoll 1 maxpoll 2 %s\n" % (
        address, server.port, words)


# ---- ntpq -----------------------------------------------------------------

class Row:
    """One line of the peers billboard."""

    def __init__(self, line):
        self.tally = line[0]
        (self.remote, self.refid, stratum, self.type, self.when, poll, reach,
         delay, offset, jitter) = line[1:].split()[:10]
        self.stratum, self.poll = int(stratum), poll
        self.reach = int(reach, 8)
        self.delay, self.offset = float(delay), float(offset)
        self.jitter = float(jitter)
        self.line = line


def ntpq(target, *args):
    return run([NTPQ, "-n", *args, target])[1]


def peers(target):
    lines = ntpq(target, "-p").splitlines()
    rule = [i for i, line in enumerate(lines) if line.startswith("=====")]
    return [Row(line) for line in lines[rule[0] + 1:]
            if not line.startswith(("***", "ntpq:"))] if rule else []


# ---- packets --------------------------------------------------------------

class Packet:
    """An NTP header taken apart."""

    def __init__(self, data):
        self.data = data
        self.leap, self.version, self.mode = (
            data[0] >> 6, data[0] >> 3 & 7, data[0] & 7)
        self.stratum, self.poll, self.precision = struct.unpack_from(
            "!Bbb", data, 1)
        self.rootdelay, self.rootdisp = (
            x / 65536 for x in struct.unpack_from("!II", data, 4))
        self.refid = data[12:16]
        (self.reftime, self.org, self.rec, self.xmt) = struct.unpack_from(
            "!QQQQ", data, 16)


def request_octets(version=4, mode=3, xmt=0x1234567890abcdef, more=b""):
    return struct.pack("!BBbb11I", version << 3 | mode, 0, 6, -20,
                       *[0] * 9, xmt >> 32, xmt & 0xffffffff) + more


def exchange(address, port, data, seconds=PATIENCE, source=""):
    """Send DATA, again while nothing comes, and give what comes back, or None;
    at once where nobody listens."""
    end = time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.connect((address, port))
        while (left := end - time.monotonic()) > 0:
            s.settimeout(min(left, AGAIN))
            try:
                s.send(data)
                return s.recv(4096)
            except socket.timeout:
                continue
            except OSError:
                return None
    return None


def ask(address, port, seconds=PATIENCE, **fields):
    data = exchange(address, port, request_octets(**fields), seconds)
    return Packet(data) if data and len(data) >= 48 else None


def ntp_seconds(stamp):
    return stamp / 2**32 - NTP_UNIX


def wrong_by(daemon):
    """How far, at least, the time that DAEMON tells is from the machine's: 0
    when that was it at some moment between question and answer."""
    before = time.time()
    answer = daemon.ask()
    after = time.time()
    told = ntp_seconds(answer.xmt) if answer else 0
    return max(before - told, told - after, 0)


class Relay:
    """Between a client and a server; CHANGE(data) rewrites or drops (None)
    what the server says."""

    def __init__(self, address, server_address, server_port, change=None,
                 port=0, seconds=SILENCE):
        self.seconds = seconds  # for the server to answer
        self.server = (server_address, server_port)
        self.change = change or (lambda data: data)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        while True:
            data, client = self.socket.recvfrom(4096)
            answer = exchange(*self.server, data, self.seconds)
            answer = answer and self.change(answer)
            if answer:
                self.socket.sendto(answer, client)


# ---- programs of other makes ----------------------------------------------

def need_peers():
    if not os.path.exists(CHRONYD) or not os.path.exists(NTPSEC_NTPD):
        skip_all("chrony and ntpsec are not unpacked: scripts/check does it")


def ntpsec_command(program, directory="usr/bin"):
    """The words that run one of ntpsec's Python programs where it was
    unpacked, and its environment."""
    packages = os.path.join(PEERS, "usr/lib/python3/dist-packages")
    library = os.path.join(packages, "ntp", "libntpc.so")
    if not os.path.exists(library):
        for root, _dirs_, files in os.walk(os.path.join(PEERS, "usr/lib")):
            if "libntpc.so.1.1.0" in files:
                part = "%s.%d" % (library, os.getpid())
                shutil.copy(os.path.join(root, "libntpc.so.1.1.0"), part)
                os.rename(part, library)
    path = [os.path.join(PEERS, "usr/bin"), os.environ.get("PATH", "")]
    return (["/usr/bin/python3", os.path.join(PEERS, directory, program)],
            dict(os.environ, PYTHONPATH=packages, PATH=":".join(path)))


def ntpsec_python(program, *args, seconds=2 * PATIENCE, directory="usr/bin"):
    command, env = ntpsec_command(program, directory)
    return run([*command, *args], seconds, env=env)


def ntpsec_terminal(program, *args, until, seconds=PATIENCE):
    """Run a program that needs a terminal until its screen shows UNTIL; then
    type q.  What it has written."""
    command, env = ntpsec_command(program)
    child, terminal = pty.fork()
    if child == 0:
        env["TERM"] = "xterm"
        os.execvpe(command[0], [*command, *args], env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ,
                struct.pack("HHHH", 40, 120, 0, 0))
    screen, end = "", time.monotonic() + seconds
    while until not in screen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                screen += os.read(terminal, 4096).decode(errors="replace")
            except OSError:
                break
    with contextlib.suppress(OSError):
        os.write(terminal, b"q")
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    os.close(terminal)
    return screen


MONITORS = {
    name: os.path.join(PEERS, where, name) for name, where in (
        ("check_ntp", "usr/lib/nagios/plugins"),
        ("check_ntp_peer", "usr/lib/nagios/plugins"),
        ("check_ntp_time", "usr/lib/nagios/plugins"),
        ("nmap", "usr/bin"), ("ntpstat", "usr/bin"))}


def need_monitors():
    missing = [n for n, path in MONITORS.items() if not os.path.exists(path)]
    if missing:
        skip_all("%s not unpacked: scripts/check does it" %
                 ", ".join(missing))


def monitor(name, *args, seconds=2 * PATIENCE):
    """Run a monitoring program where it was unpacked."""
    libraries = os.path.join(PEERS, "usr/lib", os.uname().machine +
                             "-linux-gnu")
    env = dict(os.environ, NMAPDIR=os.path.join(PEERS, "usr/share/nmap"),
               LD_LIBRARY_PATH=":".join([
                   libraries, os.path.join(libraries, "blas"),
                   os.path.join(PEERS, "lib", os.uname().machine +
                                "-linux-gnu")]))
    return run([MONITORS[name], *args], seconds, env=env)


def refuse_sockets(*families):
    """For a child: socket(FAMILY) fails as on a kernel that lacks it."""
    allow, errno_eafnosupport = 0x7fff0000, 0x00050000 | 97
    machine = os.uname().machine
    number = {"x86_64": 41, "aarch64": 198}[machine]
    load, equal, answer = 0x20, 0x15, 0x06
    code = [(load, 0, 0, 0), (equal, 0, len(families) + 1, number),
            (load, 0, 0, 16)]
    for i, family in enumerate(families):
        code.append((equal, len(families) - i, 0, family))
    code += [(answer, 0, 0, allow), (answer, 0, 0, errno_eafnosupport)]
    program = b"".join(struct.pack("HBBI", *line) for line in code)

    class Filter(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("code", ctypes.c_char_p)]

    libc = ctypes.CDLL(None, use_errno=True)

    def install():
        held = Filter(len(code), program)
        no_new_privs, set_seccomp, mode_filter = 38, 22, 2
        if (libc.prctl(no_new_privs, 1, 0, 0, 0) != 0 or
                libc.prctl(set_seccomp, mode_filter,
                           ctypes.byref(held)) != 0):
            os._exit(125)
    return install
