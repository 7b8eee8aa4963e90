# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
#
# lib.sh - what scripts/demo, scripts/check and .ci/run share: the packages
# they need, and the build.  Sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Debian's names, Fedora's names.
build_packages=(gcc make autoconf automake pkg-config libuv1-dev libssl-dev
    libcap-dev)
build_packages_fedora=(gcc make autoconf automake pkgconf-pkg-config
    libuv-devel openssl-devel libcap-devel)
# The tests also make a package (dpkg-dev) and run peers: their libraries end the
# line, and ntpsec's ntpq wants /etc/services (netbase).
test_packages=(libcmocka-dev libedit-dev openssl python3 dpkg-dev netbase
    libbsd0 libseccomp2)
test_packages_fedora=(libcmocka-devel libedit-devel openssl python3)
ci_packages=(clang clang-format clang-tidy mandoc shellcheck git systemd)

# Programs of other makes that the tests run, fetched and unpacked rather than
# installed, because they exclude each other and start services.
peer_packages=(chrony ntpsec ntpsec-ntpdig python3-ntp)
# What asks an ntpd for its state, and the libraries of that.
monitor_packages=(monitoring-plugins-basic ntpstat nmap nmap-common
    libblas3 libdbus-1-3 liblinear4 liblua5.3-0 libpcap0.8 libpcre3 libssh2-1
    lua-lpeg prometheus)
# What draws plots of statistics files; with all that they lack here.
plot_packages=(ntpsec-ntpviz gnuplot-nox)
# What the service meets: its profile is compiled and its logs rotated.
service_packages=(apparmor logrotate libpopt0)

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Run as root, by sudo when we are not.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "not root and no sudo: as root run: $*"
	fi
}

installed() {
	[ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = \
	    'install ok installed' ]
}

# Where apt is not, all we can do is look for the tools and name packages.
check_elsewhere() {
	local tool
	for tool in cc make autoreconf automake pkg-config; do
		command -v "$tool" >/dev/null && continue
		say "On Fedora: dnf install ${build_packages_fedora[*]}" \
		    "${test_packages_fedora[*]}"
		say "Elsewhere: a C compiler, make, autoconf, automake," \
		    "pkg-config, libuv, OpenSSL 3, libcap; cmocka and" \
		    "Python 3 for the tests."
		die "$tool is missing: install the packages above"
	done
}

# need PACKAGE...: install what is missing of these, with as little noise and
# as few questions as apt allows.
need() {
	local package
	local -a missing=()

	if ! command -v apt-get >/dev/null; then
		check_elsewhere
		return
	fi
	for package in "$@"; do
		installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "Installing ${missing[*]}"
	as_root apt-get -qq update >/dev/null ||
	    say "apt-get update failed; trying with the lists that are here"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
	    --no-install-recommends install "${missing[@]}" >/dev/null ||
	    die "could not install ${missing[*]}"
}

# build_in DIRECTORY CONFIGURE-ARGUMENT...: bootstrap, configure and make;
# each only as far as needed.  With rooms set, of these directories only.
build_in() {
	local dir=$1 room
	shift
	mkdir -p "$dir"
	if [ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt \
	    "$top/configure" ]; then
		logged "$dir" "bootstrap" "$top/bootstrap"
	fi
	if [ -f "$top/config.status" ] && [ "$dir" != "$top" ]; then
		die "the source tree itself is configured: run make distclean"
	fi
	if [ ! -f "$dir/config.status" ] || [ "$top/configure" -nt \
	    "$dir/config.status" ]; then
		(cd "$dir" && logged . "configure" "$top/configure" "$@")
	fi
	for room in ${rooms:-.}; do
		logged "$dir" "make" make -C "$dir/$room" -j"$(nproc)"
	done
}

# logged DIRECTORY STEP COMMAND...: the log is shown only when COMMAND fails.
logged() {
	local dir=$1 step=$2
	shift 2
	if ! "$@" >"$dir/$step.log" 2>&1; then
		tail -n 40 "$dir/$step.log" >&2
		die "$step failed; all of its words are in $dir/$step.log"
	fi
}

# The build that the README's commands share: build/, or the source tree where
# somebody configured that.
build_dir() {
	[ -f "$top/config.status" ] && echo "$top" || echo "$top/build"
}
