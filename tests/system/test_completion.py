#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Completion in bash: the options that each program has, the commands of
ntpq, and files where files belong."""
from harness import BUILD, NTPD, NTPQ, SRC, ok, run
import os
import re

FILE = os.path.join(SRC, "conf", "completion", "ntpd")
PROGRAMS = {"ntpd": NTPD, "ntpq": NTPQ,
            "ntpdate": os.path.join(BUILD, "util", "ntpdate"),
            "ntp-wait": os.path.join(BUILD, "util", "ntp-wait"),
            "ntp-keygen": os.path.join(BUILD, "util", "ntp-keygen"),
            "simrun": os.path.join(BUILD, "tests", "simrun")}


def complete(program, *words):
    """What the tabulator offers behind WORDS, the last of them unfinished."""
    path = PROGRAMS[program]
    script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_ntp "$1"; printf "%s\\n" "${COMPREPLY[@]}"')
    status, out = run(["bash", "-c", script, "bash", FILE, path, *words])
    return set(out.split()) if status == 0 else {"status %s" % status, out}


for name, path in PROGRAMS.items():
    text = run([path, "--help"])[1]
    wanted = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
    offered = complete(name, "--")
    ok(wanted and wanted == offered, "%s: its long options" % name,
       wanted ^ offered)
ok({"-a", "-q", "-u"} <= complete("ntpdate", "-"), "ntpdate: short options")
commands = set(" ".join(run([NTPQ, "-c", "help"])[1].splitlines()[1:]).split())
ok(len(commands) > 60 and complete("ntpq", "-c", "") == commands,
   "ntpq -c: every command", commands ^ complete("ntpq", "-c", ""))
ok(complete("ntpq", "-c", "mru") == {"mrulist"}, "or those that begin so")
ok(complete("ntpq", "--format", "=", "j") == {"json"}, "ntpq --format=j")
ok(complete("ntpq", "-r", "") == {"hash", "ipv4"}, "ntpq -r")
ok(complete("ntpd", "-c", "/etc/pass") >= {"/etc/passwd"}, "ntpd -c: files")
ok(complete("ntpd", "-u", "roo") == {"root"}, "ntpd -u: users")
ok(complete("ntpd", "-s", "/et") == {"/etc"}, "ntpd -s: directories")
ok(complete("ntp-wait", "-n", "") == set(), "ntp-wait -n: nothing to offer")
ok(complete("simrun", "--rehearse", "") ==
   {"leap", "outage", "falseticker", "step", "attack"}, "simrun --rehearse")
