#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `make install` puts where, and what other programs make of it: units,
the AppArmor profile, logrotate, the rotation of statistics."""
from harness import BUILD, PEERS, SRC, ok, run, scratch, skip
import os
import shutil
import time

root = scratch()
# Parent makes hand down what confuses this one.
env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")
       and k != "MFLAGS"}


def make(*targets, **variables):
    status, words = run(
        ["make", "-s", "-C", BUILD, *targets, "DESTDIR=" + root] +
        ["%s=%s" % v for v in variables.items()], 600, env=env)
    return status == 0 or words


def tree(directory=root):
    """Relative name: mode of all that is no directory."""
    found = {}
    for where, _, files in os.walk(directory):
        for name in files:
            full = os.path.join(where, name)
            found[os.path.relpath(full, directory)] = (
                "link" if os.path.islink(full) else
                "%o" % (os.stat(full).st_mode & 0o7777))
    return found


def read(name):
    with open(os.path.join(root, name), encoding="utf-8") as f:
        return f.read()


# -- files and modes
made = make("install", "install-etc")
ok(made is True, "make install install-etc with DESTDIR", made)
files = tree()
prefix = os.path.dirname(os.path.dirname(
    next(f for f in files if f.endswith("sbin/ntpd"))))
expected = {
    "sbin/ntpd": "755", "bin/ntpq": "755", "sbin/ntpq": "link",
    "sbin/ntp-keygen": "755", "sbin/ntpdate": "755",
    "sbin/ntp-wait": "755", "sbin/ntpwait": "link",
    "share/bash-completion/completions/ntpd": "644",
    "share/bash-completion/completions/ntpq": "link",
    "share/man/man8/ntpdate.8": "644", "share/man/man8/ntp-wait.8": "644",
    "share/man/man8/ntpwait.8": "link",
    "lib/systemd/system/ntp.service": "644",
    "lib/systemd/system/ntp-wait.service": "644",
    "lib/systemd/system/ntp-networkd.path": "644",
    "lib/systemd/system/ntp-networkd.service": "644",
    "lib/systemd/system/ntp-rotate-stats.service": "644",
    "lib/systemd/system/ntp-rotate-stats.timer": "644",
    "lib/systemd/ntp-units.d/50-ntp.list": "644",
    "lib/sysusers.d/ntp.conf": "644", "lib/tmpfiles.d/ntp.conf": "644",
    "lib/NetworkManager/dispatcher.d/20-ntp": "755",
    "libexec/truechimer/ntp-dhcp": "755",
    "libexec/truechimer/ntp-rotate-stats": "755",
    "share/man/man8/ntpd.8": "644", "share/man/man5/ntp.conf.5": "644",
    "share/man/man5/ntp.keys.5": "644", "share/man/man1/ntpq.1": "644"}
expected = {os.path.join(prefix, k): v for k, v in expected.items()}
expected.update({
    "etc/ntp.conf": "644", "etc/default/ntp": "644",
    "etc/logrotate.d/ntp": "644", "etc/apparmor.d/usr.sbin.ntpd": "644",
    "etc/apparmor.d/tunables/ntpd": "644",
    "etc/dhcp/dhclient-exit-hooks.d/ntp": "644"})
wrong = {k: (v, files.get(k)) for k, v in expected.items()
         if files.get(k) != v}
ok(not wrong, "every file is where it belongs, with its mode", wrong)
writable = [f for f, mode in files.items()
            if mode != "link" and int(mode, 8) & 0o7022]
ok(not writable, "nothing is set-uid or writable by others", writable)
placeholders = [f for f in files if ("/lib/" in f or f.startswith("etc")) and
                files[f] != "link" and "dir@" in read(f)]
ok(not placeholders, "no path is left open in them", placeholders)
ok(read(prefix + "/lib/systemd/ntp-units.d/50-ntp.list") == "ntp.service\n",
   "timedatectl finds the service")

# -- the administrator's files
with open(os.path.join(root, "etc/ntp.conf"), "w", encoding="ascii") as f:
    f.write("# mine\n")
ok(make("install-etc") is True and read("etc/ntp.conf") == "# mine\n",
   "install-etc leaves alone what is there")
again = make("install")
ok(again is True and tree() == files, "installing twice is installing once",
   again)
gone = make("uninstall")
left = [f for f in tree() if not f.startswith("etc/")]
ok(gone is True and not left, "make uninstall leaves nothing below the "
   "prefix", gone, left)
ok(read("etc/ntp.conf") == "# mine\n", "and /etc to its owner")

# -- the units
make("install", "install-etc")
UNITS = os.path.join(root, prefix, "lib/systemd/system")
if shutil.which("systemd-analyze"):
    # verify wants to see the programs
    for name in os.listdir(UNITS):
        unit = os.path.join(UNITS, name)
        with open(unit, encoding="utf-8") as f:
            text = f.read()
        for part in ("sbin", "libexec"):
            text = text.replace("=/%s/%s" % (prefix, part), "=%s" % (
                os.path.join(root, prefix, part)))
            text = text.replace("=-/%s/%s" % (prefix, part), "=-%s" % (
                os.path.join(root, prefix, part)))
        with open(unit, "w", encoding="utf-8") as f:
            f.write(text)
    for name in sorted(os.listdir(UNITS)):
        status, words = run(["systemd-analyze", "verify", "--man=no",
                             "--recursive-errors=no",
                             os.path.join(UNITS, name)])
        ok(status == 0 and name not in words, "systemd-analyze verify " +
           name, words)
    for name in sorted(os.listdir(UNITS)):
        if not name.endswith(".service"):
            continue
        status, words = run(["systemd-analyze", "security", "--offline=true",
                             "--threshold=25", os.path.join(UNITS, name)])
        ok(status == 0, "systemd-analyze security %s: at most 2.5" % name,
           words.splitlines()[-1:])
    status, words = run(["systemd-sysusers", "--dry-run", "--root=" + root,
                         os.path.join(root, prefix, "lib/sysusers.d/ntp.conf")
                         ])
    ok(status == 0 and "ntp" in words, "systemd-sysusers makes the user",
       words)
else:
    skip("systemd-analyze verify", "no systemd-analyze")

# -- the drop-ins change the unit into one that is valid
if shutil.which("systemd-analyze"):
    drop = os.path.join(UNITS, "ntp.service.d")
    for name in ("chroot.conf", "refclock.conf", "serve-only.conf"):
        os.makedirs(drop, exist_ok=True)
        shutil.copy(os.path.join(SRC, "conf/systemd/drop-in", name), drop)
        status, words = run(["systemd-analyze", "verify", "--man=no",
                             "--recursive-errors=no",
                             os.path.join(UNITS, "ntp.service")])
        ok(status == 0 and name not in words, "with the drop-in " + name,
           words)
        shutil.rmtree(drop)

# -- AppArmor
parser = os.path.join(PEERS, "sbin/apparmor_parser")
if os.path.exists(parser):
    base = os.path.join(PEERS, "etc/apparmor.d")
    status, words = run([
        parser, "--skip-kernel-load", "--skip-cache", "--base", base,
        "--config-file", "/dev/null", "--Include", root + "/etc/apparmor.d",
        "--Include", base, root + "/etc/apparmor.d/usr.sbin.ntpd"])
    ok(status == 0, "AppArmor's parser takes the profile", words)
    os.makedirs(root + "/etc/apparmor.d/local")
    with open(root + "/etc/apparmor.d/local/usr.sbin.ntpd", "w",
              encoding="ascii") as f:
        f.write("/srv/leap r\n")
    status, words = run([
        parser, "--skip-kernel-load", "--skip-cache", "--base", base,
        "--config-file", "/dev/null", "--Include", root + "/etc/apparmor.d",
        "--Include", base, root + "/etc/apparmor.d/usr.sbin.ntpd"])
    ok(status != 0 and "TOK_END_OF_RULE" in words,
       "and reads what this machine adds", words)
else:
    skip("AppArmor's parser", "not unpacked: scripts/check does it")

# -- logrotate
rotate = os.path.join(PEERS, "usr/sbin/logrotate")
if os.path.exists(rotate):
    logs = scratch()
    with open(logs + "/ntp.log", "w", encoding="ascii") as f:
        f.write("a line\n")
    text = read("etc/logrotate.d/ntp").replace("/var/log", logs).replace(
        "ntp ntp", "").replace("systemctl", "echo told >>%s/told; :" % logs)
    with open(logs + "/conf", "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(logs + "/conf", 0o644)
    library = os.path.join(PEERS, "usr/lib", os.uname().machine + "-linux-gnu")
    status, words = run(
        [rotate, "-f", "-s", logs + "/state", logs + "/conf"],
        env=dict(os.environ, LD_LIBRARY_PATH=library))
    ok(status == 0 and os.path.exists(logs + "/ntp.log.1") and
       os.path.getsize(logs + "/ntp.log") == 0 and
       os.path.exists(logs + "/told"),
       "logrotate rotates the log and tells the daemon", words,
       os.listdir(logs))
else:
    skip("logrotate", "not unpacked: scripts/check does it")

# -- statistics
stats = scratch()
now = time.time()
for name, days in (("loopstats.20260101", 9), ("loopstats.20260105", 3),
                   ("peerstats.2026W01.gz", 9), ("peerstats.2026W02.gz", 3),
                   ("sysstats.20260109", 0), ("notes.20200101", 999),
                   ("loopstats", 9), ("current.20260101", 3)):
    with open(os.path.join(stats, name), "w", encoding="ascii") as f:
        f.write("60877 1.0\n")
    os.utime(os.path.join(stats, name), (now - days * 86400 - 60,) * 2)
with open(stats + "/clockstats.20260107", "w", encoding="ascii") as f:
    f.write("being written\n")
os.utime(stats + "/clockstats.20260107", (now - 3 * 86400,) * 2)
os.link(stats + "/clockstats.20260107", stats + "/clockstats")
status, words = run([os.path.join(SRC, "conf/ntp-rotate-stats"), stats])
ok(status == 0 and not words and sorted(os.listdir(stats)) == [
    "clockstats", "clockstats.20260107", "current.20260101", "loopstats",
    "loopstats.20260105.gz", "notes.20200101", "peerstats.2026W02.gz",
    "sysstats.20260109"],
   "old statistics are compressed, then removed; nothing else is touched",
   words, sorted(os.listdir(stats)))
ok(run([os.path.join(SRC, "conf/ntp-rotate-stats"), "/nowhere"])[0] == 0,
   "no statistics: nothing to do")
