#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ntpq at a terminal: the prompt, history, completion, a password that is not
shown; Ctrl-C; and lines from a pipe."""
from fakeserver import Fake
from harness import NTPQ, PATIENCE, ok, run, scratch, wait_for
import contextlib
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import threading
import time


def be_shell():
    """Return in a job of its own, which goes on when it was stopped, after word
    of whether the terminal shows what is typed."""
    job = os.fork()
    if job == 0:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        return
    while True:
        status = os.waitpid(job, os.WUNTRACED)[1]
        if not os.WIFSTOPPED(status):
            os._exit(os.waitstatus_to_exitcode(status) & 255)
        echo = termios.tcgetattr(0)[3] & termios.ECHO
        os.write(1, b"stopped %s\n" % (b"showing" if echo else b"hiding"))
        os.kill(job, signal.SIGCONT)


class Terminal:
    """ntpq with a terminal of its own; what it says goes to OUTPUT."""

    def __init__(self, *args, target="127.0.0.1:9", output=None,
                 shell=False):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "vt100"
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            if shell:
                be_shell()
            if output:
                os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT), 1)
            os.execv(NTPQ, [NTPQ, "-n", *args, target])
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern, seconds=PATIENCE):
        """Read until PATTERN has come; what came before it goes."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.seen)
            if found:
                before = self.seen[:found.end()]
                self.seen = self.seen[found.end():]
                return before
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return None
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                return None
            self.seen += data.decode(errors="replace")

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def edits(self):
        """Whether libedit has taken the terminal: what is typed before it
        does is for the terminal."""
        return not termios.tcgetattr(self.fd)[3] & termios.ICANON

    def ended(self):
        def gone():
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return pid and (os.waitstatus_to_exitcode(status),)
        return wait_for(gone, 10, "ntpq to end")


editing = "with libedit" in run([NTPQ, "--version"])[1]

t = Terminal()
ok(t.expect("ntpq> "), "a prompt at a terminal", t.seen)
t.type("timeout 250\n")
ok(t.expect("ntpq> "), "a command is taken", t.seen)
t.type("timeout\n")
ok(t.expect("primary timeout 250 ms"), "and was carried out", t.seen)
t.expect("ntpq> ")
if editing:
    t.type("\x10\n")  # control-P: the line before
    ok(t.expect("primary timeout 250 ms"), "history gives a line again",
       t.seen)
    t.expect("ntpq> ")
    t.type("versi\t\n")
    ok(t.expect("truechimer ntpq [0-9]"), "a command is completed", t.seen)
    t.expect("ntpq> ")

t.type("keyid 1\n")
t.expect("ntpq> ")
t.type("passwd\n")
ok(t.expect("MD5 Password: "), "the password is asked for", t.seen)
ok(not t.echoes(), "with echo off")
t.type("hush-hush\n")
shown = t.expect("ntpq> ")
ok(shown is not None and "hush" not in shown, "and not shown", shown)
if editing:
    t.type("passwd whisper\n")
    t.expect("ntpq> ")
    t.type("\x10\n")
    shown = t.expect("ntpq> ")
    ok(shown and "whisper" not in shown, "nor kept in the history", shown)
t.type("quit\n")
ok(t.ended() == (0,), "quit ends it")

t = Terminal()
t.expect("ntpq> ")
wait_for(lambda: t.edits() or not editing, 5, "libedit")
t.type("\x04")
ok(t.ended() == (0,), "so does the end of input")

t = Terminal()
t.expect("ntpq> ")
t.type("passwd\n")
t.expect("MD5 Password: ")
t.type("\x03")
ok(t.ended() == (-signal.SIGINT,) and t.echoes(),
   "who interrupts the question for a password sees again what he types")

# ---- Ctrl-C ---------------------------------------------------------------

asked = threading.Event()


def silent(_opcode, _associd, _data):
    asked.set()
    return 0, lambda _packet: []


t = Terminal(target=Fake(silent).target)
t.expect("ntpq> ")
t.type("peers\n")
asked.wait(PATIENCE)
t.type("\x03")
shown = t.expect("ntpq> ")
ok(shown and "***" not in shown, "Ctrl-C ends a command, not ntpq", shown)
asked.clear()
t.type("mrulist\n")
asked.wait(PATIENCE)
t.type("\x03")
ok(t.expect("Displaying partial client list"),
   "which takes the next, that of mrulist has words of its own", t.seen)
t.expect("ntpq> ")
wait_for(lambda: t.edits() or not editing, 5, "libedit")
t.type("\x03")
ok(t.ended() == (-signal.SIGINT,), "at the prompt it ends ntpq")


def interrupted(*args, ignored=False):
    """ntpq asks by way of a pipe and is interrupted before the answer."""
    def answer(_opcode, _associd, _data):
        child.send_signal(signal.SIGINT)
        return 0, "leap=0\r\n"

    server = Fake(answer)
    child = subprocess.Popen(
        [NTPQ, "-n", *args, server.target], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        restore_signals=False, preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL))
    try:
        shown = child.communicate("rv 0 leap\ntimeout\n", PATIENCE)[0]
    except subprocess.TimeoutExpired:
        child.kill()
        shown = child.communicate()[0]
    return child.returncode, shown


status, shown = interrupted("-i")
ok(status == 0 and "leap" not in shown and "primary timeout" in shown,
   "so it does with -i", status, shown)
status, shown = interrupted("-i", ignored=True)
ok(status == 0 and "leap=0" in shown, "who ignores it goes on doing so",
   status, shown)
ok(interrupted()[0] == -signal.SIGINT, "a pipe without -i ends with it")

t = Terminal()
t.expect("ntpq> ")
t.type("ifstats\n")
t.expect("Keyid: ")
t.type("\x03")
ok(t.ended() == (-signal.SIGINT,), "or the question for a key")

t = Terminal(shell=True)
t.expect("ntpq> ")
t.type("passwd\n")
t.expect("MD5 Password: ")
t.type("wrong\x1a")
stopped = t.expect("stopped .*")
ok(stopped and "showing" in stopped, "so does who stops it", stopped)
ok(t.expect("MD5 Password: ") and not t.echoes(),
   "when it goes on, it asks again, with echo off", t.seen)
t.type("hush\n")
shown = t.expect("ntpq> ")
ok(shown and "hush" not in shown and "Invalid" not in shown,
   "and takes the answer", shown)
t.type("quit\n")
ok(t.ended() == (0,), "which ends well")

t = Terminal()
t.expect("ntpq> ")
t.type("passwd\n")
t.expect("MD5 Password: ")
t.type("\x04")
ok(t.expect("^\r\nInvalid password"), "the end of input is no password",
   t.seen)
t.expect("ntpq> ")
t.type("passwd\n")
t.expect("MD5 Password: ")
t.type("hush\n")
shown = t.expect("ntpq> ")
ok(shown and "Invalid" not in shown, "but the next question waits for one",
   shown)
t.type("quit\n")
ok(t.ended() == (0,), "and then there is a prompt")

document = os.path.join(scratch(), "document")
t = Terminal("--json", "-c", "ifstats", output=document)
asked = t.expect("Keyid: ")
t.type("1\n")
asked = asked and t.expect("MD5 Password: ")
t.type("hush\n")
t.ended()
with open(document, encoding="ascii") as f:
    text = f.read()
ok(asked and text.startswith("{"),
   "questions are asked on the terminal, not in the output", t.seen, text)


def pipe(text, *args):
    done = subprocess.run([NTPQ, "-n", *args, "127.0.0.1:9"],
                          input=text.encode(), capture_output=True, timeout=PATIENCE,
                          check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


status, out, err = pipe("timeout 300\n\n  timeout\nnosuch\ntimeout")
ok(status == 0 and out == "primary timeout 300 ms\n" * 2,
   "lines from a pipe, without a prompt, up to its end", out, err)
ok("***Command `nosuch' unknown" in err, "a bad one does not stop it", err)
status, out, err = pipe("hostnames\n", "-i")
ok(out == "ntpq> hostnames not being shown\nntpq> \n", "-i prompts anyway",
   out)
status, out, err = pipe("passwd\nkeyid\nreslist\n")
ok("Invalid password" in err and "no keyid defined" in out and
   "Invalid key identifier" in err, "a pipe is not asked for secrets", err)

line = "addvars " + ",".join("name%d=1" % i for i in range(200))
status, out, err = pipe("%-1023.1023s\nshowvars\n" % line)
ok("name0" in out and not err, "a line of 1023 characters is taken", err)
status, out, err = pipe(line + "\nshowvars\n")
ok("***Command of %d characters not run" % len(line) in err and
   "name" not in out, "a longer one is refused, not cut", out, err)

# ---- output to a file -------------------------------------------------------

there = scratch()
file = os.path.join(there, "f")


def kept(command):
    """Whether the file is as it was behind this command; its complaints."""
    with open(file, "w", encoding="ascii") as out:
        out.write("precious")
    err = pipe(command + "\n")[2]
    with open(file, encoding="ascii") as f:
        return f.read() == "precious", err


for command in "nosuch", "r", "pstats", "mrv 1":
    same, err = kept("%s > %s" % (command, file))
    ok(same and err, "a file is not emptied for %s" % command, err)
ok(not kept("version > " + file)[0], "but for a command that is carried out")
same, err = kept('addvars ">%s"' % file)
ok(same and not err, "a word in quotes is no file", err)
status, out, err = pipe('addvars ">%s=1"\nshowvars\n' % file)
ok(out.startswith(">" + file), "but an argument", out, err)

long = "".join("addvars name%d=%s\n" % (i, "x" * 99) for i in range(99))
for command in "version", long + "showvars":
    status, out, err = pipe("%s > /dev/full\n" % command)
    ok(status == 1 and "***Error writing /dev/full: No space left" in err,
       "output that cannot be written is a failure", status, err)
status, out, err = pipe("version > /nonexistent/f\nversion\n")
ok(status == 1 and "***Error opening /nonexistent/f" in err and "ntpq" in out,
   "so is a file that cannot be opened, and then all goes on", status, err)

# ---- descriptors that are closed --------------------------------------------

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("127.0.0.1", 0))
    s.setblocking(False)
    target = "127.0.0.1:%d" % s.getsockname()[1]

    def heard(closed):
        """What a server hears of ntpq without this descriptor: (status, all)."""
        done = subprocess.run(
            [NTPQ, "-n", "-c", "timeout 50", "-c", "rv", "-c", "version",
             "-c", "nosuch", target], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
            preexec_fn=lambda: os.close(closed), timeout=PATIENCE)
        data = []
        with contextlib.suppress(BlockingIOError):
            while True:
                data.append(s.recv(4096))
        return done.returncode, data

    for closed, good in ((0, 0), (1, 1), (2, 0)):
        status, data = heard(closed)
        ok(status == good and data and all(d[:2] == b"\x16\x02" for d in data),
           "without descriptor %d a server hears questions only" % closed,
           status, data)

# ---- options that were preset ---------------------------------------------

home = scratch()
here = os.path.join(home, "here")
os.mkdir(here)


def preset(*args, text="timeout\n", **env):
    """ntpq between a home of its own and this environment."""
    return subprocess.run([NTPQ, *args, "127.0.0.1:9"], cwd=here,
                          env=dict(os.environ, HOME=home, **env),
                          input=text, text=True, capture_output=True,
                          timeout=PATIENCE, check=False)


def write(name, text):
    with open(name, "w", encoding="ascii") as f:
        f.write(text)


write(os.path.join(home, ".ntprc"),
      "# mine\nnumeric\n[NTPDC]\nnosuch\n[NTPQ]\nformat = ntpsec\n")
write(os.path.join(here, ".ntprc"), "command timeout\nkeyfile /nonexistent\n")
done = preset()
ok(done.returncode == 1 and "/nonexistent" in done.stderr,
   "options in ./.ntprc are taken", done.stderr)
os.chmod(os.path.join(here, ".ntprc"), 0o666)
done = preset("-c", "hostnames")
ok(done.stdout == "hostnames not being shown\n" and
   "others than you and root can write it" in done.stderr,
   "but not when others can write it; ~/.ntprc is read as well", done)
done = preset("-c", "hostnames", "--no-load-opts")
ok(done.stdout == "hostnames being shown\n" and not done.stderr,
   "--no-load-opts reads neither", done)
os.remove(os.path.join(here, ".ntprc"))
os.mkfifo(os.path.join(here, ".ntprc"))
status, out = run([NTPQ, "-c", "hostnames", "127.0.0.1:9"], PATIENCE, cwd=here,
                  env=dict(os.environ, HOME=home))
ok(status == 0 and ".ntprc not read: it is no regular file" in out and
   "hostnames not being shown" in out, "nobody is waited for at a FIFO", out)
os.remove(os.path.join(here, ".ntprc"))
done = preset(NTPQ_COMMAND="hostnames", NTPQ_NUMERIC="no", NTPQ_JSON="yes")
ok('"text":"hostnames not being shown"' in done.stdout,
   "variables preset options, no switches nothing on", done)
done = preset("-c", "timeout", NTPQ_COMMAND="hostnames")
ok(done.stdout == "primary timeout 5000 ms\n",
   "a command of the command line is run in place of a preset one", done)
done = preset("-i", NTPQ="-c hostnames -D 3", text="debug\n")
ok(done.stdout == "ntpq> debug level is 3\nntpq> \n",
   "so is -i, the rest of NTPQ stays", done)
done = preset("-c", "timeout", NTPQ_FORMAT="prometheus")
ok(done.returncode == 0 and done.stdout == "primary timeout 5000 ms\n",
   "a command excludes a preset format without commands", done)
done = preset("-i", NTPQ_FORMAT="prometheus", NTPQ_WATCH="1")
ok(done.stdout == "ntpq> primary timeout 5000 ms\nntpq> \n",
   "so does -i, and that watch", done)
done = preset("-i", "->-", NTPQ_FORMAT="prometheus", NTPQ_WATCH="1")
with open(os.path.join(here, "-"), encoding="ascii") as f:
    lines = f.read()
ok("interactive" in lines and "watch" not in lines and
   "prometheus" not in lines, "nor is that saved", done, lines)
done = preset("--json", "timeout", NTPQ_FORMAT="prometheus")
ok('"text":"primary timeout 5000 ms"' in done.stdout,
   "--json is another format", done)
with open("/dev/full", "w", encoding="ascii") as full:  # the end of --watch
    done = subprocess.run(
        [NTPQ, "--watch", "1", "--json", "127.0.0.1:9"], cwd=here,
        env=dict(os.environ, HOME=home, NTPQ_INTERACTIVE="yes"), stdout=full,
        stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
ok("excludes" not in done.stderr and "No space left" in done.stderr,
   "--watch excludes a preset -i", done)
done = preset("-i", "--watch", "1")
ok(done.returncode == 1 and "-i excludes" in done.stderr,
   "what the command line itself says stays an error", done)
done = preset("-c", "rv 0 a=b", "--watch", "3", "->saved")
with open(os.path.join(here, "saved"), encoding="ascii") as f:
    lines = f.read().splitlines()
ok(done.returncode == 0 and lines[1:] ==
   ["numeric", "format ntpsec", "command rv 0 a=b", "watch 3"],
   "-> saves the options", done, lines)
write(os.path.join(here, "more"), "command debug\n")
done = preset("-<", "more", "-D", "7")
ok(done.stdout == "debug level is 7\n", "-< loads some", done)
done = preset("-<", "nosuch")
ok(done.returncode == 66 and "nosuch not read" in done.stderr,
   "or ends with status 66", done)
done = preset("-!")
ok(done.stdout == preset("--help").stdout and "usage:" in done.stdout,
   "-! is the help, where there is no terminal for a pager", done)
done = preset("-n", "-?")
ok(done.returncode == 0 and done.stdout == preset("--help").stdout,
   "so is -?", done)
for word in "-X", "-?X", "--nosuch":
    done = preset(word)
    ok(done.returncode == 1 and not done.stdout and
       "Try `ntpq --help'" in done.stderr, "which %s tells of" % word, done)
done = preset("--version=n")
ok("Redistribution and use" in done.stdout, "--version=n has the licence")
