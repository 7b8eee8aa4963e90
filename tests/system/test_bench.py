#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The measuring of speed measures: a rehearsal gives every figure, and none
that cannot be."""
from harness import SRC, BUILD, ok, run, scratch, skip_all
import json
import os

if run(["unshare", "-n" if os.geteuid() == 0 else "-rn", "true"])[0] != 0:
    skip_all("no network namespaces here")
out = scratch()
status, words = run([os.path.join(SRC, "tests/bench/run"), "--quick",
                     "--out", out], 120,
                    env=dict(os.environ, top_srcdir=os.path.abspath(SRC),
                             top_builddir=os.path.abspath(BUILD)))
ok(status == 0, "tests/bench/run --quick", words)
figures = {}
if os.path.exists(out + "/bench.json"):
    with open(out + "/bench.json", encoding="ascii") as f:
        figures = json.load(f)["servers"]
ok({"ours", "ceiling"} <= set(figures), "measures us and the ceiling", words)
mine = figures.get("ours", {})
wanted = ("responses_per_cpu_s", "authenticated_per_cpu_s",
          "limited_per_cpu_s", "p50_us", "p99_us", "rss_idle_kib",
          "rss_clients_kib")
ok(all(mine.get(k, 0) > 0 for k in wanted), "every figure is there", mine)
ok(mine.get("p50_us", 1) <= mine.get("p99_us", 0) <= mine.get("p999_us", 0),
   "percentiles are in order", mine)
ok(os.path.exists(out + "/bench.svg") and "ours" in open(
    out + "/bench.svg", encoding="ascii").read(), "and a chart")
ok("Servers ran on CPU" in words, "it says which CPU did what", words)
