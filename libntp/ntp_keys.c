/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_keys.c - the symmetric keys file and the set of trusted keys.
 *
 * Keys are few and lie in an array sorted by id; trust is a bitmap, because
 * `trustedkey` takes ranges, and may come before or after the keys.  Reports
 * never quote the file: in a bad line any word may be the secret.
 */
#include "ntp_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_wire.h"

#define KEYID_LEN    4U
#define TEXT_MAX     20U /* characters: longer secrets are hexadecimal */
#define HEX_SECRET   32U /* octets: all that the reference takes of those */
#define REPORT_MAX   96U
#define TRUST_OCTETS (NTP_KEYID_MAX / 8 + 1)

/* Who may use a key. */
struct prefix {
	struct ntp_addr net;
	unsigned bits;
};

struct key {
	uint32_t id;
	struct mac *mac;
	struct prefix *users; /* NULL: everybody */
	size_t n_users;
};

struct keystore {
	struct key *keys; /* ascending by id */
	size_t n, cap;
	uint8_t trusted[TRUST_OCTETS]; /* bit ID % 8 of octet ID / 8 */
	/* Apart, because who only uses the keys counts too. */
	struct keys_counters *count;
};

/* Characters of the file, borrowed. */
struct span {
	const char *p;
	size_t len;
};

struct parser {
	keys_report *report;
	void *arg;
	unsigned line; /* from 1 */
};

struct keystore *
keys_new(void)
{
	struct keystore *ks = calloc(1, sizeof *ks);

	if (ks == NULL)
		return NULL;
	ks->count = calloc(1, sizeof *ks->count);
	if (ks->count == NULL)
		keys_free(&ks);
	return ks;
}

static void
key_clear(struct key *k)
{
	mac_free(&k->mac);
	free(k->users);
	*k = (struct key){0};
}

void
keys_free(struct keystore **ksp)
{
	struct keystore *ks = *ksp;

	*ksp = NULL;
	if (ks == NULL)
		return;
	for (size_t i = 0; i < ks->n; i++)
		key_clear(&ks->keys[i]);
	free(ks->keys);
	free(ks->count);
	free(ks);
}

static bool
key_copy(struct key *to, const struct key *from)
{
	to->id = from->id;
	to->mac = mac_copy(from->mac);
	if (to->mac == NULL || from->n_users == 0)
		return to->mac != NULL;
	to->users = calloc(from->n_users, sizeof(*to->users));
	if (to->users == NULL)
		return false;
	memcpy(to->users, from->users, from->n_users * sizeof(*to->users));
	to->n_users = from->n_users;
	return true;
}

struct keystore *
keys_copy(const struct keystore *ks)
{
	struct keystore *c = keys_new();
	bool ok = c != NULL;

	if (ok && ks->n > 0) {
		c->keys = calloc(ks->n, sizeof(*c->keys));
		ok = c->keys != NULL;
		c->cap = ok ? ks->n : 0;
	}
	while (ok && c->n < ks->n) {
		ok = key_copy(&c->keys[c->n], &ks->keys[c->n]);
		c->n++;
	}
	if (!ok) {
		keys_free(&c);
		return NULL;
	}
	memcpy(c->trusted, ks->trusted, sizeof(c->trusted));
	return c;
}

/* Index of the first key with an id of at least ID. */
static size_t
position(const struct keystore *ks, uint32_t id)
{
	size_t lo = 0, hi = ks->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ks->keys[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct key *
lookup(const struct keystore *ks, uint32_t id)
{
	size_t at = position(ks, id);

	return at < ks->n && ks->keys[at].id == id ? &ks->keys[at] : NULL;
}

static int
grow(struct keystore *ks)
{
	size_t cap = ks->cap == 0 ? 8 : 2 * ks->cap;
	struct key *keys;

	if (ks->n < ks->cap)
		return 0;
	keys = realloc(ks->keys, cap * sizeof(*keys));
	if (keys == NULL)
		return -NTP_ENOMEM;
	ks->keys = keys;
	ks->cap = cap;
	return 0;
}

/* Takes over what K owns, if it returns 0. */
static int
insert(struct keystore *ks, const struct key *k)
{
	size_t at = position(ks, k->id);
	struct key *slot;

	if (grow(ks) != 0)
		return -NTP_ENOMEM;
	slot = &ks->keys[at];
	if (at < ks->n && slot->id == k->id) {
		key_clear(slot);
	} else {
		memmove(slot + 1, slot, (ks->n - at) * sizeof(*slot));
		ks->n++;
	}
	*slot = *k;
	return 0;
}

/* Reports a bad line of key ID, 0 when that is not known. */
static int
bad(const struct parser *ps, uint32_t id, const char *why)
{
	char text[REPORT_MAX];

	if (id == 0)
		snprintf(text, sizeof(text), "%s", why);
	else
		snprintf(text, sizeof(text), "key %u: %s", (unsigned)id, why);
	if (ps->report != NULL)
		ps->report(ps->arg, ps->line, text);
	return -NTP_EFORMAT;
}

/* Cuts S at the first C, which goes; returns what was behind it. */
static struct span
cut(struct span *s, char c)
{
	const char *at = s->len > 0 ? memchr(s->p, c, s->len) : NULL;
	struct span rest = {s->p + s->len, 0};

	if (at != NULL) {
		rest.p = at + 1;
		rest.len = s->len - (size_t)(rest.p - s->p);
		s->len = (size_t)(at - s->p);
	}
	return rest;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes the next word off S; its length is 0 at the end. */
static struct span
next_word(struct span *s)
{
	struct span w;

	while (s->len > 0 && is_blank(*s->p)) {
		s->p++;
		s->len--;
	}
	w.p = s->p;
	while (s->len > 0 && !is_blank(*s->p)) {
		s->p++;
		s->len--;
	}
	w.len = (size_t)(s->p - w.p);
	return w;
}

/* 0 unless W is a decimal number of 1..65535. */
static uint32_t
parse_id(struct span w)
{
	uint32_t id = 0;

	for (size_t i = 0; i < w.len; i++) {
		if (w.p[i] < '0' || w.p[i] > '9')
			return 0;
		id = id * 10 + (uint32_t)(w.p[i] - '0');
		if (id > NTP_KEYID_MAX)
			return 0;
	}
	return id;
}

/* Value of a hexadecimal digit, -1 for anything else. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_hex(struct span w)
{
	for (size_t i = 0; i < w.len; i++)
		if (hex_value(w.p[i]) < 0)
			return false;
	return true;
}

static bool
is_text(struct span w)
{
	for (size_t i = 0; i < w.len; i++)
		if ((uint8_t)w.p[i] < 0x20 || w.p[i] == 0x7f)
			return false;
	return true;
}

/* Octets of the secret in W into OUT, *LEN > 0; or what is wrong with it. */
static const char *
parse_secret(struct span w, uint8_t out[HEX_SECRET], size_t *len)
{
	size_t n;

	if (w.len == 0)
		return "secret missing";
	if (!is_text(w))
		return "control character in the secret";
	if (w.len <= TEXT_MAX) {
		memcpy(out, w.p, w.len);
		*len = w.len;
		return NULL;
	}
	if (!is_hex(w))
		return "a secret of over 20 characters must be hexadecimal";
	if (w.len % 2 != 0)
		return "odd number of hexadecimal digits in the secret";
	n = w.len / 2 < HEX_SECRET ? w.len / 2 : HEX_SECRET;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_value(w.p[2 * i]) << 4 |
		    hex_value(w.p[2 * i + 1]));
	*len = n;
	return NULL;
}

static int
prepare(const struct parser *ps, struct key *k, enum mac_type t, struct span w)
{
	uint8_t secret[HEX_SECRET];
	size_t len;
	const char *wrong = parse_secret(w, secret, &len);

	if (wrong != NULL)
		return bad(ps, k->id, wrong);
	k->mac = mac_new(t, secret, len);
	explicit_bzero(secret, sizeof(secret));
	if (k->mac == NULL)
		return bad(ps, k->id, "key type not available on this system");
	return 0;
}

/* Number of addresses in the comma-separated list W. */
static size_t
list_len(struct span w)
{
	size_t n = 1;

	for (size_t i = 0; i < w.len; i++)
		n += w.p[i] == ',';
	return n;
}

static int
parse_users(const struct parser *ps, struct key *k, struct span w)
{
	struct prefix *u;
	struct span rest;

	if (w.len == 0)
		return 0;
	k->users = calloc(list_len(w), sizeof(*k->users));
	if (k->users == NULL)
		return -NTP_ENOMEM;
	for (size_t left = list_len(w); left > 0; left--) {
		rest = cut(&w, ',');
		u = &k->users[k->n_users++];
		if (addr_parse_prefix(w.p, w.len, &u->net, &u->bits) != 0)
			return bad(ps, k->id, "bad address or subnet in list");
		w = rest;
	}
	return 0;
}

/* The words of a line into K; it may own something even after an error. */
static int
parse_key(const struct parser *ps, struct span line, struct key *k)
{
	struct span w = next_word(&line);
	enum mac_type t;
	int err;

	k->id = parse_id(w);
	if (k->id == 0)
		return bad(ps, 0, "key id must be a number from 1 to 65535");
	w = next_word(&line);
	t = mac_type_by_name(w.p, w.len);
	if (t == MAC_NONE)
		return bad(ps, k->id,
		    w.len == 0 ? "key type missing" : "unknown key type");
	err = prepare(ps, k, t, next_word(&line));
	if (err == 0)
		err = parse_users(ps, k, next_word(&line));
	if (err == 0 && next_word(&line).len > 0)
		err =
		    bad(ps, k->id, "more words than ID TYPE SECRET ADDRESSES");
	return err;
}

/* 1 for a key, 0 for a blank or bad line, or -NTP_ENOMEM. */
static int
parse_line(struct keystore *ks, const struct parser *ps, struct span line)
{
	struct key k = {0};
	struct span look = line;
	int err;

	if (next_word(&look).len == 0)
		return 0;
	err = parse_key(ps, line, &k);
	if (err == 0)
		err = insert(ks, &k);
	if (err == 0)
		return 1;
	key_clear(&k);
	return err == -NTP_ENOMEM ? err : 0;
}

int
keys_parse(struct keystore *ks, const char *buf, size_t len,
    keys_report *report, void *arg)
{
	struct parser ps = {.report = report, .arg = arg};
	struct span line = {buf, len};
	int n, count = 0;

	while (line.len > 0) {
		struct span rest = cut(&line, '\n');

		ps.line++;
		cut(&line, '#');
		n = parse_line(ks, &ps, line);
		if (n < 0)
			return n;
		count += n;
		line = rest;
	}
	return count;
}

int
keys_trust(struct keystore *ks, uint32_t lo, uint32_t hi)
{
	if (lo < 1 || lo > hi || hi > NTP_KEYID_MAX)
		return -NTP_ERANGE;
	for (uint32_t id = lo; id <= hi; id++)
		ks->trusted[id / 8] |= (uint8_t)(1U << id % 8);
	return 0;
}

bool
keys_is_trusted(const struct keystore *ks, uint32_t id)
{
	return id <= NTP_KEYID_MAX && (ks->trusted[id / 8] >> id % 8 & 1) != 0;
}

struct mac *
keys_find(const struct keystore *ks, uint32_t id)
{
	const struct key *k = keys_is_trusted(ks, id) ? lookup(ks, id) : NULL;

	ks->count->lookups++;
	ks->count->notfound += k == NULL;
	return k != NULL ? k->mac : NULL;
}

struct keys_counters
keys_counted(const struct keystore *ks)
{
	return *ks->count;
}

void
keys_reset(struct keystore *ks)
{
	*ks->count = (struct keys_counters){0};
}

void
keys_inherit(struct keystore *ks, const struct keystore *old)
{
	*ks->count = *old->count;
}

static bool
is_cmac(const struct mac *m)
{
	return mac_type_of(m) == MAC_AES128CMAC;
}

bool
keys_allows(const struct keystore *ks, uint32_t id, const struct ntp_addr *addr)
{
	const struct key *k = lookup(ks, id);

	if (k == NULL || k->n_users == 0)
		return k != NULL;
	for (size_t i = 0; i < k->n_users; i++)
		if (addr_in_prefix(addr, &k->users[i].net, k->users[i].bits))
			return true;
	return false;
}

size_t
keys_count(const struct keystore *ks)
{
	return ks->n;
}

static int
sign(const struct keystore *ks, uint32_t id, uint8_t *buf, size_t cap,
    size_t *len, bool whole)
{
	struct mac *m = keys_find(ks, id);
	uint8_t digest[NTP_DIGEST_WHOLE];
	struct wire_wr w;
	size_t n;

	if (m == NULL)
		return -NTP_ENOKEY;
	if (*len > cap)
		return -NTP_ESHORT;
	n = whole ? mac_sign_whole(m, buf, *len, digest)
		  : mac_sign(m, buf, *len, digest);
	if (n == 0)
		return -NTP_ENOKEY;
	if (cap - *len < KEYID_LEN + n)
		return -NTP_ESHORT;
	w = wire_wr_init(buf + *len, cap - *len);
	wire_put32(&w, id);
	wire_put(&w, digest, n);
	*len += w.len;
	if (is_cmac(m))
		ks->count->cmac_signed++;
	else
		ks->count->digest_signed++;
	return 0;
}

int
keys_sign(const struct keystore *ks, uint32_t id, uint8_t *buf, size_t cap,
    size_t *len)
{
	return sign(ks, id, buf, cap, len, false);
}

int
keys_sign_whole(const struct keystore *ks, uint32_t id, uint8_t *buf,
    size_t cap, size_t *len)
{
	return sign(ks, id, buf, cap, len, true);
}

static void
count_verified(const struct keystore *ks, const struct mac *m, bool good)
{
	if (is_cmac(m)) {
		ks->count->cmac_verified++;
		ks->count->cmac_failed += !good;
	} else {
		ks->count->digest_verified++;
		ks->count->digest_failed += !good;
	}
}

int
keys_verify(
    const struct keystore *ks, const uint8_t *buf, size_t msglen, size_t maclen)
{
	struct wire_rd r = wire_rd_init(buf + msglen, maclen);
	struct mac *m = keys_find(ks, wire_get32(&r));
	bool good;

	if (r.bad)
		return -NTP_EAUTH;
	if (m == NULL)
		return -NTP_ENOKEY;
	good = mac_verify(
	    m, buf, msglen, buf + msglen + KEYID_LEN, maclen - KEYID_LEN);
	count_verified(ks, m, good);
	return good ? 0 : -NTP_EAUTH;
}
