#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A machine whose battery is dead: its clock begins in the last century."""
import time

from harness import Daemon, ok, server_line, stratum1, wait_for

YEAR = 31556952
TO_1990 = "-%d" % (time.time() - 20 * YEAR)
LINE = server_line("127.0.0.1", stratum1())

dead = Daemon(LINE, clock=TO_1990)
chosen = Daemon(LINE + "tos basedate 2025-03-01\n", clock=TO_1990)
left = Daemon(LINE + "disable ntp\n", clock=TO_1990)
right = Daemon(LINE)

for daemon, day in ((dead, "2024-01-01"), (chosen, "2025-03-01")):
    ok(daemon.synchronized(), "a clock of 1990 finds today", daemon.log())
    ok("basedate set to " + day in daemon.log()
       and "before the base date" in daemon.log(),
       "by way of %s" % day, daemon.log())
ok(right.synchronized() and "before the base date" not in right.log(),
   "a clock that is right is left alone", right.log())
ok(wait_for(lambda: "basedate set" in left.log(), 10, "the line") and
   "before the base date" not in left.log(), "and with `disable ntp`",
   left.log())
