#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The measuring of speed measures: a rehearsal gives every figure, and none
that cannot be."""
from harness import SRC, BUILD, ok, run, scratch, skip_all
import json
import os
import sys

sys.path.insert(0, os.path.join(SRC, "tests", "bench"))
import publish  # noqa: E402

if run(["unshare", "-n" if os.geteuid() == 0 else "-rn", "true"])[0] != 0:
    skip_all("no network namespaces here")
out = scratch()
status, words = run([os.path.join(SRC, "tests/bench/run"), "--quick",
                     "--out", out], 1200,
                    env=dict(os.environ, top_srcdir=os.path.abspath(SRC),
                             top_builddir=os.path.abspath(BUILD)))
ok(status == 0, "tests/bench/run --quick", words)
sections = {}
if os.path.exists(out + "/bench.json"):
    with open(out + "/bench.json", encoding="ascii") as f:
        sections = json.load(f)
wanted = {"plain": "per_cpu_s", "stored": "per_cpu_s",
          "auth": "authenticated_per_cpu_s", "loss": "at_rate_s",
          "latency": "p99_us", "gather": "cpu_s",
          "threads": "threads_per_cpu_s", "memory": "clients_remembered",
          "accuracy": "offset_moves_us", "overload": "asked_of_most",
          "start": "first_reply_ms",
          "table": "longest_us", "list": "list_s"}
for name, figure in wanted.items():
    by = sections.get(name, {}).get("figures", {}).get(figure, {})
    by = {k: v for k, v in by.items() if k not in ("chrony", "ntpsec")}
    ok(by and all(v["value"] > 0 for v in by.values()),
       "%s: measures %s" % (name, figure), by, words[-2000:])
    ok(sections.get(name, {}).get("marks"), name + ": says what is asked")
ok({"ours", "ceiling"} <= set(sections.get("plain", {}).get(
    "figures", {}).get("per_cpu_s", {})), "measures us and the ceiling")
ok("of them that lock" in words or "No strace" in words, "counts system calls")
mine = {k: v["ours"]["value"] for k, v in sections.get("latency", {}).get(
    "figures", {}).items() if "ours" in v}
ok(mine.get("p50_us", 1) <= mine.get("p99_us", 0) <= mine.get("p999_us", 0),
   "percentiles are in order", mine)
ok(os.path.exists(out + "/bench.svg") and "ours" in open(
    out + "/bench.svg", encoding="ascii").read(), "and a chart")
ok("servers on CPU" in words, "it says which CPU did what", words)

for section in sections.values():
    ok(publish.row(section["marks"][0]).count("|") == 4, "a row of the README")
    section["quick"] = False
told = "\n".join(publish.lines(sections)) if sections else ""
missed = [m["words"] for s in sections.values() for m in s["marks"]
          if not m["reached"]]
ok(told.count("missed**") == len(missed) and all(w in told for w in missed),
   "the README would tell of all that is missed", told, missed)
with open(os.path.join(SRC, "README"), encoding="utf-8") as f:
    text = f.read()
ok(text.count(publish.BEGIN) == text.count(publish.END) == 1,
   "and has a place for it")
