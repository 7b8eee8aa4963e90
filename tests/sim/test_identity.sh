#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test_identity.sh - a seed gives the same run, to the last bit, whatever
# compiler built the engine and the simulator, and however hard it optimized.
set -euo pipefail

top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-$top_srcdir}
crypto=$(pkg-config --libs libcrypto)
flags=(-std=c11 -D_GNU_SOURCE -ffp-contract=off
    "-DSYSCONFDIR=\"/etc\"" "-DPACKAGE_NAME=\"truechimer\"" \
    "-DPACKAGE_VERSION=\"0\"" -I"$top_srcdir/include" -I"$top_srcdir/tests/sim"
    -I"$top_srcdir/ntpd")

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The sources of an archive are those that the Makefile.am lists for it.
sources() { # DIRECTORY VARIABLE
	make -s -C "$top_builddir/$1" --eval "print: ; @echo \$($2)" print |
	    tr ' ' '\n' | sed -n "s|^\(.*\.c\)\$|$top_srcdir/$1/\1|p"
}

mapfile -t files < <(
	sources libntp libntp_a_SOURCES
	sources ntpd libntpcore_a_SOURCES
	sources ntpd libntpengine_a_SOURCES
	sources tests sim_libsim_a_SOURCES
	sources tests simrun_SOURCES
)

figures() { # PROGRAM
	local scenario

	for scenario in one-server four-equal pareto-jitter spoof; do
		"$1" --csv "$tmp/csv" \
		    "$top_srcdir/tests/sim/scenarios/$scenario.sim"
		sha256sum <"$tmp/csv"
	done
}

builds=("gcc -O0" "gcc -O2" "clang -O0" "clang -O2")
count=0
for build in "${builds[@]}"; do
	command -v "${build% *}" >/dev/null || continue
	count=$((count + 1))
	# shellcheck disable=SC2086
	$build "${flags[@]}" -o "$tmp/simrun" "${files[@]}" $crypto -lm
	figures "$tmp/simrun" >"$tmp/figures.$count"
	if [ "$count" = 1 ]; then
		first=$build
		echo "ok 1 - $build runs"
	elif diff "$tmp/figures.1" "$tmp/figures.$count" >"$tmp/diff"; then
		echo "ok $count - $build as $first"
	else
		sed 's/^/# /' "$tmp/diff"
		echo "not ok $count - $build as $first"
	fi
done
echo "1..$count"
[ "$count" -ge 2 ] || echo "# only one compiler here: little was compared"
