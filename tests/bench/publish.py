# SPDX-License-Identifier: BSD-2-Clause
"""What was measured last, in the README: all that was wanted, reached or
missed."""
import textwrap

import show
from figures import SPREAD

BEGIN = "<!-- written by tests/bench/run --publish -->\n"
END = "<!-- to here -->\n"


def settled(mark):
    return mark["rounds"] < 2 or mark["spread"] <= SPREAD


def row(mark):
    measured = show.number(mark["value"])
    if not settled(mark) and mark["value"]:
        measured += " (+-%.0f %%)" % (50 * mark["spread"])
    return "| %s | %s %s | %s |" % (
        mark["words"], mark["how"], show.number(mark["wanted"]),
        measured if mark["reached"] else "**%s, missed**" % measured)


def lines(sections):
    """Of the README."""
    kept = {n: s for n, s in sections.items() if not s["quick"]}
    if not kept:
        raise SystemExit("nothing was measured yet, other than by --quick")
    dates = sorted(s["date"] for s in kept.values())
    machines = sorted({s["machine"] for s in kept.values()})
    out = [textwrap.fill(
        "Measured from %s to %s (UTC): %s.  Responses per CPU second are those "
        "for a second of the server's CPU; a percentage is half of what the "
        "middle half of the rounds spans." % (
            dates[0], dates[-1], "; ".join(machines)), 80),
           "", "| | wanted | measured |", "|---|---|---|"]
    for section in kept.values():
        out += [row(m) for m in section["marks"]]
    remarks = [r for s in kept.values() for r in s["remarks"]]
    missed = sum(not m["reached"] for s in kept.values() for m in s["marks"])
    return out + ["", textwrap.fill(" ".join(
        ["Missed: %s." % (missed or "nothing")] + remarks), 80)]


def publish(readme, sections):
    with open(readme, encoding="utf-8") as f:
        text = f.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    with open(readme, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + "\n".join(lines(sections)) + "\n" + END +
                after)
