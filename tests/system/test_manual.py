#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The manual pages name every option, command and keyword that there is, and
no other."""
from harness import NTPQ, SRC, ok, run, skip
import os
import re
import shutil

PAGES = {
    "ntpd.8": "ntpd", "ntp.conf.5": "ntpd", "ntp.keys.5": "ntpd",
    "ntpq.1": "ntpq", "ntp-keygen.8": "util", "ntp-wait.8": "util",
    "ntpdate.8": "util", "simrun.1": "tests/sim"}
# Macros that end the words of the one before them.
MACRO = re.compile(r"\b(?:A[rcoqt]|B[coq]|Cm|D[lqv]|E[mrv]|F[ln]|Ic|Li|N[mos]|"
                   r"O[cop]|P[acfoq]|Q[cloq]|S[qxy]|Ta|V[at]|Xr|Aq|Dq)\b")


def page(name):
    with open(os.path.join(SRC, PAGES[name], name), encoding="ascii") as f:
        return f.read()


def lines_of(text, macro):
    """What stands behind MACRO, up to the next one."""
    for line in text.splitlines():
        if not line.startswith("."):
            continue
        parts = re.split(r"(?<=[. ])%s (?=\S)" % macro, line)[1:]
        for part in parts:
            # \& keeps a word from being a macro
            yield MACRO.split(part)[0].replace("\\&", "")


def words_of(text, macro, word=r"[A-Za-z0-9_:?!<>-]+"):
    return {w for part in lines_of(text, macro)
            for w in re.findall(r"(?<![\w$.{/-])%s(?![\w./])" % word, part)}


def agree(words, told, there):
    ok(told == there, words, "not in the manual: %s" % sorted(there - told),
       "not in the program: %s" % sorted(told - there))


# ---- options --------------------------------------------------------------

def read(name):
    with open(os.path.join(SRC, name), encoding="ascii") as f:
        return f.read()


def options_of_table(text):
    """Those of getopt_long()'s tables."""
    found = {"--" + name for name in re.findall(
        r'^    \{"([a-z0-9-]+)",[^}]*\},$', text, re.M)}
    letters = re.search(r'short_options\[\] =\s*"([^"]*)"', text) or \
        re.search(r'argv,\s*"([^"]*)"', text)
    return found | {"-" + c for c in letters.group(1) if c not in "-:"}


def options_of_script(text):
    return set(re.findall(r"(?<=[ \t'|])--?[a-zA-Z?]+(?=[=*' ]*[|)])", text))


def options_of_page(text, items):
    """All that it names, or the ITEMS of its lists."""
    found = set()
    for line in text.splitlines():
        if not line.startswith(".") or (items and
                                        not line.startswith(".It Fl")):
            continue
        line = re.sub(r"Ns Op = Ns.*|Ns = Ns.*|Pc .*", "",
                      line.replace("\\&", "").replace("Ns Op Ar", "Ar"))
        for part in re.split(r"\bFl ", line)[1:]:
            found |= {"-" + word for word in MACRO.split(part)[0]
                      .replace(",", " ").replace("|", " ").split()}
    return {w for w in found if re.fullmatch(r"--[a-z0-9-]+|-[\w?!<>]", w)}


TABLES = {
    "ntpd.8": "ntpd/ntp_opts.c", "ntpq.1": "ntpq/ntpq.c",
    "ntp-keygen.8": "util/ntp-keygen.c", "ntpdate.8": "util/ntpdate.c",
    "simrun.1": "tests/sim/simrun.c", "ntp-wait.8": "util/ntp-wait.in"}
# Spellings that only the other implementation's scripts know.
HIDDEN = {"ntpd.8": {"--driftile", "--debug", "--more-help", "-!"}}

for name, source in TABLES.items():
    text = read(source)
    there = (options_of_script if source.endswith(".in") else
             options_of_table)(text)
    there -= HIDDEN.get(name, set())
    ok(len(there) > 5, "%s: options are found" % source, there)
    text = page(name)
    missing = there - options_of_page(text, False)
    ok(not missing, "%s: names all options" % name, sorted(missing))
    more = options_of_page(text, True) - there
    ok(not more, "%s: and no other" % name, sorted(more))

# ---- commands of ntpq -----------------------------------------------------

text = page("ntpq.1")
commands = text[text.index(".Sh COMMANDS"):text.index(".Sh THE PEERS TABLE")]
told = {w for line in commands.splitlines() if line.startswith(".It Ic")
        for w in words_of(line, "Ic")}
there = set(" ".join(run([NTPQ, "-c", "help"])[1].splitlines()[1:]).split())
agree("ntpq.1: its commands", told, there)
commands_of_ntpq = there
for name in sorted(there):
    words = run([NTPQ, "-c", "help %s" % name])[1]
    if not re.match(r"function: \S.*\nusage: %s" % re.escape(name), words):
        ok(False, "ntpq: help %s" % name, words)

# ---- types of keys --------------------------------------------------------

words = run([NTPQ, "-c", "help keytype"])[1]
there = set(words[words.index("types:") + 6:].split())
told = set(re.findall(r"^\.It (\S+) Ta", page("ntp.keys.5"), re.M)) - {"Sy"}
agree("ntp.keys.5: the types of keys", told, there)

# ---- keywords -------------------------------------------------------------

table = read("include/ntp_tbl_keyword.h")
there = set(re.findall(r'^(?:DIRECTIVE|RESTRICTFLAG)\(\w+, "([^"]+)"', table,
                       re.M))
there |= set(re.findall(r'^KEY\w+\(\w+, \w+, "([^"]+)"', table, re.M))
# Words that are values, and those that logconfig puts together; Ic is for
# lines, and for ntpq's.
VALUES = set("on fuzz auto 0 1 stderr stdout".split()) | {
    kind + what for kind in re.findall(r'^KEYWORD\(LOGCLASS, \w+, "(\w+)"',
                                       table, re.M)
    for what in re.findall(r'^KEYWORD\(LOGTYPE, \w+, "(\w+)"', table, re.M)}
text = re.sub(r"^\.Ic ntpq .*$", "", page("ntp.conf.5"), flags=re.M)
told = words_of(text, "Cm", r"[a-z0-9_]+")
told |= words_of(text, "Ic", r"[a-z0-9_]+") - commands_of_ntpq - {"ntpq"}
ok(len(there) > 250, "keywords are found", len(there))
agree("ntp.conf.5: its keywords", told - VALUES, there)

# ---- form -----------------------------------------------------------------

if shutil.which("mandoc"):
    for name, where in PAGES.items():
        words = run(["mandoc", "-Tlint", os.path.join(SRC, where, name)])[1]
        # About what is installed on this machine, not about the page.
        wrong = [line for line in words.splitlines()
                 if "referenced manual not found" not in line and
                 "mandoc.db" not in line]
        ok(not wrong, "mandoc -Tlint %s" % name, *wrong)
else:
    skip("mandoc -Tlint", "mandoc is not installed")
