# SPDX-License-Identifier: BSD-2-Clause
"""From many short runs in turn to one figure, and how sure it is."""
import statistics
import time

SPREAD = 0.10
AT_LEAST, AT_MOST = "at least", "at most"


def spread(values):
    """The middle half, as a part of the median."""
    if len(values) < 2:
        return 1.0
    low, middle, high = statistics.quantiles(values, n=4)
    if low == high:
        return 0.0
    return (high - low) / middle if middle else 1.0


def figure(values):
    return {"value": statistics.median(values), "spread": spread(values),
            "rounds": len(values)}


def ratio(ones, others):
    """Of runs one after the other: what the machine did beside it met both
    alike."""
    return figure([a / b if b else 0 for a, b in zip(ones, others)])


def in_turn(runs, effort, figures):
    """RUNS {name: what gives a load's words}, round after round, until each of
    FIGURES has settled, as far as EFFORT allows: {figure: {name: values}}."""
    seen = {f: {name: [] for name in runs} for f in figures}
    end = time.monotonic() + effort.most
    for n in range(1, effort.rounds_max + 1):
        for name, go in runs.items():
            said = go()
            for f in figures:
                seen[f][name].append(said[f])
        settled = all(spread(v) <= SPREAD for by in seen.values()
                      for v in by.values())
        if n >= effort.rounds and (settled or time.monotonic() > end):
            break
    return seen


def medians(seen):
    return {f: {name: figure(v) for name, v in by.items()}
            for f, by in seen.items()}


class Result:
    """Of one section: its figures {what: {of whom: figure}}, what is asked of
    them, and what else must be said."""

    def __init__(self):
        self.figures, self.marks, self.remarks = {}, [], []

    def mark(self, words, measured, how, wanted):
        value = measured["value"]
        self.marks.append(dict(
            measured, words=words, how=how, wanted=wanted,
            reached=value >= wanted if how == AT_LEAST else value <= wanted))

    def mark_all(self, seen, words, marks):
        """Our ratio to each of MARKS (name, how, wanted), as far as it is
        here."""
        for name, how, wanted in marks:
            if name in seen:
                self.mark("%s, of %s's" % (words, name),
                          ratio(seen["ours"], seen[name]), how, wanted)
