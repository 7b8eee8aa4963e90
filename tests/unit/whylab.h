/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * whylab.h - what the tests of reasons share.
 */
#ifndef WHYLAB_H
#define WHYLAB_H

#include "world.h"

#define SAYS(w, p, ...) says((w), (p), (const char *const[]){__VA_ARGS__, NULL})

/* What is said of P, NULL: of the system; kept until the next call. */
const char *sentence(struct world *w, const struct peer *p);
/* The sentence must hold all of WORDS, which a NULL ends. */
void says(struct world *w, const struct peer *p, const char *const *words);
/* The line for a supervisor must begin with WORDS. */
void sums_up(struct world *w, const char *words);
/* The number that follows WORDS in the sentence. */
double number_after(struct world *w, const struct peer *p, const char *words);
/* The newest entry of the history of that kind. */
const struct history_entry *told(struct world *w, enum reason why);
/* An answer to P, to what was sent at ORG, itself sent at XMT. */
void forge(struct world *w, struct peer *p, ntp_ts org, ntp_ts xmt);

#endif /* WHYLAB_H */
