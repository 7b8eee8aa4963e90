/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scratch.h - a directory for each test, and files in it.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#define IN_DIR(f)                                                              \
	cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

extern char dir[256];
extern char path_buf[4][512]; /* of in_dir() */

/* Make the directory, under TMPDIR; remove it and its files. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* A path in it; slot I keeps it. */
const char *in_dir(int i, const char *name);
void put(const char *path, const char *text);
void assert_holds(const char *path, const char *want);

#endif /* SCRATCH_H */
