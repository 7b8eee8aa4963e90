/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_preset.h - options that were given before the command line.
 *
 * They come from files and the environment and become words like those of
 * argv, so that one reader of options knows what each means.
 */
#ifndef NTPQ_PRESET_H
#define NTPQ_PRESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <getopt.h>

#define PRESETS_MAX   256U
#define PRESET_PREFIX "NTPQ_" /* of variables of the environment */

/* Initialize with presets_begin(); the words are owned. */
struct presets {
	const struct option *table; /* borrowed: what can be preset */
	FILE *err;		    /* borrowed: complaints */
	unsigned n;
	char *word[PRESETS_MAX + 1]; /* word[0] is the program; then NULL */
};

/* TABLE and ERR must outlive P. */
void presets_begin(struct presets *p, const struct option *table, FILE *err);
void presets_end(struct presets *p);

/* "--NAME" or "--NAME=VALUE"; VALUE may be NULL. */
void presets_add(struct presets *p, const char *name, const char *value);
/* All that presets_add() added as NAME. */
void presets_drop(struct presets *p, const char *name);

/*
 * The lines of TEXT (ended by NUL, changed on the way) that are for ntpq:
 * NAME, NAME VALUE, NAME = VALUE; `#' begins a comment.  Behind a line [PROGRAM]
 * they are for that program only.  FILE is for complaints about a line.
 */
void presets_from_text(struct presets *p, const char *file, char *text);

/*
 * The same from the file PATH.  When CAREFUL a file that somebody else could
 * have written is left alone, and a missing one is nothing to complain about.
 * False when it could not be read: errno.
 */
bool presets_from_file(struct presets *p, const char *path, bool careful);

/* $HOME/.ntprc and ./.ntprc, each if there is one. */
void presets_from_home(struct presets *p);

/* The words of $NTPQ, and a variable for each option: NTPQ_OLD_RV. */
void presets_from_environment(struct presets *p);

/*
 * Write the words as such a file.  False after a complaint: it cannot be
 * written, or it has sections for other programs that would be lost.
 */
bool presets_save(const struct presets *p, const char *path);

#endif /* NTPQ_PRESET_H */
