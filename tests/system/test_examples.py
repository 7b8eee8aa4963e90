#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each configuration of conf/ at work: their servers are given addresses of
this laboratory, all else stays as it is."""
from harness import (NTPD, OTHER_HOST, SRC, Daemon, Relay, ask,
                     enter_namespace, ok, run, stratum1, wait_for)
import glob
import os
import re

enter_namespace()
CONF = os.path.join(SRC, "conf")


def example(name, **places):
    """The text of conf/NAME with these words in place of others."""
    with open(os.path.join(CONF, name), encoding="ascii") as f:
        text = f.read()
    for old, new in places.items():
        if old not in text:
            ok(False, "%s names %s" % (name, old))
        text = text.replace(old, new)
    # files of the machine that runs this are no business of ours
    return re.sub(r"(?m)^(driftfile|statsdir)\s.*\n", "", text)


class Example(Daemon):
    """It runs on the whole of the example, at port 123 of one address."""

    def __init__(self, name, address, places, clock="0.3", **more):
        super().__init__("", clock=clock, start=False, port=123, **more)
        text = example(name, **places)
        self.address = address
        self.write("conf", text + "\ndriftfile %s\ninterface ignore wildcard\n"
                   "interface listen %s\n" % (self.drift, address))
        self.start()

    def ask(self, **fields):
        return ask(self.address, 123, **fields)


# Whoever has one server, or the one of the cloud, knows that.
ALONE = {"ntp.conf.client", "ntp.conf.cloud"}
for path in sorted(glob.glob(os.path.join(CONF, "ntp.conf*"))):
    base = os.path.basename(path)
    status, words = run([NTPD, "--check-config", "-c", path])
    # what is said of files "here" is about the machine that runs this
    said = [line for line in words.splitlines()
            if ": warning: " in line and " here: " not in line]
    expected = 1 if base in ALONE else 0
    ok(status == 0 and " 0 errors, " in words and len(said) == expected and
       all("only one time source" in line for line in said),
       "%s: no errors, and no warning but that of one source" % base, words)

# One host stands for all servers of the Internet.
upstream = stratum1(port=123, access="interface ignore wildcard\n"
                    "interface listen 127.0.1.1\n")
Relay(OTHER_HOST, "127.0.1.1", 123, port=123)
POOL = {"%d.pool.ntp.org" % i: OTHER_HOST for i in range(4)}
OUTSIDE = {"ntp%d.example.net" % i: OTHER_HOST for i in range(1, 6)}
cases = {
    "ntp.conf": Example("ntp.conf", "127.0.2.1", POOL),
    "ntp.conf.client": Example("ntp.conf.client", "127.0.2.2",
                               {"ntp.example.net": OTHER_HOST}),
    "ntp.conf.cloud": Example("ntp.conf.cloud", "127.0.2.3",
                              {"169.254.169.123": OTHER_HOST}),
    "ntp.conf.lan": Example("ntp.conf.lan", "127.0.2.4",
                            {"pool pool.ntp.org": "pool " + OTHER_HOST}),
    "ntp.conf.pool-server": Example("ntp.conf.pool-server", "127.0.2.5",
                                    OUTSIDE),
}
# One of the three hosts of a network on its own, far from the right time.
lonely = Example("ntp.conf.isolated", "127.0.3.1",
                 {"192.168.1.11": "127.0.3.1", "192.168.1.12": "127.0.3.2",
                  "192.168.1.13": "127.0.3.3", "orphanwait 60":
                  "orphanwait 5", "192.168.1.0 mask 255.255.255.0":
                  "127.0.0.0 mask 255.0.0.0"}, clock="-3600")

for name, daemon in cases.items():
    reply = daemon.synchronized(60)
    ok(reply and reply.stratum == 2, "%s: follows the servers it names" % name,
       daemon.log())
reply = lonely.synchronized()
ok(reply and reply.stratum == 6, "ntp.conf.isolated: leads when all are alone",
   lonely.log())
follower = Example("ntp.conf.client", "127.0.3.9",
                   {"ntp.example.net": "127.0.3.1"}, clock="-3600.3")
reply = follower.synchronized()
ok(reply and reply.stratum == 7, "and clients follow", follower.log())
