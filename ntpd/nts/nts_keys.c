/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nts_keys.c - the keys of the server's cookies.
 *
 * A client's cookies outlive a restart, a change to our neighbour of the same
 * cluster, and NTPsec: so the keys lie in a file, in its form.
 */
#include "nts_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_fmt.h"

/* The algorithm whose keys have LEN octets. */
static uint16_t
aead_of_length(int64_t len)
{
	for (unsigned i = 0; i < AEAD_COUNT; i++) {
		uint16_t id = (uint16_t)(AEAD_AES_SIV_CMAC_256 + i);

		if (len > 0 && aead_keylen(id) == (size_t)len)
			return id;
	}
	return 0;
}

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

static bool
take_hex(const char *s, size_t len, uint8_t *out, size_t n)
{
	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = digit(s[2 * i]), lo = digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

/* What has been read of the file. */
struct reading {
	struct nts_keyfile *f;
	uint16_t aead;
	bool named; /* the key that comes next has its number */
};

static bool
take_key(struct reading *r, const char *value, size_t len)
{
	struct nts_cookiekeys *k = &r->f->keys;

	if (!r->named ||
	    !take_hex(value, len, k->key[k->n].key, aead_keylen(r->aead)))
		return false;
	k->key[k->n++].aead = r->aead;
	r->named = false;
	return true;
}

/* "X: VALUE", VALUE of LEN characters. */
static bool
take_line(struct reading *r, char what, const char *value, size_t len)
{
	struct nts_cookiekeys *k = &r->f->keys;
	int64_t n = 0;

	if (what == 'K')
		return take_key(r, value, len);
	if (fmt_parse_int(value, len, false, &n) != 0)
		return false;
	if (what == 'T') {
		r->f->made = n;
		return true;
	}
	if (what == 'L') {
		r->aead = aead_of_length(n);
		return r->aead != 0;
	}
	if (what != 'I' || r->aead == 0 || r->named || k->n == NTS_KEYRING)
		return false;
	k->key[k->n].id = (uint32_t)n;
	r->named = true;
	return true;
}

int
nts_keys_parse(const char *text, size_t len, struct nts_keyfile *out)
{
	struct reading r = {.f = out};
	const char *p = text, *end = text + len;
	bool good = true;

	memset(out, 0, sizeof *out);
	while (good && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl != NULL ? nl : end) - p);

		good = n > 3 && p[1] == ':' && p[2] == ' ' &&
		    take_line(&r, p[0], p + 3, n - 3);
		p += n + 1;
	}
	if (good && out->keys.n > 0 && !r.named)
		return 0;
	nts_wipe(out, sizeof *out);
	return -NTP_EFORMAT;
}

void
nts_keys_format(const struct nts_keyfile *f, char out[NTS_KEYS_TEXT])
{
	size_t keylen = aead_keylen(f->keys.key[0].aead);
	int n = snprintf(
	    out, NTS_KEYS_TEXT, "T: %" PRId64 "\nL: %zu\n", f->made, keylen);

	for (size_t i = 0; i < f->keys.n; i++) {
		n += snprintf(out + n, NTS_KEYS_TEXT - (size_t)n,
		    "I: %" PRIu32 "\nK: ", f->keys.key[i].id);
		for (size_t j = 0; j < keylen; j++)
			n += snprintf(out + n, NTS_KEYS_TEXT - (size_t)n,
			    "%02x", f->keys.key[i].key[j]);
		n += snprintf(out + n, NTS_KEYS_TEXT - (size_t)n, "\n");
	}
}

static bool
is_taken(const struct nts_cookiekeys *k, uint32_t id)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->key[i].id == id)
			return true;
	return false;
}

/* All keys of a file are of one length; the first one says of which. */
void
nts_keys_rotate(struct nts_keyfile *f, struct rng_port *rng, int64_t now)
{
	struct nts_cookiekeys *k = &f->keys;
	struct nts_cookiekey made = {
	    .aead = k->n > 0 ? k->key[0].aead : AEAD_AES_SIV_CMAC_256};

	do
		rng->fill(rng, &made.id, sizeof made.id);
	while (is_taken(k, made.id));
	rng->fill(rng, made.key, aead_keylen(made.aead));
	if (k->n >= NTS_KEYS_KEPT)
		k->n = NTS_KEYS_KEPT - 1;
	memmove(&k->key[1], &k->key[0], k->n * sizeof k->key[0]);
	k->key[0] = made;
	k->n++;
	f->made = now;
	nts_wipe(&made, sizeof made);
}
