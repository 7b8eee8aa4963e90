#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test_threats.sh - threats.md tells the truth: every row names a test that is
# there and is run, or says why it does not apply.
set -euo pipefail

here=${top_srcdir:-.}/tests
list=$here/threats.md
count=0

result() { # STATUS WORDS
	count=$((count + 1))
	[ "$1" = 0 ] && echo "ok $count - $2" || echo "not ok $count - $2"
}

# Whether row $1 is shown in file $2.
shown() {
	case $2 in
	"does not apply: "?*) return 0 ;;
	esac
	[ -f "$here/$2" ] || {
		echo "# no file tests/$2"
		return 1
	}
	grep -q -F -w -e "$1" "$here/$2" || {
		echo "# no test named $1 in tests/$2"
		return 1
	}
	# Scenarios are found by their suffix, programs are listed.
	case $2 in
	*.c) grep -q -F -w -e "${2%.c}" "$here/Makefile.am" ;;
	*.sh | *.py) grep -q -F -w -e "$2" "$here/Makefile.am" ;;
	esac || {
		echo "# tests/$2 is not run"
		return 1
	}
}

rows=$(sed -n 's/^| *\([A-Z][^ |]*\) *|[^|]*| *\([^|]*[^ |]\) *|$/\1\t\2/p' \
    "$list" | grep -v '^Id')
while IFS=$'\t' read -r id where; do
	status=0
	shown "$id" "$where" || status=1
	result "$status" "$id"
done <<<"$rows"

twice=$(cut -f1 <<<"$rows" | sort | uniq -d)
result "$([ -z "$twice" ]; echo $?)" "no row stands twice $twice"

# CVE-2016-1550: digests are compared in constant time, so nothing that is made
# for keys may compare octets in any other way.
NM=${NM:-nm}
lib=${top_builddir:-.}/libntp/libntp.a
symbols() {
	"$NM" -A "$lib" | grep -E ":(libntp_a-)?$1\.o:" | awk '{ print $NF }'
}
status=0
for object in ntp_mac ntp_keys; do
	symbols "$object" | grep -q -x -E 'memcmp|bcmp|strn?cmp' && status=1
done
symbols ntp_mac | grep -q -x CRYPTO_memcmp || status=1
result "$status" "CVE-2016-1550 digests are compared in constant time"

# A list that lies is found out.
result "$(shown CVE-0000-0000 unit/test_threat_a.c >/dev/null; echo $((! $?)))" \
    "a row without its test is refused"
result "$(shown CVE-2015-8138 unit/none.c >/dev/null; echo $((! $?)))" \
    "a row without its file is refused"
echo "1..$count"
