#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test_layers.sh - the tree keeps its layers, and the checks that say so are
# seen failing on each kind of planted violation.
set -euo pipefail

top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-$top_srcdir}
CC=${CC:-cc}

if [ "${SANITIZERS:-no}" = yes ]; then
	echo "1..0 # SKIP sanitizers plant data and symbols of their own"
	exit 0
fi

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
count=0

result() { # STATUS WORDS
	count=$((count + 1))
	[ "$1" = 0 ] && echo "ok $count - $2" || echo "not ok $count - $2"
}

fresh_copy() {
	rm -rf "${copy:?}"/*
	mkdir "$copy/libntp" "$copy/ntpd" "$copy/ntpq"
	cp -R "$top_srcdir/include" "$copy/"
	chmod -R u+w "$copy/include"
	local room
	for room in libntp ntpd; do
		cp "$top_srcdir/$room"/*.c "$copy/$room/"
		cp "$top_builddir/$room"/*.a "$copy/$room/"
		chmod u+w "$copy/$room"/*
	done
}

# Add file $2, read from standard input, to archive $1 of the copy.
plant() {
	cat >"$copy/$2"
	# CC may carry flags of its own.
	# shellcheck disable=SC2086
	$CC -std=c11 -D_GNU_SOURCE -fno-common -I"$copy/include" \
	    -c "$copy/$2" -o "$copy/${2%.c}.o"
	ar r "$copy/$1" "$copy/${2%.c}.o"
}

# The check must fail, and its words must name the violation.
refuses() { # WORDS PATTERN COMMAND...
	local words=$1 pattern=$2
	shift 2
	if "$@" >"$copy/out" 2>&1; then
		result 1 "$words"
	elif grep -q -e "$pattern" "$copy/out"; then
		result 0 "$words"
	else
		sed 's/^/# /' "$copy/out"
		result 1 "$words"
	fi
}

layers=("$top_srcdir/scripts/check-layers" "$copy" "$copy")
headers=("$top_srcdir/scripts/check-headers" "$copy")

status=0
"$top_srcdir/scripts/check-layers" "$top_builddir" "$top_srcdir" >&2 ||
    status=1
result $status "the archives keep their layers"
status=0
"$top_srcdir/scripts/check-headers" "$top_srcdir" >&2 || status=1
result $status "every header stands alone, none in a cycle"

exec 3>&1
{
	fresh_copy
	plant libntp/libntp.a libntp/ntp_planted.c <<-C
	unsigned planted_count(void);
	unsigned planted_count(void)
	{
		static unsigned n;
		return ++n;
	}
	C
	refuses "a counter that survives the call is refused in L1" \
	    'mutable static data in .bss' "${layers[@]}" >&3

	fresh_copy
	plant ntpd/libntpcore.a ntpd/ntp_planted.c <<-C
	extern int planted;
	int planted = 5;
	C
	refuses "a global variable is refused in L2" \
	    'mutable static data in .data' "${layers[@]}" >&3

	fresh_copy
	plant ntpd/libntpcore.a ntpd/ntp_planted.c <<-C
	extern const char *const planted[];
	const char *const planted[] = {"constant", "table"};
	C
	status=0
	"${layers[@]}" || status=1
	result $status "a constant table with pointers is allowed" >&3

	fresh_copy
	plant ntpd/libntpengine.a ntpd/ntp_planted.c <<-C
	#include <time.h>
	long planted(void);
	long planted(void)
	{
		struct timespec ts;
		return clock_gettime(CLOCK_REALTIME, &ts);
	}
	C
	refuses "reading the clock is refused in L3" \
	    'wants clock_gettime' "${layers[@]}" >&3

	fresh_copy
	plant ntpd/libntpcore.a ntpd/ntp_planted.c <<-C
	void receive(void);
	void planted(void);
	void planted(void) { receive(); }
	C
	refuses "a call upwards is refused in L2" \
	    'wants receive' "${layers[@]}" >&3

	fresh_copy
	plant ntpd/libntpengine.a ntpd/ntp_planted.c <<-C
	void *EVP_MD_CTX_new(void);
	void *planted(void);
	void *planted(void) { return EVP_MD_CTX_new(); }
	C
	refuses "OpenSSL is refused above L1" \
	    'wants EVP_MD_CTX_new' "${layers[@]}" >&3

	fresh_copy
	echo '#include "ntp_engine.h"' >>"$copy/libntp/ntp_time.c"
	refuses "an include upwards is refused in a source file" \
	    'ntp_time.c (L1) includes ntp_engine.h' "${layers[@]}" >&3

	fresh_copy
	echo '#include "ntp_filter.h"' >>"$copy/include/ntp_wire.h"
	refuses "an include upwards is refused in a header" \
	    'ntp_wire.h (L1) includes ntp_filter.h' "${layers[@]}" >&3

	fresh_copy
	echo 'size_t planted(void);' >"$copy/include/ntp_planted.h"
	refuses "a header that needs another first is refused" \
	    'ntp_planted.h does not compile alone' "${headers[@]}" >&3

	fresh_copy
	sed -i '/^#define NTP_TIME_H/a #include "ntp_fmt.h"' \
	    "$copy/include/ntp_time.h"
	refuses "an include cycle is refused" 'include cycle' \
	    "${headers[@]}" >&3
} >&2

echo "1..$count"
