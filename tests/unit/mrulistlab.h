/* SPDX-License-Identifier: BSD-2-Clause */
/* mrulistlab.h - the client list by mode 6: what its tests share. */
#ifndef MRULISTLAB_H
#define MRULISTLAB_H

#include "ctllab.h"

/* A lab with room for 4000 clients. */
int mrulist_setup(void **state);
/* Let S seconds pass. */
void mrulist_pass(struct lab *l, double s);
struct ntp_addr mrulist_client(uint32_t n);
/* Client N asks for the time. */
void mrulist_visit(struct lab *l, uint32_t n, uint16_t flags);
/* So do clients FROM to TO - 1, GAP seconds apart. */
void mrulist_visits(struct lab *l, uint32_t from, uint32_t to, double gap);
/* A nonce as the server gives it; kept until the next reply. */
const char *mrulist_nonce(struct lab *l);
/* READ_MRU with a good nonce and ARGS; the datagrams that came. */
unsigned mrulist_ask(struct lab *l, const char *args);
/* The same, put together without the limit of a real client. */
const char *mrulist_text(struct lab *l, const char *args);
/* The value of NAME, of STEM.N, in TEXT; NULL: it is not there. */
const char *mrulist_item(const char *text, const char *name);
const char *mrulist_item_n(const char *text, const char *stem, unsigned n);
/* Clients told of in TEXT. */
unsigned mrulist_entries(const char *text);

#endif /* MRULISTLAB_H */
