/* SPDX-License-Identifier: BSD-2-Clause */
/* confworld.h - files and messages for the tests of the configuration. */
#ifndef CONFWORLD_H
#define CONFWORLD_H

#include "ntp_config.h"

#define MESSAGES 64U

struct file {
	const char *path, *text;
};

struct world {
	struct config_io io;
	struct ntp_config *cfg;
	const struct file *files;
	const char *const *dir; /* the names in the directory conf.d */
	unsigned loads;
	char from[MESSAGES];
	unsigned n;
	struct message {
		enum config_severity severity;
		unsigned line, column;
		char file[32], text[256], hint[128];
	} m[MESSAGES];
};

/* Defaults; then set w->files and w->dir where they matter. */
void begin(struct world *w);
/* Parse TEXT as ntp.conf and finish. */
struct ntp_config *finish(struct world *w, const char *text);
/* Both. */
struct ntp_config *parse(struct world *w, const char *text);
/* Message I: severity, place and beginning of its text. */
void said(const struct world *w, unsigned i, enum config_severity severity,
    unsigned line, unsigned column, const char *text);
void end(struct world *w);

#endif /* CONFWORLD_H */
