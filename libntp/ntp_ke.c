/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_ke.c - the messages of NTS key establishment.
 *
 * A record is looked at when it is whole.  What we do not know is counted and
 * forgotten while it arrives: a peer may send as much of it as the limit of
 * the message allows, and costs nothing but its own time.
 */
#include "ntp_ke.h"

#include <string.h>

#include "ntp_aead.h"

#define HEADER_LEN  4U
#define CRITICAL    0x8000U
#define TYPE_MASK   0x7fffU
#define PROTO_NTPV4 0

const char ke_label[] = "EXPORTER-network-time-security";

/* --- reading ---------------------------------------------------------------- */

void
ke_begin(struct ke_message *m, enum ke_side side)
{
	memset(m, 0, sizeof *m);
	m->side = side;
}

static void
refuse(struct ke_message *m, enum ke_error error, const char *why)
{
	m->progress = KE_REFUSED;
	m->error = error;
	m->why = why;
}

static void
bad(struct ke_message *m, const char *why)
{
	refuse(m, KE_BAD_REQUEST, why);
}

static unsigned
type_of(const struct ke_message *m)
{
	return ((unsigned)m->header[0] << 8 | m->header[1]) & TYPE_MASK;
}

static bool
is_critical(const struct ke_message *m)
{
	return (m->header[0] & CRITICAL >> 8) != 0;
}

static size_t
body_len(const struct ke_message *m)
{
	return (size_t)m->header[2] << 8 | m->header[3];
}

static bool
is_known(unsigned type)
{
	return type <= KE_SERVER_PORT;
}

static bool
seen(const struct ke_message *m, enum ke_type type)
{
	return (m->seen & 1U << type) != 0;
}

static void
take_protocols(struct ke_message *m)
{
	size_t len = body_len(m);
	struct wire_rd r = wire_rd_init(m->body, len);

	if (len % 2 != 0 || (len == 0 && m->side == KE_IS_REQUEST)) {
		bad(m, "bad list of protocols");
		return;
	}
	m->nprotocols = (uint16_t)(len / 2);
	while (wire_left(&r) > 0)
		if (wire_get16(&r) == PROTO_NTPV4)
			m->ntpv4 = true;
}

static void
take_aeads(struct ke_message *m)
{
	size_t len = body_len(m);
	struct wire_rd r = wire_rd_init(m->body, len);

	if (len % 2 != 0 || (len == 0 && m->side == KE_IS_REQUEST)) {
		bad(m, "bad list of AEAD algorithms");
		return;
	}
	while (wire_left(&r) > 0 && m->naead < KE_AEADS)
		m->aead[m->naead++] = wire_get16(&r);
}

static void
take_cookie(struct ke_message *m)
{
	size_t len = body_len(m);

	if (m->side == KE_IS_REQUEST)
		bad(m, "a cookie in a request");
	else if (len == 0 || len % 4 != 0 || len > KE_COOKIE_MAX)
		bad(m, "a cookie of unusable length");
	else if (m->ncookies < KE_COOKIES) {
		m->cookie[m->ncookies].len = (uint16_t)len;
		memcpy(m->cookie[m->ncookies].octets, m->body, len);
		m->ncookies++;
	}
}

static bool
is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* Letters, digits, hyphens (and what is taken for such) and dots, or the colons
 * of an address: what goes to the resolver and into the log. */
static bool
is_name(const uint8_t *p, size_t len)
{
	static const char others[] = "-_.:";

	for (size_t i = 0; i < len; i++)
		if (!is_alnum(p[i]) &&
		    memchr(others, p[i], sizeof others - 1) == NULL)
			return false;
	return len > 0 && len < KE_NAME_MAX;
}

static void
take_server(struct ke_message *m)
{
	size_t len = body_len(m);

	if (!is_name(m->body, len)) {
		bad(m, "bad name of an NTP server");
		return;
	}
	memcpy(m->server, m->body, len);
	m->server[len] = '\0';
}

static void
take_port(struct ke_message *m)
{
	struct wire_rd r = wire_rd_init(m->body, body_len(m));

	m->port = wire_get16(&r);
	if (r.bad || wire_left(&r) > 0 || m->port == 0)
		bad(m, "bad port of an NTP server");
}

static void
take_error(struct ke_message *m)
{
	struct wire_rd r = wire_rd_init(m->body, body_len(m));
	uint16_t code = wire_get16(&r);

	if (m->side == KE_IS_REQUEST)
		bad(m, "an error or warning in a request");
	else if (type_of(m) == KE_WARNING)
		bad(m, "the server warns of something we do not know");
	else if (r.bad || code > KE_INTERNAL)
		bad(m, "the server reports an unknown error");
	else if (code == KE_INTERNAL)
		bad(m, "the server reports an internal error");
	else
		bad(m,
		    code == KE_BAD_REQUEST
			? "the server finds our request bad"
			: "the server does not know a record of ours");
}

static void
end_request(struct ke_message *m)
{
	if (!seen(m, KE_NEXT_PROTOCOL))
		bad(m, "no next protocol");
	else if (m->ntpv4 && !seen(m, KE_AEAD))
		bad(m, "no AEAD algorithm");
}

static void
end_response(struct ke_message *m)
{
	if (!seen(m, KE_NEXT_PROTOCOL))
		bad(m, "no next protocol");
	else if (m->nprotocols == 0)
		bad(m, "the server does not offer NTPv4");
	else if (m->nprotocols != 1 || !m->ntpv4)
		bad(m, "a protocol that was not asked for");
	else if (!seen(m, KE_AEAD))
		bad(m, "no AEAD algorithm");
	else if (m->naead == 0)
		bad(m, "the server has none of our AEAD algorithms");
	else if (m->naead != 1)
		bad(m, "several AEAD algorithms");
	else if (m->ncookies == 0)
		bad(m, "no cookies");
}

static void
take_end(struct ke_message *m)
{
	if (body_len(m) != 0)
		bad(m, "End of Message is not empty");
	else if (m->side == KE_IS_REQUEST)
		end_request(m);
	else
		end_response(m);
	if (m->progress == KE_MORE)
		m->progress = KE_DONE;
}

/* The header is there: is it one that may stand here? */
static void
check_header(struct ke_message *m)
{
	unsigned type = type_of(m);

	if (!is_known(type)) {
		if (is_critical(m))
			refuse(m, KE_UNKNOWN_CRITICAL,
			    "an unknown critical record");
		return;
	}
	if (body_len(m) > KE_BODY_MAX)
		bad(m, "a record too long");
	else if (type <= KE_WARNING && !is_critical(m))
		bad(m, "a record that has to be critical is not");
	else if (type != KE_COOKIE && seen(m, (enum ke_type)type))
		bad(m, "a record that may come once came twice");
	m->seen |= 1U << type;
}

static void
take_record(struct ke_message *m)
{
	switch (type_of(m)) {
	case KE_END:
		take_end(m);
		break;
	case KE_NEXT_PROTOCOL:
		take_protocols(m);
		break;
	case KE_ERROR:
	case KE_WARNING:
		take_error(m);
		break;
	case KE_AEAD:
		take_aeads(m);
		break;
	case KE_COOKIE:
		take_cookie(m);
		break;
	case KE_SERVER:
		take_server(m);
		break;
	case KE_SERVER_PORT:
		take_port(m);
		break;
	default:
		break;
	}
}

/* As many of the N octets at P as belong to the header, or to the body. */
static size_t
take_octets(struct ke_message *m, const uint8_t *p, size_t n)
{
	bool in_header = m->have < HEADER_LEN;
	size_t at = in_header ? m->have : m->have - HEADER_LEN;
	size_t want = (in_header ? HEADER_LEN : body_len(m)) - at;
	size_t len = n < want ? n : want;

	if (in_header)
		memcpy(m->header + at, p, len);
	else if (is_known(type_of(m)))
		memcpy(m->body + at, p, len);
	m->have += len;
	if (in_header && m->have == HEADER_LEN)
		check_header(m);
	return len;
}

static size_t
limit_of(const struct ke_message *m)
{
	return m->side == KE_IS_REQUEST ? KE_REQUEST_MAX : KE_RESPONSE_MAX;
}

enum ke_progress
ke_feed(struct ke_message *m, const uint8_t *p, size_t n)
{
	size_t off = 0;

	while (off < n && m->progress == KE_MORE) {
		size_t len = take_octets(m, p + off, n - off);

		off += len;
		m->total += len;
		if (m->progress == KE_MORE && m->have >= HEADER_LEN &&
		    m->have == HEADER_LEN + body_len(m)) {
			take_record(m);
			m->have = 0;
		}
		if (m->progress == KE_MORE && m->total > limit_of(m))
			bad(m, "a message too long");
	}
	if (off < n && m->progress == KE_DONE)
		bad(m, "something after End of Message");
	return m->progress;
}

/* --- what it means ---------------------------------------------------------- */

static bool
is_in(uint16_t id, const uint16_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

uint16_t
ke_choose(const struct ke_message *m, const uint16_t *ours, size_t n)
{
	for (size_t i = 0; i < m->naead; i++)
		if (is_in(m->aead[i], ours, n))
			return m->aead[i];
	return 0;
}

const char *
ke_refusal(const struct ke_message *m, const uint16_t *offered, size_t n)
{
	if (m->progress == KE_MORE)
		return "the server closed before End of Message";
	if (m->progress == KE_REFUSED)
		return m->why;
	if (!is_in(m->aead[0], offered, n))
		return "an AEAD algorithm that was not offered";
	return NULL;
}

/* --- writing ---------------------------------------------------------------- */

static void
put_header(struct wire_wr *w, unsigned type, size_t len)
{
	wire_put16(w, (uint16_t)type);
	wire_put16(w, (uint16_t)len);
}

void
ke_put_end(struct wire_wr *w)
{
	put_header(w, CRITICAL | KE_END, 0);
}

void
ke_put_request(struct wire_wr *w, const uint16_t *aead, size_t n)
{
	put_header(w, CRITICAL | KE_NEXT_PROTOCOL, 2);
	wire_put16(w, PROTO_NTPV4);
	put_header(w, CRITICAL | KE_AEAD, 2 * n);
	for (size_t i = 0; i < n; i++)
		wire_put16(w, aead[i]);
	ke_put_end(w);
}

void
ke_put_error(struct wire_wr *w, enum ke_error code)
{
	put_header(w, CRITICAL | KE_ERROR, 2);
	wire_put16(w, (uint16_t)code);
	ke_put_end(w);
}

/* Who does not heed them asks at the wrong place: critical. */
static void
put_place(struct wire_wr *w, const struct ke_answer *a)
{
	size_t len = a->server != NULL ? strlen(a->server) : 0;

	if (len > 0) {
		put_header(w, CRITICAL | KE_SERVER, len);
		wire_put(w, a->server, len);
	}
	if (a->port != 0) {
		put_header(w, CRITICAL | KE_SERVER_PORT, 2);
		wire_put16(w, a->port);
	}
}

void
ke_put_answer(
    struct wire_wr *w, const struct ke_message *m, const struct ke_answer *a)
{
	put_header(w, CRITICAL | KE_NEXT_PROTOCOL, m->ntpv4 ? 2 : 0);
	if (!m->ntpv4)
		return;
	wire_put16(w, PROTO_NTPV4);
	put_header(w, CRITICAL | KE_AEAD, a->aead != 0 ? 2 : 0);
	if (a->aead == 0)
		return;
	wire_put16(w, a->aead);
	put_place(w, a);
}

void
ke_put_cookie(struct wire_wr *w, const void *p, size_t n)
{
	put_header(w, KE_COOKIE, n);
	wire_put(w, p, n);
}

/* --- keys ------------------------------------------------------------------- */

void
ke_context(uint8_t out[KE_CONTEXT_LEN], uint16_t aead, bool to_client)
{
	struct wire_wr w = wire_wr_init(out, KE_CONTEXT_LEN);

	wire_put16(&w, PROTO_NTPV4);
	wire_put16(&w, aead);
	wire_put8(&w, to_client);
}

uint16_t
ke_aead_id(const char *name)
{
	for (unsigned i = 0; i < AEAD_COUNT; i++) {
		uint16_t id = (uint16_t)(AEAD_AES_SIV_CMAC_256 + i);

		if (strcmp(aead_name(id), name) == 0)
			return id;
	}
	return 0;
}
