#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Statistics files: every set in its columns, plots of NTPsec's ntpviz, and
disks that are full, missing or not ours to write."""
from harness import (Daemon, PEERS, enter_namespace, ntpsec_command, ok,
                     really_root, run, scratch, server_line, skip, skip_all, stratum1, wait_for)
import contextlib
import glob
import os
import re
import signal

enter_namespace(mounts=True)
SETS = {
    "loopstats": r"-?\d\.\d{9} -?\d+\.\d{3} \d\.\d{9} \d+\.\d{6} \d+",
    "peerstats": r"127\.0\.1\.1 [0-9a-f]{4}( -?\d\.\d{9}){4}",
    "rawstats": r"127\.0\.1\.1 127\.0\.0\.1( \d{10}\.\d{9}){4} 0 4 4 1 \d+"
                r" -\d+( \d\.\d{6}){2} \.GPS\.",
    "protostats": r"(0\.0\.0\.0 [0-9a-f]{4} 0[0-9a-f]|"
                  r"127\.0\.1\.1 [0-9a-f]{4} 8[0-9a-f]) \w+.*",
    "timingstats": r"127\.0\.1\.1 1 -?\d+\.\d{9} input processing delay",
}


def records(directory, name, suffix=""):
    try:
        with open(os.path.join(directory, name + suffix),
                  encoding="ascii") as f:
            return f.read().splitlines()
    except OSError:
        return []


def statistics(directory, sets, more=""):
    return "statsdir %s\nstatistics %s\n%s" % (
        directory, " ".join(sets), more)


def has_records(directory, name, n=1):
    return lambda: len(records(directory, name)) >= n


upstream = stratum1()
upstream.synchronized()

here = scratch()
kept = scratch()
source = server_line("127.0.1.1", upstream)

# -- these wait, from the beginning: a full disk, a directory not yet there, and
# one of another's
disk = kept + "/disk"
os.mkdir(disk)
if run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk])[0] != 0:
    skip_all("no tmpfs here")
with contextlib.suppress(OSError), open(disk + "/fill", "wb", 0) as fill:
    while fill.write(b"x" * 4096):
        pass
full = Daemon(source + statistics(disk, ["rawstats", "loopstats"]))
missing = kept + "/missing"
late = Daemon(source + statistics(missing, ["rawstats"]))

# -- what is written
ours = Daemon(source + statistics(
    here, list(SETS) + ["sysstats", "usestats"],
    "filegen rawstats type none\nfilegen protostats type month\n"
    "filegen timingstats file mine/times type pid\n"
    "filegen peerstats nolink\n"), clock="0.01,20", start=False)
os.mkdir(here + "/mine")
with open(here + "/loopstats", "w", encoding="ascii") as f:
    f.write("of another year\n")
ours.start()
wait_for(has_records(here, "loopstats", 4), 60, "loopstats")
pid = ours.child.pid
times = "mine/times.#%d" % pid
for name, form in SETS.items():
    path = {"timingstats": times, "peerstats": "peerstats"}.get(name, name)
    if name == "peerstats":
        path = os.path.basename((glob.glob(here + "/peerstats.*") + ["-"])[0])
    rows = records(here, path)
    bad = [row for row in rows
           if not re.fullmatch(r"6\d{4} \d{1,5}\.\d{3} " + form, row)]
    ok(rows and not bad, "%s: its columns and digits" % name, path, bad[:3],
       os.listdir(here))
ok(not os.path.exists(here + "/peerstats"), "nolink: no plain name")
ok(records(here, "loopstats.%dC0" % pid) == ["of another year"],
   "a plain file that was there is put aside", os.listdir(here))
ok(any(" 05 clock_sync" in row for row in records(here, "protostats")),
   "protostats tells of clock_sync", records(here, "protostats"))

# -- a file that logrotate has moved
os.rename(here + "/rawstats", here + "/rawstats.1")
ours.child.send_signal(signal.SIGHUP)
ok(wait_for(has_records(here, "rawstats"), 20, "a new file"),
   "SIGHUP begins a new file where the old one was moved", ours.log())

# -- the plots
plot = os.path.join(PEERS, "usr/bin/ntpviz")
gnuplot = os.path.join(PEERS, "usr/bin/gnuplot-nox")
if os.path.exists(plot) and os.path.exists(gnuplot):
    command, env = ntpsec_command("ntpviz")
    os.symlink(gnuplot, kept + "/gnuplot")
    env["PATH"] = kept + ":" + env["PATH"]
    env["LD_LIBRARY_PATH"] = os.path.join(
        PEERS, "usr/lib", os.uname().machine + "-linux-gnu")
    env["GNUPLOT_LIB"] = os.path.join(PEERS, "usr/share/gnuplot")
    wait_for(lambda: glob.glob(here + "/peerstats.*"), 10, "peerstats")
    # ntpviz looks for plain names, as `link` makes them.
    os.link(glob.glob(here + "/peerstats.*")[0], here + "/peerstats")
    status, words = run([*command, "-d", here, "-o", kept + "/plots",
                         "-p", "1"], 600, env=env)
    drawn = sorted(os.path.basename(p)
                   for p in glob.glob(kept + "/plots/*.png")
                   if open(p, "rb").read(8) == b"\x89PNG\r\n\x1a\n")
    ok(status == 0 and {"local-offset.png", "local-jitter.png",
                        "local-stability.png", "peer-offsets.png",
                        "peer-jitters.png"} <= set(drawn),
       "ntpviz draws its plots", status, words, drawn)
    with open(kept + "/plots/index.html", encoding="utf-8") as f:
        page = f.read()
    ok("127.0.1.1" in page and "Local Clock Time Offset" in page,
       "and its page tells of our server")
else:
    skip("ntpviz draws its plots", "not unpacked: scripts/check does it")
ok(ours.kill() == 0, "and it leaves as it should")

# -- a disk that is full
ok(wait_for(lambda: "rawstats" in full.log() and
            "No space left on device; records are lost" in full.log(), 20,
            "the complaint"), "a full disk is said", full.log())
ok(full.synchronized(), "and costs nothing but records")
os.unlink(disk + "/fill")
ok(wait_for(lambda: re.search(
    r"rawstats\S* is written again, \d+ records were lost", full.log()),
    40, "records"), "it tells when there is room again", full.log())
said = len(re.findall(r"rawstats\S*: No space", full.log()))
ok(said == 1, "one line, however many were lost", full.log())
rows = records(disk, "rawstats")
ok(rows and all(len(row.split()) == 17 for row in rows),
   "and every record is whole", rows)
full.kill()

# -- a directory that is not there, or not ours
ok(wait_for(lambda: "missing/rawstats" in late.log() and
            "No such file or directory" in late.log(), 20, "the complaint"),
   "a missing directory is said", late.log())
os.mkdir(missing)
ok(wait_for(has_records(missing, "rawstats"), 40, "records"),
   "records come when it is there", late.log())
late.kill()
if really_root():
    barred = Daemon(source + statistics(kept, ["rawstats"]), user=65534,
                    group=65534, extra_groups=[], start=False)
    os.chmod(barred.dir, 0o777)
    barred.start()
    ok(wait_for(lambda: "Permission denied; records are lost" in barred.log(),
                20, "the complaint"), "a directory of another's is said",
       barred.log())
    ok(barred.synchronized(), "and the time goes on")
    barred.kill()
