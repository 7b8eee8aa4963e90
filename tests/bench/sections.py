# SPDX-License-Identifier: BSD-2-Clause
"""How fast: one function a section."""
import functools
import json
import os
import re
import shutil
import statistics
import subprocess
import time

from figures import (AT_LEAST, AT_MOST, Result, figure, in_turn, medians,
                     ratio)
from harness import run
from servers import (BENCH, DISCARDED, KEYED, KEYS, LOAD_CPU, SECRET, SERVER_CPU,
                     ceiling, fill, loads, ours, peers, running)

LOSS = 0.001
MANY = 10000  # clients


# ---- how much for a second of CPU --------------------------------------------

def plain(effort):
    """As each is without a word."""
    r = Result()
    with running(ours(), ceiling(), *peers()) as servers:
        seen = in_turn(loads(servers, effort), effort,
                       ("per_cpu_s", "responses_s"))
    r.figures = medians(seen)
    r.mark_all(seen["per_cpu_s"], "responses per CPU second",
               (("ceiling", AT_LEAST, 0.92), ("chrony", AT_LEAST, 1.13),
                ("ntpsec", AT_LEAST, 1.0)))
    return r


def stored(effort):
    r = Result()
    with running(ours("threads 1\nmru maxmem 131072\n"
                      "restrict default nomodify limited kod\n"),
                 *peers(limited=True)) as servers:
        for s in servers:
            fill(s, effort.clients)
        r.figures["rss_kib"] = {s.name: figure([s.rss()]) for s in servers}
        seen = in_turn(loads(servers, effort, "-c", effort.clients), effort,
                       ("per_cpu_s", "rate_kod"))
    r.figures.update(medians(seen))
    r.mark_all(seen["per_cpu_s"], "responses per CPU second, %d clients" %
               effort.clients, (("chrony", AT_LEAST, 1.2),))
    return r


def auth(effort):
    """The exchange is measured beside a plain one, and one code beside
    OpenSSL's own figure: with the key before the header a digest has 64
    octets, two of its blocks."""
    r = Result()
    with running(ours(KEYED)) as servers:
        runs = loads(servers, effort)
        for kind, number in KEYS.items():
            runs[kind] = functools.partial(
                servers[0].load, "-d", effort.seconds, "-w", DISCARDED, "-k",
                "%d:%s:%s" % (number, kind, SECRET))
        seen = in_turn(runs, effort, ("per_cpu_s",))["per_cpu_s"]
    r.figures["authenticated_per_cpu_s"] = {
        kind: figure(v) for kind, v in seen.items()}
    for kind in KEYS:
        dearer = figure([1e6 / a - 1e6 / b
                         for a, b in zip(seen[kind], seen["ours"])])
        r.figures.setdefault("dearer_us", {})[kind] = dearer
        if kind == "SHA1":
            r.mark("us that a SHA-1 exchange is dearer", dearer, AT_MOST, 1.2)
    bare(r, effort)
    return r


def bare(r, effort):
    how = {"SHA1": ("64", "-evp", "sha1"), "SHA256": ("64", "-evp", "sha256"),
           "AES128CMAC": ("48", "-cmac", "aes-128-cbc")}
    if shutil.which("openssl") is None:
        r.remarks.append("No openssl here to measure bare digests with.")
        return
    for kind, (octets, *words) in how.items():
        one, other = [], []
        for _ in range(effort.brief().rounds):
            said = subprocess.run([os.path.join(BENCH, "mac"), kind, SECRET],
                                  check=True, stdout=subprocess.PIPE).stdout
            one.append(json.loads(said)["ns"])
            status, said = run(["openssl", "speed", "-mr", "-seconds", "1",
                                "-bytes", octets] + words)
            found = re.findall(r"^\+F:.*:([\d.]+)$", said, re.M)
            if status != 0 or not found:
                r.remarks.append("openssl speed says: " + said[-200:])
                return
            other.append(int(octets) * 1e9 / float(found[-1]))
        r.figures.setdefault("code_ns", {})[kind] = figure(one)
        r.figures.setdefault("openssl_speed_ns", {})[kind] = figure(other)
        r.mark("one %s, of openssl speed's" % kind, ratio(one, other),
               AT_MOST, 1.5)


# ---- loss and delay -----------------------------------------------------------

def closed_loop(servers, effort):
    """Its rate for each: what all other rates are parts of."""
    seen = in_turn(loads(servers, effort), effort.brief(), ("responses_s",))
    return {name: statistics.median(v)
            for name, v in seen["responses_s"].items()}


def at_rate(servers, effort, rates, figures):
    runs = {s.name: functools.partial(
        s.load, "-d", effort.seconds, "-w", DISCARDED, "-r", rates[s.name])
        for s in servers}
    return in_turn(runs, effort, figures)


def highest(server, closed, effort):
    """The highest rate with less than 0.1 % lost, by the middle of three
    attempts; the load falls behind its schedule before some servers lose
    anything: that is an end, too."""
    low, high, loader = 0.0, 1.3 * closed + 1000, False
    for _ in range(effort.bisect):
        rate = (low + high) / 2 if low else 0.6 * high
        got = [server.load("-r", rate, "-d", effort.seconds, "-w", DISCARDED)
               for _ in range(min(effort.rounds, 3))]
        lost = statistics.median(g["loss"] for g in got)
        late = statistics.median(g["skipped"] / (g["sent"] + 1) for g in got)
        if lost <= LOSS and late <= 0.02 and got[0]["answered"]:
            low = rate
        else:
            high, loader = rate, late > 0.02
    return low, loader


def just_below(server, effort):
    """At 0.95 of what it did a moment ago, for no machine does the same all
    day."""
    most = server.load("-d", effort.seconds, "-w", DISCARDED)["responses_s"]
    return server.load("-d", effort.seconds, "-w", DISCARDED, "-r",
                       0.95 * most + 1)


def loss(effort):
    r = Result()
    with running(ours(), *peers()) as servers:
        most = closed_loop(servers, effort)
        seen = in_turn({s.name: functools.partial(just_below, s, effort)
                        for s in servers}, effort, ("loss", "responses_s"))
        r.figures["loss_percent"] = {
            n: figure([100 * x for x in v]) for n, v in seen["loss"].items()}
        r.figures["at_rate_s"] = medians(seen)["responses_s"]
        for s in servers:
            rate, loader = highest(s, most[s.name], effort)
            r.figures.setdefault("max_rate_s", {})[s.name] = figure([rate])
            if loader:
                r.remarks.append("The highest rate of %s is what the load "
                                 "could send." % s.name)
    r.mark("% lost at 0.95 of the closed loop's rate",
           r.figures["loss_percent"]["ours"], AT_MOST, 0.1)
    return r


def latency(effort):
    """All are asked as often, half as often as we can answer.  The shorter a
    run the fewer of them meet somebody else on the processors."""
    r = Result()
    with running(ours(), ceiling(), *peers()) as servers:
        half = closed_loop(servers, effort)["ours"] / 2
        if effort.rounds > 1:
            effort.seconds = 0.1
            effort.rounds_max, effort.most = 200, 200
        seen = at_rate(servers, effort, {s.name: half for s in servers},
                       ("p50", "p99", "p999", "responses_s"))
    r.figures = {"half_rate_s" if f == "responses_s" else f + "_us": by
                 for f, by in medians(seen).items()}
    for f in ("p50", "p99"):
        r.mark_all(seen[f], f + " at half of the maximum",
                   (("chrony", AT_MOST, 1.0),))
    return r


def nap():
    """us of CPU that one nap of 50 us costs."""
    naps = 2000
    os.sched_setaffinity(0, {SERVER_CPU})
    begin = time.thread_time()
    for _ in range(naps):
        time.sleep(50e-6)
    cost = time.thread_time() - begin
    os.sched_setaffinity(0, {SERVER_CPU, LOAD_CPU})
    return 1e6 * cost / naps


def gather(effort):
    """A virtual machine may pay so much for a timer that no nap is worth it:
    the ceiling, which gathers too, shows it, and so does the nap alone."""
    r = Result()
    rate = 50000
    r.figures["nap_us"] = {"ours": figure([nap() for _ in range(5)])}
    with running(ours("threads 1\ngather 50\n"),
                 ours("threads 1\n", "at once", 11323), ceiling("50"),
                 *peers()) as servers:
        seen = at_rate(servers, effort, {s.name: rate for s in servers},
                       ("cpu_s", "p50", "p99", "loss"))
    r.figures.update(medians(seen))
    r.mark_all(seen["cpu_s"], "CPU for 50,000 requests/s, gathered",
               (("chrony", AT_MOST, 0.65), ("ceiling", AT_MOST, 1.0 / 0.92)))
    r.mark("p50 of them, us", r.figures["p50"]["ours"], AT_MOST, 80)
    r.remarks.append(
        "A nap of 50 us costs %.0f us of CPU here, one of 50,000 requests a "
        "second %.1f us without any." % (
            r.figures["nap_us"]["ours"]["value"],
            1e6 * r.figures["cpu_s"]["at once"]["value"] / effort.seconds /
            rate))
    return r


# ---- threads ------------------------------------------------------------------

def shares(before, after):
    """Of those that did the work, the least and the greatest."""
    worked = sorted(after[t] - before.get(t, 0) for t in after)[-2:]
    return worked[0] / worked[-1] if worked[-1] > 0 else 0


def threads(effort):
    """Many clients, for one client has one thread.  All CPUs are the
    servers', and the load takes what it needs of one of them."""
    r = Result()
    even = []
    with running(ours("threads 1\n", "one", cpu=None),
                 ours("threads 2\n", "two", 11223, cpu=None)) as servers:
        one, two = servers
        runs = loads(servers, effort, "-c", MANY)

        def both():
            before = two.threads_cpu()
            said = runs["two"]()
            even.append(shares(before, two.threads_cpu()))
            return said

        seen = in_turn({"one": runs["one"], "two": both}, effort,
                       ("per_cpu_s",))["per_cpu_s"]
    r.figures["threads_per_cpu_s"] = {n: figure(v) for n, v in seen.items()}
    r.mark("responses per CPU second of two threads, of one's",
           ratio(seen["two"], seen["one"]), AT_LEAST, 0.9)
    r.mark("CPU of the thread with less work, of the other's", figure(even),
           AT_LEAST, 0.9)
    return r
