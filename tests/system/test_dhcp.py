#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The hooks of dhclient, NetworkManager and networkd: what the daemon runs on
when DHCP names servers, and that nothing else of what DHCP says has effect."""
from harness import (NTPD, SRC, Daemon, exchange, ok, request_octets, run,
                     scratch, wait_for)
import os
import re

root = scratch()
ETC, RUN, LIB = (os.path.join(root, d) for d in ("etc", "run", "lib"))
CONF, OUT = ETC + "/ntp.conf", RUN + "/ntp.conf.dhcp"
ENVIRONMENT = RUN + "/ntp-dhcp/environment"
CALLS = root + "/calls"


def path(name):
    return os.path.join(root, name)


def write(name, text, mode=0o644):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path(name), mode)


def read(name):
    if not os.path.exists(name):
        return ""
    with open(name, encoding="utf-8") as f:
        return f.read()


def render(template, name):
    """What make does with conf/NAME.in."""
    text = read(os.path.join(SRC, "conf", template + ".in"))
    for word, value in (("sysconfdir", ETC), ("runstatedir", RUN),
                        ("pkglibexecdir", LIB), ("sbindir", "/nowhere")):
        text = text.replace("@%s@" % word, value)
    write(name, text, 0o755)


def calls():
    """What systemctl was told since the last time."""
    told = read(CALLS).split("\n")[:-1]
    write("calls", "")
    return told


for template in ("dhcp/ntp-dhcp", "dhcp/ntp", "dhcp/20-ntp"):
    render(template, "lib/" + os.path.basename(template))
for tool in ("systemctl", "logger"):
    write("bin/" + tool, "#!/bin/sh\nprintf '%%s\\n' \"%s $*\" >>%s\n" % (
        tool, CALLS), 0o755)
write("calls", "")
write("etc/ntp.conf", """\
# our own
driftfile %s/drift
pool 2.debian.pool.ntp.org iburst
 Server ntp.example.net prefer
server -4 192.0.2.1
peer 192.0.2.2
server 127.127.1.0
includefile more.conf
includefile "/dev/null"
restrict default ignore
restrict 127.0.0.0 mask 255.0.0.0
""" % root)
write("etc/more.conf", "tinker panic 0\n")


def hook(script, arguments=(), **env):
    """Run a hook as its program does, with nothing but its variables."""
    return run([*script, *arguments], env=dict(
        PATH=path("bin") + ":/usr/bin:/bin", **env), cwd=root)


def dhclient(reason, **env):
    status, words = hook(["sh", "-euc", '. "$0"', LIB + "/ntp"],
                         reason=reason, **env)
    return status == 0 and not words or (status, words)


def network_manager(what, **env):
    return hook([LIB + "/20-ntp"], ["wlan0", what], **env)


def servers():
    return re.findall(r"^\s*server (?!127\.127)(\S+)", read(OUT), re.M)


def systemctl():
    return [c for c in calls() if c.startswith("systemctl")]


# -- dhclient
ok(dhclient("PREINIT", interface="eth0") is True and not os.path.exists(OUT),
   "dhclient: nothing happens before there is a lease")
ok(dhclient("BOUND", interface="eth0",
            new_ntp_servers="192.0.2.10 192.0.2.11") is True,
   "dhclient: a lease names two servers")
ok(servers() == ["192.0.2.10", "192.0.2.11"],
   "they take the place of those of ntp.conf", read(OUT))
made = read(OUT)
ok("driftfile" in made and "restrict default ignore" in made and
   re.search("^server 127.127.1.0$", made, re.M) and
   "includefile %s/more.conf" % ETC in made and
   'includefile "/dev/null"' in made,
   "all else stays, what is relative is found", made)
ok(systemctl() == ["systemctl --no-block try-restart ntp.service"],
   "the service is restarted, its command line is another one")
ok(read(ENVIRONMENT) == 'DHCP_OPTS="-c %s"\n' % OUT,
   "that the unit reads", read(ENVIRONMENT))
dhclient("RENEW", interface="eth0", new_ntp_servers="192.0.2.10 192.0.2.11")
ok(systemctl() == [], "a renewal that changes nothing does nothing")
dhclient("BOUND", interface="eth1", new_ntp_servers="192.0.2.12 192.0.2.10")
ok(servers() == ["192.0.2.10", "192.0.2.11", "192.0.2.12"],
   "a second interface adds its own, once each", read(OUT))
ok(systemctl() == ["systemctl --no-block try-reload-or-restart ntp.service"],
   "a change of the file is reloaded")
dhclient("BOUND6", interface="eth0", new_dhcp6_ntp_servers="2001:db8::123")
ok("2001:db8::123" in servers(), "DHCPv6 counts too", read(OUT))
dhclient("RELEASE6", interface="eth0")
dhclient("EXPIRE", interface="eth0")
ok(servers() == ["192.0.2.12", "192.0.2.10"], "a lease that ends takes its "
   "servers away", read(OUT))
calls()
dhclient("STOP", interface="eth1")
ok(not os.path.exists(OUT) and not os.path.exists(ENVIRONMENT) and
   systemctl() == ["systemctl --no-block try-restart ntp.service"],
   "after the last one ntp.conf itself is in force again")

# -- what a hostile server may say
pwned = path("pwned")
hostile = [
    "$(touch %s)" % pwned, "`touch %s`" % pwned, "; touch %s" % pwned,
    "| touch %s" % pwned, "\nrestrict default", "*", "-g", "--", "a\"b", "a'b",
    "x" * 256, "#", "host\tnomodify", "a/b", "\u00e9", "\\", "${IFS}", "..", "a;b",
]
words = " ".join(hostile)
ok(dhclient("BOUND", interface="eth0", new_ntp_servers=words +
            " good.example.net") is True, "hostile names: the hook lives on")
ok(not os.path.exists(pwned), "nothing of it is run")
ok(set(servers()) <= {"good.example.net", "touch", "host", "nomodify",
                      "restrict", "default"} and
   "good.example.net" in servers(),
   "what is no name is left out", read(OUT))
ok(all(re.fullmatch(r"server [A-Za-z0-9:][A-Za-z0-9:.-]{0,254} iburst", line)
       for line in read(OUT).split("\n\n")[-1].splitlines()),
   "each line is a server and nothing more", read(OUT))
status, words = run([NTPD, "--check-config", "-c", OUT])
ok(status == 0, "the daemon takes the file", words)
dhclient("STOP", interface="eth0")
for bad in ("../../etc/x", "..", "a/b", "", "-x", "a b"):
    dhclient("BOUND", interface=bad, new_ntp_servers="192.0.2.66")
left = [f for _, _, files in os.walk(root) for f in files if "lease" in f]
ok(left == [] and servers() == [],
   "a bad name of an interface names no file", left)
dhclient("BOUND", interface="eth0",
         new_ntp_servers=" ".join("192.0.2.%d" % i for i in range(1, 200)))
ok(len(servers()) == 16, "no more than 16 of one lease", len(servers()))
dhclient("STOP", interface="eth0")
calls()

# -- NetworkManager
status, words = network_manager("up", DHCP4_NTP_SERVERS="192.0.2.20",
                                DHCP6_DHCP6_NTP_SERVERS="2001:db8::20")
ok(status == 0 and servers() == ["192.0.2.20", "2001:db8::20"],
   "NetworkManager: both families", words, read(OUT))
network_manager("dhcp4-change", DHCP4_NTP_SERVERS="192.0.2.21")
ok(servers() == ["192.0.2.21"], "a change replaces them", read(OUT))
network_manager("hostname")
ok(servers() == ["192.0.2.21"], "other events change nothing")
network_manager("down")
ok(not os.path.exists(OUT), "down takes them away")

# -- systemd-networkd
write("leases/2", "ADDRESS=192.0.2.77\nNTP=192.0.2.30 ntp.example.org\n")
write("leases/3", "NTP=$(touch %s) 192.0.2.31\n" % pwned)
write("leases/note", "NTP=192.0.2.99\n")
status, words = hook([LIB + "/ntp-dhcp"], ["networkd", path("leases")])
ok(status == 0 and "192.0.2.30" in servers() and "192.0.2.31" in servers() and
   "ntp.example.org" in servers() and "192.0.2.99" not in servers() and
   not os.path.exists(pwned), "networkd: its leases are read", words,
   read(OUT))
os.unlink(path("leases/2"))
hook([LIB + "/ntp-dhcp"], ["networkd", path("leases")])
ok("192.0.2.30" not in servers(), "one that is gone is forgotten", read(OUT))

# -- an administrator who does not want it
write("etc/default/ntp", "NTPD_OPTS='-g'\nIGNORE_DHCP=yes\n")
hook([LIB + "/ntp-dhcp"], ["networkd", path("leases")])
ok(not os.path.exists(OUT), "IGNORE_DHCP=yes keeps to ntp.conf")
os.unlink(path("etc/default/ntp"))

# -- the daemon runs on it
dhclient("BOUND", interface="eth0", new_ntp_servers="127.0.1.7")
ours = Daemon("", start=False)
with open(OUT, encoding="utf-8") as f:
    text = f.read()
write("run/ntp.conf.dhcp", "port %d\n%s" % (ours.port, text))
ours.argv[ours.argv.index("-c") + 1] = OUT
ours.start()
ok(wait_for(lambda: exchange("127.0.0.1", ours.port, request_octets()), 10,
            "an answer") and ours.peer("127.0.1.7"),
   "the daemon runs on what was made", ours.log())
