#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test_long.sh - all scenarios, and their controls.
top_srcdir=${top_srcdir:-.}
top_builddir=${top_builddir:-$top_srcdir}
exec "$top_builddir/tests/simrun" --tap "$top_srcdir"/tests/sim/scenarios/*.sim
