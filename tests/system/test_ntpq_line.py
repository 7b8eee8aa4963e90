#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ntpq at a terminal: the prompt, history, completion, a password that is not
shown; and lines from a pipe."""
from harness import NTPQ, ok, run, wait_for
import os
import pty
import re
import select
import subprocess
import termios
import time


class Terminal:
    """ntpq with a terminal of its own."""

    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "vt100"
            os.execv(NTPQ, [NTPQ, "-n", "127.0.0.1:9"])
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern, seconds=5):
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


def pipe(text, *args):
    done = subprocess.run([NTPQ, "-n", *args, "127.0.0.1:9"],
                          input=text.encode(), capture_output=True, timeout=10,
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
