#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The Debian package: made, installed over the system's own packages in a
layer that is thrown away, started, upgraded, removed, purged."""
from harness import (BUILD, SRC, enter_namespace, ok, run, say, scratch, skip,
                     skip_all)
import glob
import os
import re
import shutil

if os.geteuid() != 0 or not shutil.which("dpkg-deb"):
    skip_all("needs root, for a root directory of its own, and dpkg")
enter_namespace()

out = scratch()
status, words = run([os.path.join(SRC, "scripts/mkdeb"), SRC, BUILD, out], 600)
made = glob.glob(out + "/ntp-truechimer_*.deb")
ok(status == 0 and len(made) == 1, "make deb makes a package", words)
deb = made[0]


def field(name):
    return run(["dpkg-deb", "-f", deb, name])[1].strip()


ok("time-daemon" in field("Conflicts") and "time-daemon" in field("Provides")
   and "time-daemon" in field("Replaces"), "it excludes the other daemons")
ok(all(lib in field("Depends") for lib in ("libc6", "libuv1", "libssl3")),
   "it depends on the libraries that it needs", field("Depends"))
listed = run(["dpkg-deb", "-c", deb])[1]
ok(not re.search(r"^\S+ (?!root/root)", listed, re.M), "all is of root",
   listed)
ok("/usr/local" not in listed and " ./etc/ntp.conf" not in listed,
   "nothing in /usr/local, and no ntp.conf over another", listed)

# -- the life of the package, told by a script inside
SCRIPT = r"""
set -u
say() { printf 'SEEN %s\n' "$*"; }
state() { # FILE...
	for f; do [ -e "$f" ] && say "$f there" || say "$f gone"; done
}
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
rm -f /etc/ntp.conf /etc/ntp.keys /etc/default/ntp
printf '1 M secret\n' >/etc/ntp.keys
chmod 600 /etc/ntp.keys

# apt, not dpkg: it takes the other time daemon away
apt-get -qqy --no-install-recommends install /mnt/p.deb \
    </dev/null && say installed
dpkg-query -W -f 'SEEN status ${Status}\n' ntp-truechimer
id ntp && say user
cmp /etc/ntp.conf /usr/share/doc/ntp-truechimer/examples/ntp.conf &&
    say stock configuration
grep -q "NTPD_OPTS='-g'" /etc/default/ntp && say options
stat -c 'SEEN owner %n %U %a' /var/lib/ntp /var/log/ntpstats /etc/ntp.keys
[ -L /etc/systemd/system/multi-user.target.wants/ntp.service ] && say enabled
[ -L /etc/systemd/system/ntpd.service ] && say alias
man -w ntpd >/dev/null 2>&1; ls /usr/share/man/man8/ntpd.8.gz && say manual

printf 'server 127.127.1.0 minpoll 0\ndriftfile /var/lib/ntp/ntp.drift\n' \
    >>/etc/ntp.conf
sed -i 's/^pool/#pool/' /etc/ntp.conf
ntpd -g -u ntp:ntp -p /run/ntpd.pid --virtual-clock=0 && say started
for i in 1 2 3 4 5 6 7 8 9 10; do
	/usr/sbin/ntpq -c rv | grep stratum= && say answers && break
	sleep 0.5
done
stat -c 'SEEN runs as %U' "/proc/$(cat /run/ntpd.pid)"
kill "$(cat /run/ntpd.pid)"

echo '# mine' >>/etc/logrotate.d/ntp
dpkg -i /mnt/p.deb </dev/null && say installed again
tail -n 1 /etc/logrotate.d/ntp | sed 's/^/SEEN logrotate /'
grep -c 127.127.1.0 /etc/ntp.conf | sed 's/^/SEEN own lines /'

systemctl enable ntp-networkd.path ntp-wait.service
dpkg -r ntp-truechimer && say removed
state /usr/sbin/ntpd /lib/systemd/system/ntp.service /etc/ntp.conf \
    /etc/logrotate.d/ntp /var/lib/ntp
dpkg -P ntp-truechimer && say purged
state /etc/ntp.conf /etc/default/ntp /etc/logrotate.d/ntp /var/lib/ntp \
    /var/log/ntpstats
find /etc/systemd /var/lib/systemd -name 'ntp*' | sed 's/^/SEEN left /'

printf 'server 192.0.2.1 # mine\nlogfile /var/log/ntp.log\n' >/etc/ntp.conf
dpkg -i /mnt/p.deb </dev/null && say over a configuration
sed 's/^/SEEN kept /' /etc/ntp.conf
for script in postinst prerm postrm; do
	sh /var/lib/dpkg/info/ntp-truechimer.$script nonsense ||
	    say "$script refuses"
done
stat -c 'SEEN owner %n %U %a' /var/log/ntp.log
dpkg -P ntp-truechimer && grep -q mine /etc/ntp.conf && say mine for ever

rm -f /etc/ntp.conf
mkdir -p /etc/ntpsec/ntp.d /var/lib/ntpsec
echo 1.234 >/var/lib/ntpsec/ntp.drift
printf 'driftfile /var/lib/ntpsec/ntp.drift\nserver 192.0.2.1 nts\n' \
    >/etc/ntpsec/ntp.conf
echo 'server 192.0.2.2' >/etc/ntpsec/ntp.d/more.conf
dpkg -i /mnt/p.deb </dev/null && say over ntpsec
ntpd --print-config | sed -n -e 's/ *#/ #/;s/^\(server\|driftfile\)/SEEN &/p'
stat -c 'SEEN drift of %U' /var/lib/ntp/ntp.drift
dpkg -P ntp-truechimer
state /etc/ntp.conf /etc/ntpsec/ntp.conf
"""
SETUP = r"""
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay \
    -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs mnt
cp "$2" mnt/p.deb
exec chroot . sh -c "$3"
"""
place = scratch()
status, words = run(["unshare", "-m", "-p", "-f", "--kill-child", "sh", "-c",
                     SETUP, "sh", place, deb, SCRIPT], 900)
seen = re.findall(r"^SEEN (.*)", words, re.M)
if not seen and "overlay" in words:
    skip("the life of the package", words)
else:
    expected = (
        "installed", "status install ok installed", "user",
        "stock configuration", "options", "owner /var/lib/ntp ntp 755",
        "owner /var/log/ntpstats ntp 755", "owner /etc/ntp.keys root 640",
        "enabled", "alias", "manual", "started", "answers", "runs as ntp",
        "installed again", "logrotate # mine", "own lines 1", "removed",
        "/usr/sbin/ntpd gone", "/lib/systemd/system/ntp.service gone",
        "/etc/ntp.conf there", "/etc/logrotate.d/ntp there", "purged",
        "/etc/ntp.conf gone", "/etc/logrotate.d/ntp gone",
        "/var/log/ntpstats gone", "/etc/default/ntp gone",
        "over a configuration", "kept server 192.0.2.1 # mine",
        "owner /var/log/ntp.log ntp 644", "postinst refuses", "prerm refuses",
        "postrm refuses", "mine for ever", "over ntpsec",
        'driftfile "/var/lib/ntp/ntp.drift" # /etc/ntp.conf:4',
        "server 192.0.2.1 minpoll 6 maxpoll 10 nts # /etc/ntpsec/ntp.conf:2",
        "server 192.0.2.2 minpoll 6 maxpoll 10 # /etc/ntpsec/ntp.d/more.conf:1",
        "drift of ntp", "/etc/ntpsec/ntp.conf there")
    for what in expected:
        ok(what in seen, "package: " + what)
    if set(expected) - set(seen):
        say(words)
    left = [line for line in seen if line.startswith("left ")]
    ok(not left, "package: purge leaves no unit enabled", left)

# -- the other make
if not shutil.which("rpmbuild"):
    status, words = run([os.path.join(SRC, "scripts/mkrpm"), SRC, BUILD])
    ok(status == 1 and "rpmbuild is missing" in words and "spec" in words,
       "make rpm says what it lacks", words)
