# SPDX-License-Identifier: BSD-2-Clause
"""Do our load and our ceiling tell what others of their kind tell, and how fast
are we by those?  They are ntpload.c and udpecho.c in a directory that is
given."""
import functools
import json
import os
import subprocess

from figures import AT_LEAST, AT_MOST, Result, in_turn, medians, ratio
from harness import scratch
from servers import (DISCARDED, LOAD_CPU, Server, ceiling, loads, ours, peers,
                     running)

SECONDS = 1  # their load sees CPU time in steps of 10 ms
ECHO_PORT = 13323
BY = ", by ntpload"


def built(directory, name):
    to = os.path.join(scratch(), name)
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", to,
                    os.path.join(directory, name + ".c"), "-lpthread", "-lm"],
                   check=True)
    return to


def their_load(program, server):
    """What it says, in our words."""
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CPU), program, "-j", "-u", "-d",
         str(SECONDS), "-w", str(DISCARDED), "-p", str(server.child.pid),
         "127.0.0.1", str(server.port)],
        check=True, stdout=subprocess.PIPE, timeout=120)
    said = json.loads(done.stdout)
    return {"per_cpu_s": said["responses_per_cpu_s"],
            "responses_s": said["responses_per_s"], "loss": said["loss_pct"]}


def compare(directory, effort):
    """Each load asks each echo, and theirs the servers."""
    r = Result()
    load, echo = (built(directory, n) for n in ("ntpload", "udpecho"))
    theirs = Server("udpecho", ECHO_PORT, [
        echo, "-b", "64", "-T", "-i", "-e", "-p", str(ECHO_PORT)])
    with running(ceiling(), theirs, ours(), *peers()) as servers:
        effort.seconds = SECONDS
        runs = loads(servers[:2], effort)
        for s in servers:
            if s.name != "ntpsec":  # which answers one address a few times
                runs[s.name + BY] = functools.partial(their_load, load, s)
        seen = in_turn(runs, effort, ("per_cpu_s", "responses_s"))
    r.figures = medians(seen)
    for by in ("", BY):
        one = ratio(seen["per_cpu_s"]["ceiling" + by],
                    seen["per_cpu_s"]["udpecho" + by])
        r.mark("the ceiling, of udpecho" + by, one, AT_LEAST, 0.95)
    one = ratio(seen["per_cpu_s"]["udpecho"],
                seen["per_cpu_s"]["udpecho" + BY])
    r.mark("what our load says of udpecho, of what ntpload says", one,
           AT_LEAST, 0.9)
    r.mark("likewise, and not more", one, AT_MOST, 1.1)
    for name, wanted in (("udpecho", 0.92), ("chrony", 1.13)):
        if name + BY in seen["per_cpu_s"]:
            r.mark("responses per CPU second by ntpload, of %s's" % name,
                   ratio(seen["per_cpu_s"]["ours" + BY],
                         seen["per_cpu_s"][name + BY]), AT_LEAST, wanted)
    return r
