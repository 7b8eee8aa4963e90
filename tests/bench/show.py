# SPDX-License-Identifier: BSD-2-Clause
"""The figures as a table for people, and as bars."""
from figures import SPREAD

SERVERS = ("ours", "ceiling", "chrony", "ntpsec")
ROWS = (("plain", "per_cpu_s", "responses per CPU second", "%.0f"),
        ("stored", "per_cpu_s", "  limited, many clients", "%.0f"),
        ("plain", "responses_s", "closed loop, responses/s", "%.0f"),
        ("loss", "max_rate_s", "highest rate, < 0.1 % lost", "%.0f"),
        ("latency", "p50_us", "at half of the rate: p50, us", "%.1f"),
        ("latency", "p99_us", "  p99, us", "%.1f"),
        ("latency", "p999_us", "  p99.9, us", "%.1f"),
        ("gather", "cpu_s", "50,000/s, gathered: CPU", "%.3f"),
        ("gather", "p50", "  p50, us", "%.1f"),
        ("memory", "rss_idle_kib", "resident, idle, KiB", "%.0f"),
        ("memory", "rss_clients_kib", "  after many clients, KiB", "%.0f"))


def cell(sections, section, name, server, form):
    by = sections.get(section, {}).get("figures", {}).get(name, {})
    return form % by[server]["value"] if server in by else "-"


def table(sections):
    lines = ["%-30s" % "" + "".join("%10s" % s for s in SERVERS)]
    for section, name, words, form in ROWS:
        if name in sections.get(section, {}).get("figures", {}):
            lines.append("%-30s" % words + "".join(
                "%10s" % cell(sections, section, name, s, form)
                for s in SERVERS))
    return lines


def number(value):
    return "%.0f" % value if abs(value) >= 1000 else "%.3g" % value


def marks(sections):
    """What was to be reached, and whether it was."""
    lines = []
    for name, section in sections.items():
        for m in section["marks"]:
            lines.append("%-9s%-58s%8s  %s %s%s" % (
                name, m["words"], number(m["value"]), m["how"],
                number(m["wanted"]), "" if m["reached"] else "  MISSED"))
    return lines


def unsettled(sections):
    lines = []
    for name, section in sections.items():
        for m in section["marks"]:
            if m["rounds"] > 1 and m["spread"] > SPREAD:
                lines.append("%s: %s is not settled, the middle half of %d "
                             "rounds spans %.0f %%." % (
                                 name, m["words"], m["rounds"],
                                 100 * m["spread"]))
    return lines


def remarks(sections):
    lines = []
    for name, section in sections.items():
        lines.append("%s: %s, %s." % (name, section["date"],
                                      section["machine"]))
        lines += section["remarks"]
    return lines


def svg(sections):
    """Bars of what a second of CPU gives; light and dark surroundings
    both."""
    by = sections.get("plain", {}).get("figures", {}).get("per_cpu_s", {})
    bars = sorted(((f["value"], n) for n, f in by.items()), reverse=True)
    most = max((v for v, _ in bars), default=1) or 1
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="640" height="%d" '
           'font-family="sans-serif" font-size="14" fill="#777">' % (
               40 + 30 * len(bars)),
           '<text x="8" y="22">responses per CPU second</text>']
    for i, (value, name) in enumerate(bars):
        y = 36 + 30 * i
        out += ['<text x="8" y="%d">%s</text>' % (y + 16, name),
                '<rect x="90" y="%d" width="%.0f" height="22" fill="%s"/>' % (
                    y, 440 * value / most,
                    "#2a7ab0" if name == "ours" else "#a9b4bc"),
                '<text x="%.0f" y="%d">%.0f</text>' % (
                    98 + 440 * value / most, y + 16, value)]
    return "\n".join(out + ["</svg>", ""])
