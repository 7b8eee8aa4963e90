#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test_peers.sh - the discipline against its peers, when something happens.
top_srcdir=${top_srcdir:-.}
exec "${top_builddir:-.}/tests/sim/peers" "$top_srcdir/tests/sim/scenarios"
