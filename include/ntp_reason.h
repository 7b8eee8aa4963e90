/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reason.h - why: of each association and of the system, in words.
 *
 * Inside the engine only.  What the state does not tell afterwards is noted
 * when it happens; everything else is derived from the state when somebody
 * asks, and once a second for "since when".
 */
#ifndef NTP_REASON_H
#define NTP_REASON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp.h"
#include "ntp_addr.h"
#include "ntp_algo.h"
#include "ntp_ports.h"
#include "ntp_time.h"

#define REASON_TEXT_MAX 400U /* octets of a sentence with NUL */
#define REASON_WORDS	80U  /* octets of the resolver's words with NUL */

struct ntp_engine;
struct peer;

enum reason {
#define REASON(id, word, kept) REASON_##id,
#include "ntp_tbl_reason.h"
#undef REASON
	REASON_COUNT
};

/* What was wrong with a reply's authenticator. */
enum auth_fault {
	AUTH_OK,
	AUTH_NOKEY,    /* we lack the key to ask with */
	AUTH_NOMAC,    /* none in the reply */
	AUTH_NAK,      /* crypto-NAK */
	AUTH_OTHERKEY, /* of key `code` instead of ours */
	AUTH_UNKNOWN,  /* of key `code`, which we do not trust */
	AUTH_ADDRESS,  /* that key is not for this address */
	AUTH_DIGEST,   /* does not verify */
	/* with Network Time Security */
	AUTH_NTS_NONE,
	AUTH_NTS_MALFORMED,
	AUTH_NTS_OTHERS, /* answers another request */
	AUTH_NTS_FORGED, /* does not verify */
};

/* Noted of an association since its last good answer. */
struct reason_notes {
	uint64_t sent_then; /* count.sent at that answer */
	ntp_mono good_at;   /* of that answer, or the start */
	/* the last datagram refused, and how many in a row for that reason */
	uint8_t refused; /* enum ntp_drop */
	unsigned nrefused;
	uint64_t sent_refused; /* count.sent then */
	uint8_t auth;	       /* enum auth_fault, for DROP_BADAUTH */
	uint32_t code;	       /* kiss code, or key id in the reply */
	double value;	       /* s, round trip or root distance */
	/* what the network said */
	struct ntp_addr icmp_from;
	uint8_t icmp_type, icmp_code;
	unsigned nicmp;
	uint64_t sent_icmp; /* count.sent then */
	int send_error;	    /* -NTP_E* of the last attempt to send, 0 */
};

/* What the last vote found of an association. */
struct reason_vote {
	struct interval own;	/* s, offset -+ root distance */
	double seljit, peerjit; /* s, of an outlier; see struct candidate */
	double weight;		/* 0..1, of a survivor's offset */
};

/* What the last vote found of all. */
struct reason_tally {
	size_t fit, kept; /* voters, survivors */
	bool majority;
	struct interval common; /* s, when there is a majority */
};

/* A reason and since when it holds; of a peer or of the system. */
struct reason_state {
	uint8_t why;  /* enum reason */
	uint8_t kept; /* the last one that the history keeps */
	ntp_mono since;
};

/* --- notes, taken where things happen ------------------------------------- */

/* A good answer came: what was wrong before is over. */
void reason_answered(struct peer *p, ntp_mono now);
/* A datagram for P was refused; p->notes.auth, code and value tell more where
 * DROP does not tell all. */
void reason_refused(struct ntp_engine *e, struct peer *p, enum ntp_drop drop,
    struct ntp_now now);
/* Survivors of the vote, the first KEPT of N candidates; COMMON NULL: none. */
void reason_voted(
    struct ntp_engine *e, size_t n, size_t kept, const struct interval *common);
/* The offset is combined of the first KEPT candidates; ONLY < KEPT: it is that
 * of this one. */
void reason_weighted(struct ntp_engine *e, size_t kept, size_t only);
/* The clock was stepped by OFFSET s, by us or (JUMP) by somebody else. */
void reason_stepped(
    struct ntp_engine *e, double offset, bool jump, struct ntp_now now);
/* The sample OFFSET s of P was taken for a spike. */
void reason_popcorn(
    struct ntp_engine *e, struct peer *p, double offset, struct ntp_now now);
/* See which reasons have changed; after selections and once a second. */
void reason_update(struct ntp_engine *e, struct ntp_now now);

/* --- judgement (ntp_reason.c) --------------------------------------------- */

enum reason reason_of_peer(
    const struct ntp_engine *e, const struct peer *p, ntp_mono now);
enum reason reason_of_system(const struct ntp_engine *e, ntp_mono now);

/* Since when that is so, on the disciplined clock of NOW. */
ntp_ts reason_since(
    const struct ntp_engine *e, const struct peer *p, struct ntp_now now);

/* The word of ntp_tbl_reason.h; constant. */
const char *reason_word(enum reason why);
/* Whether the history keeps it. */
bool reason_is_kept(enum reason why);

/* --- words (ntp_reasontext.c) --------------------------------------------- */

/*
 * What is the case for reason WHY of P (NULL: the system), with numbers and
 * without the word; at most CAP octets with NUL.  Free of ',', '=' and '"'.
 */
void reason_describe(const struct ntp_engine *e, const struct peer *p,
    enum reason why, struct ntp_now now, char *out, size_t cap);
/* The whole sentence: word, description, since when, and what would mend it.
 * Returns OUT, of REASON_TEXT_MAX octets at least. */
const char *reason_sentence(const struct ntp_engine *e, const struct peer *p,
    struct ntp_now now, char *out, size_t cap);

#endif /* NTP_REASON_H */
