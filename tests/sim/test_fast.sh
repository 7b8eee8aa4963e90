#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test_fast.sh - the scenarios marked fast, and their controls.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-$top_srcdir}
exec "$top_builddir/tests/simrun" --tap --fast \
    "$top_srcdir"/tests/sim/scenarios/*.sim
