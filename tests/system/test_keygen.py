#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ntp-keygen: the file that it makes, and those that it leaves alone."""
from harness import BUILD, Daemon, ok, run, scratch, server_line, stratum1
import os

KEYGEN = os.path.join(BUILD, "util", "ntp-keygen")
here = scratch()


def keygen(*args):
    return run([KEYGEN, *args], cwd=here)


os.umask(0)
status, words = keygen("-M")
names = [n for n in os.listdir(here) if n.startswith("ntpkey_MD5key_")]
ok(status == 0 and len(names) == 1, "-M makes a file named after host and time",
   words, os.listdir(here))
made = os.path.join(here, names[0])
ok(os.stat(made).st_mode & 0o777 == 0o600, "that only its owner may read")
links = [n for n in os.listdir(here) if n.startswith("ntpkey_md5_")]
ok(links and os.readlink(os.path.join(here, links[0])) == names[0],
   "and a link to it", os.listdir(here))
with open(made, encoding="ascii") as f:
    lines = [line.split() for line in f]
ok([int(line[0]) for line in lines] == list(range(1, 31)) and
   [line[1] for line in lines] ==
   ["MD5"] * 10 + ["SHA1"] * 10 + ["AES128CMAC"] * 10,
   "ten keys of each usual type", lines)
ok(len({line[2] for line in lines}) == 30, "all different")
other = keygen("-o", "-")[1]
ok(not {line.split()[2] for line in other.splitlines()} &
   {line[2] for line in lines}, "and the next time again")

status, words = keygen("-o", names[0])
ok(status != 0 and "exists" in words, "a file that exists is not overwritten",
   words)
os.symlink("/nonexistent/target", os.path.join(here, "trap"))
ok(keygen("-o", "trap")[0] != 0, "nor is a link followed")
for args in (("-t", "ROT13"), ("-n", "0"), ("-k", "65536"), ("-H",), ("x",),
             ("-k", "65535", "-n", "2", "-t", "MD5")):
    ok(keygen(*args)[0] != 0, "refused: %s" % " ".join(args))
status, words = keygen("-?")
ok(status == 0 and words == keygen("--help")[1], "-? is the help", words)

keys = os.path.join(here, "ntp.keys")
ok(keygen("-t", "sha3-256", "-n", "1", "-k", "40", "-o", keys)[0] == 0,
   "one key of one type")
words = "keys %s\ntrustedkey 40\n" % keys
server = stratum1(args=("-k", keys, "-t", "40"))
ours = Daemon(words + server_line("127.0.1.1", server, "key 40"))
ok(ours.synchronized(), "and two daemons agree on it", ours.log())
