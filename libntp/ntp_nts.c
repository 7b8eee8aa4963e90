/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_nts.c - the extension fields of Network Time Security (RFC 8915 5).
 *
 * Both ends read them by the same strict rules: whatever could be understood
 * in two ways is refused, for who alters packets must not choose the way.
 */
#include "ntp_nts.h"

#include <openssl/crypto.h>

#include "ntp_err.h"
#include "ntp_wire.h"

#define FIELD_HEADER 4U /* octets: type and length */
#define WORD	     4U

void
nts_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

bool
nts_cookie_fits(size_t len)
{
	/* with its header it must make a field that may stand anywhere */
	return len >= 12 && len <= NTS_COOKIE_MAX && len % WORD == 0;
}

static bool
is_nts(uint16_t type)
{
	return type == NTS_UID || type == NTS_COOKIE ||
	    type == NTS_PLACEHOLDER || type == NTS_AUTH;
}

bool
nts_present(const uint8_t *buf, const struct ext_tail *t)
{
	struct ext_iter it = ext_iter_init(buf, t);
	struct ext_field f;

	while (ext_next(&it, &f)) {
		if (is_nts(f.type))
			return true;
	}
	return false;
}

static size_t
padded(size_t n)
{
	return (n + WORD - 1) / WORD * WORD;
}

/* RFC 8915 5.6: the lengths leave out the padding; what is left over is more
 * padding. */
static bool
read_authenticator(const struct ext_field *f, struct nts_fields *out)
{
	struct wire_rd r = wire_rd_init(f->value, f->len);
	size_t nonce = wire_get16(&r), sealed = wire_get16(&r);

	out->nonce = (struct octets){wire_borrow(&r, padded(nonce)), nonce};
	out->sealed = (struct octets){wire_borrow(&r, padded(sealed)), sealed};
	return !r.bad && nonce > 0 && sealed >= AEAD_TAG;
}

static bool
read_once(const struct ext_field *f, struct octets *out)
{
	bool first = out->len == 0;

	*out = (struct octets){f->value, f->len};
	return first;
}

struct reading {
	struct nts_fields *out;
	size_t placeholder; /* octets of the first one */
};

static bool
read_field(struct reading *r, const struct ext_field *f)
{
	switch (f->type) {
	case NTS_UID:
		return read_once(f, &r->out->uid);
	case NTS_COOKIE:
		return read_once(f, &r->out->cookie);
	case NTS_PLACEHOLDER:
		if (r->out->placeholders++ == 0)
			r->placeholder = f->len;
		return r->placeholder == f->len;
	case NTS_AUTH:
		return read_authenticator(f, r->out);
	default:
		return true;
	}
}

int
nts_parse(const uint8_t *buf, const struct ext_tail *t, struct nts_fields *out)
{
	struct ext_iter it = ext_iter_init(buf, t);
	struct reading r = {.out = out};
	struct ext_field f;

	*out = (struct nts_fields){.signed_len = t->ext_off};
	if (t->kind != EXT_TAIL_NONE)
		return -NTP_EFORMAT;
	while (ext_next(&it, &f)) {
		if (out->sealed.len != 0 || !read_field(&r, &f))
			return -NTP_EFORMAT;
		if (f.type != NTS_AUTH)
			out->signed_len = t->ext_off + it.off;
	}
	if (out->placeholders > 0 && r.placeholder != out->cookie.len)
		return -NTP_EFORMAT;
	return 0;
}

bool
nts_inner_next(struct nts_inner *it, struct ext_field *f)
{
	struct wire_rd r = wire_rd_init(it->p + it->off, it->len - it->off);
	uint16_t type = wire_get16(&r);
	size_t len = wire_get16(&r);

	if (r.bad || len < FIELD_HEADER || len % WORD != 0 || len > r.len)
		return false;
	f->type = type;
	f->value = r.p + FIELD_HEADER;
	f->len = len - FIELD_HEADER;
	it->off += len;
	return true;
}
