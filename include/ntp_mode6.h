/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_mode6.h - control messages (RFC 9327): header, fragments, variable
 * lists.  Used by the responder and by ntpq alike.
 */
#ifndef NTP_MODE6_H
#define NTP_MODE6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODE6_HEADER_LEN   12U
#define MODE6_DATA_MAX	   468U /* octets of data in one datagram */
#define MODE6_PACKET_MAX   576U /* with padding and authenticator */
#define MODE6_FRAGS_MAX	   32U	/* what clients take */
#define MODE6_TEXT_MAX	   (MODE6_FRAGS_MAX * MODE6_DATA_MAX)
#define MODE6_VAR_NAME_MAX 64U

enum mode6_op {
	MODE6_UNSPEC = 0,
	MODE6_READSTAT = 1,
	MODE6_READVAR = 2,
	MODE6_WRITEVAR = 3,
	MODE6_READCLOCK = 4,
	MODE6_WRITECLOCK = 5,
	MODE6_SETTRAP = 6,
	MODE6_ASYNCMSG = 7,
	MODE6_CONFIGURE = 8,
	MODE6_SAVECONFIG = 9,
	MODE6_READ_MRU = 10,
	MODE6_READ_ORDLIST = 11,
	MODE6_REQ_NONCE = 12,
	MODE6_UNSETTRAP = 31,
};

/* Error codes: ntp_tbl_ctlerr.h. */
enum mode6_err {
#define CTLERR(id, code, text) MODE6_ERR_##id = (code),
#include "ntp_tbl_ctlerr.h"
#undef CTLERR
};

struct mode6_hdr {
	uint8_t leap, version;
	bool response, error, more;
	uint8_t opcode; /* enum mode6_op */
	uint16_t seq, status, associd;
	uint16_t offset, count; /* octets */
};

/* 0 or -NTP_ESHORT.  Nothing but the length is judged. */
int mode6_decode(const void *buf, size_t len, struct mode6_hdr *h);
void mode6_encode(const struct mode6_hdr *h, uint8_t out[MODE6_HEADER_LEN]);

/*
 * Write the fragment of TEXT (TEXTLEN octets in all) that begins at h->offset
 * into OUT: fills h->count and h->more, pads to 4.  Returns octets written.
 * Call again with h->offset += h->count while h->more.
 */
size_t mode6_fragment(struct mode6_hdr *h, const void *text, size_t textlen,
    uint8_t out[MODE6_PACKET_MAX]);

/*
 * Where an authenticator (4-octet key id and digest) may begin in a datagram
 * with COUNT octets of data: at the next multiple of 8, then of 4.  *maclen is
 * what remains.  False when none of 4..24 octets is there (TRY 0: aligned to
 * 8, TRY 1: to 4).
 */
bool mode6_auth_pos(
    size_t len, size_t count, unsigned attempt, size_t *pos, size_t *maclen);

/* Put together a reply of any order of fragments. */
enum mode6_asm_result {
	MODE6_ASM_MORE,	  /* took it; incomplete */
	MODE6_ASM_DONE,	  /* complete: text, len, status, errcode */
	MODE6_ASM_IGNORE, /* not for this request, or malformed */
	MODE6_ASM_TOOBIG, /* more fragments than MODE6_FRAGS_MAX */
};
struct mode6_asm {
	uint8_t opcode;
	uint16_t seq, associd; /* of the outstanding request */
	uint16_t status;       /* of the last fragment */
	bool error;
	uint8_t errcode; /* enum mode6_err */
	bool have_last;
	unsigned nfrags;
	struct {
		uint16_t off, len;
	} frag[MODE6_FRAGS_MAX];
	size_t len; /* octets of text */
	uint8_t text[MODE6_TEXT_MAX + 1];
};
void mode6_asm_start(
    struct mode6_asm *a, uint8_t opcode, uint16_t seq, uint16_t associd);
enum mode6_asm_result mode6_asm_add(
    struct mode6_asm *a, const void *buf, size_t len);

/* --- variable lists ---------------------------------------------------- */

/*
 * Writer: items joined by ", ", a line folded with ",\r\n" before it would
 * reach 72 characters; var_end() ends the text with "\r\n".  Values are
 * cleaned: no control characters, no '"' in strings, no ',' or '=' in any
 * value.  Overflow is sticky and keeps whole items only.
 */
struct var_wr {
	char *p;
	size_t cap, len, col;
	bool any, bad;
};
struct var_wr var_init(char *p, size_t cap);
void var_raw(struct var_wr *w, const char *name, const char *value);
void var_str(struct var_wr *w, const char *name, const char *value); /* "" */
/* A string whose commas stay: clients take it as one value. */
void var_list(struct var_wr *w, const char *name, const char *value);
void var_int(struct var_wr *w, const char *name, int64_t v);
void var_hex(struct var_wr *w, const char *name, uint64_t v);
void var_fixed(struct var_wr *w, const char *name, double v, unsigned digits);
void var_ts(struct var_wr *w, const char *name, uint64_t ts);
size_t var_end(struct var_wr *w); /* returns the length of the text */

/*
 * Reader, for both requests and replies: items separated by ',' or CR LF, an
 * optional value after '=', quotes kept in the value.  Name and value borrow
 * TEXT.  False at the end.
 */
struct var_item {
	const char *name, *value; /* value NULL when there is no '=' */
	size_t namelen, valuelen;
};
struct var_rd {
	const char *p;
	size_t len, off;
};
struct var_rd var_rd_init(const char *text, size_t len);
bool var_next(struct var_rd *r, struct var_item *it);

/* Is NAME its name? */
bool var_is(const struct var_item *it, const char *name);

/* Leave out the quotes around the value, if there are any. */
void var_unquote(struct var_item *it);

/* An item of a table is called "name.N", N from 0 to 65535: leave the name and
 * take N.  False for anything else. */
bool var_split_row(struct var_item *it, unsigned *n);

#endif /* NTP_MODE6_H */
