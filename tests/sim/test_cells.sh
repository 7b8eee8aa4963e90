#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test_cells.sh - the discipline against its peers.
exec "${top_builddir:-.}/tests/sim/cells"
