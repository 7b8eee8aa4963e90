#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test_fast.sh - the scenarios marked fast, and their controls.
exec "$top_builddir/tests/simrun" --tap --fast \
    "$top_srcdir"/tests/sim/scenarios/*.sim
