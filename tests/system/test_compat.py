# SPDX-License-Identifier: BSD-2-Clause
"""Files written for other versions, systems and guides: what --check-config
says of each is known to the letter, and a sample of them is run.

Beside X.conf lies X.expect with the messages, without the names of the files
in front.  Left out of the comparison are messages on the files of this machine
(they say `here:`).
"""
import glob
import re
import signal

from harness import *

enter_namespace()

COMPAT = os.path.join(SRC, "tests", "compat")
RUN = ("debian-08 debian-10 debian-12-ntpsec centos-7 rhel-5 sles-11 freebsd-12"
       " vmware-guide lexical isolated-orphan hidden-ignore restrict-errors"
       " server-errors empty").split()
LEFT_OUT = re.compile(r" here: ")


def check(path, *args):
    status, words = run([NTPD, "--check-config", *args, "-c", path])
    return status, words.replace(COMPAT + "/", "").splitlines()


def compare(path):
    name = os.path.basename(path)
    status, said = check(path)
    messages = [re.sub(r"^%s:" % re.escape(name), "", line)
                for line in said[:-1] if not LEFT_OUT.search(line)]
    with open(path[:-5] + ".expect", encoding="ascii") as f:
        wanted = f.read().splitlines()
    errors = sum(": error: " in line for line in messages)
    if messages != wanted or status != bool(errors):
        return ["%s, status %s" % (name, status)] + [
            "is      " + line for line in messages if line not in wanted] + [
            "was     " + line for line in wanted if line not in messages]
    return []


files = sorted(glob.glob(os.path.join(COMPAT, "*.conf")))
ok(len(files) >= 60, "there are at least 60 files")
for path in files:
    wrong = compare(path)
    ok(not wrong, os.path.basename(path), *wrong)

# ---- our own files --------------------------------------------------------

for path in sorted(glob.glob(os.path.join(SRC, "conf", "ntp.conf*"))):
    status, said = check(path)
    ok(status == 0 and ": 0 errors, " in said[-1],
       "conf/" + os.path.basename(path), *said)

# ---- the three questions --------------------------------------------------

path = os.path.join(COMPAT, "open-to-the-world.conf")
ok(check(path)[0] == 0 and check(path, "--strict")[0] == 1,
   "with --strict warnings count")
ok(run([NTPD, "--check-config", "-c", "/nowhere"])[0] == 1,
   "a missing file is an error")
status, words = run([NTPD, "--print-config", "-f", "/drift", "-c", path])
ok(status == 0 and re.search(r"^restrict 192\.168\.0\.0 .*# .*world\.conf:4$",
                             words, re.M) and
   re.search(r"^tos maxclock 10 +# default$", words, re.M),
   "--print-config has values and origins", words)
status, words = run([NTPD, "--explain-restrict", "192.168.7.7", "-c", path])
ok(status == 0 and "world.conf:4: restrict 192.168.0.0" in words and
   re.search("query: +yes", words), "--explain-restrict has line and answer",
   words)
ok(run([NTPD, "--explain-restrict", "somewhere", "-c", path])[0] == 1,
   "... and wants an address")

# ---- run ------------------------------------------------------------------

root = scratch()


def moved(name):
    """A copy whose files lie where nobody else has some."""
    with open(os.path.join(COMPAT, name + ".conf"), encoding="utf-8",
              newline="") as f:
        text = re.sub(r'(?<=[ \t"])/(?=etc/|var/|usr/)', root + "/", f.read())
    path = os.path.join(root, name)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path


for directory in "etc", "var/lib/ntp", "var/log", "var/db", "var/lib/ntpsec":
    os.makedirs(os.path.join(root, directory))
for name in RUN:
    out = os.path.join(root, name + ".out")
    child = spawn([NTPD, "-n", "-g", "-c", moved(name), "--virtual-clock=0"],
                  out)
    answer = wait_for(lambda: ask("127.0.0.1", 123, 0.2), 10, "an answer")
    child.send_signal(signal.SIGTERM)
    try:
        status = child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        status = None
        child.kill()  # the next one wants the port
        child.wait()
    with open(out, encoding="utf-8", errors="replace") as f:
        log = f.read()
    ok(answer and status == 0, name + " runs", status, log)
