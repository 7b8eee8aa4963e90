/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_state.h - the one state object, for the rooms of the engine.
 *
 * Nothing outside the engine includes this.
 */
#ifndef NTP_STATE_H
#define NTP_STATE_H

#include "ntp_algo.h"
#include "ntp_config.h"
#include "ntp_ctlguard.h"
#include "ntp_ctlmru.h"
#include "ntp_engine.h"
#include "ntp_ext.h"
#include "ntp_fmt.h"
#include "ntp_history.h"
#include "ntp_huffpuff.h"
#include "ntp_leap.h"
#include "ntp_loopfilter.h"
#include "ntp_manycast.h"
#include "ntp_mode6.h"
#include "ntp_monitor.h"
#include "ntp_mruset.h"
#include "ntp_ntsassoc.h"
#include "ntp_peer.h"
#include "ntp_ports.h"
#include "ntp_restrict.h"
#include "ntp_server.h"
#include "ntp_snapshot.h"
#include "ntp_steer.h"

#define HEAR_ALL	 15.0  /* s, a burst and a look-up */
#define ENGINE_ADDRS_MAX 1024U /* of our own */

/* System variables (RFC 5905 9.2, 11). */
struct sys_vars {
	uint8_t leap, stratum;
	int8_t precision;	    /* log2 s */
	double precision_s;	    /* s */
	double rootdelay, rootdisp; /* s; rootdisp as of `epoch` */
	uint32_t refid;
	ntp_ts reftime;
	ntp_mono epoch;	       /* of rootdisp */
	double offset, jitter; /* s, combined */
	struct peer *peer;     /* system peer, or NULL */
	ntp_mono peer_epoch;   /* filter epoch last used of it */
	double clockhop;       /* s, anti-clockhop threshold in force */
	unsigned survivors;
	uint8_t source; /* enum ntp_sync_source */
	uint8_t event, nevents;
	ntp_mono nopeer_since; /* no system peer since then */
	bool nopeer;
	bool orphan; /* serving our own clock, for want of a source */
};

#define RESTRICT_ADDRS 16U /* of one name */

/* `restrict NAME`: its look-up and what was found. */
struct restrict_name {
	const struct config_restrict *line; /* borrowed */
	uint32_t tag;			    /* of the look-up */
	struct peer_dns dns;
	struct ntp_addr addr[RESTRICT_ADDRS];
	size_t naddr;
};

struct control_counters {
	uint64_t requests, badpkts, responses, frags, errors, too_short;
};

struct timer_counters {
	uint64_t overruns; /* ticks that came too late to be made up for */
	uint64_t sent;	   /* polls */
};

/* When counters began at zero. */
struct counted_since {
	ntp_mono sys, timer, auth;
};

#define REPLAY_MEMORY 4096U

/* Digests of writes by mode 6: each is good for one. */
struct control_replay {
	uint64_t mac[REPLAY_MEMORY]; /* a ring of their first octets */
	size_t n, next;
	bool complained;
	ntp_mono complained_at;
};

/* What is looked at every second comes first and together, what is large
 * last. */
struct ntp_engine {
	struct ntp_config *cfg; /* owned */
	ntp_mono started;
	ntp_mono next_tick; /* adj_host_clock() is due */
	enum engine_stop stop;
	bool noset;	   /* measure and serve, leave the clock alone */
	bool panic_held;   /* `tinker panicaction hold`: it was said */
	bool slew_failed;  /* said once that the clock cannot be set */
	bool stop_stepped; /* -q: by a step */
	bool units_stale;  /* their policy is not ours any more */
	bool units_anew;   /* their client lists neither */
	bool own_hashed;   /* own_refid is up to date */
	bool deaf;	   /* no source can be reached any more */
	bool back;	   /* the first one has answered again */
	bool unsynced_told, refusal_told; /* of ntp_log.c */
	uint16_t teacher;		  /* association, see ntp_measure.c */
	ntp_mono unsynced_since, refusal_at;
	ntp_mono hear_all_until; /* see still_asking() */
	ntp_mono quit_at;	 /* -q: give up at this time */
	double stop_offset;	 /* s */
	double stepped_by;	 /* s, at the last step */
	double slewed;		 /* s, not yet in the samples */
	struct engine_options opt;
	struct ntp_ports port;
	struct peer_table peers;
	size_t nrnames;
	unsigned nmanycast;	   /* of them waiting */
	uint64_t era;		   /* steps of the clock */
	struct reason_tally tally; /* of the last vote */
	struct reason_state reason;
	struct timer_counters ticks;
	struct sys_vars sys;
	struct snap_ring ring;
	struct loop_state loop;
	struct leap_state leap;

	struct restrict_list *access;
	struct mru *mru;
	struct candidate *cand; /* scratch of selection, peers.cap each */
	struct endpoint *ends;	/* 2 * peers.cap */
	struct server_ctx server;
	struct server_counters count;
	struct control_counters ctl;
	struct counted_since since;
	struct huffpuff huffpuff;
	struct serving_unit *unit[SERVER_UNITS_MAX]; /* owned */
	size_t nunits;
	struct server_counters total; /* of all, as of serving_hold() */
	struct mruset lists;	      /* the client lists of all */
	struct xleave_table *xleave;  /* owned */
	struct nts_jar *jar;	      /* owned, NULL: no cookies here */
	struct aead_set aeads;	      /* of clients, once there are keys */
	struct manycast_wait manycast[MANYCAST_WAITING];
	struct control_replay replay;
	struct ctl_guard guard;
	struct ctl_mru ctlmru;

	struct restrict_name *rname; /* one for each `restrict NAME` */
	uint32_t next_name_tag;

	size_t nown;
	struct ntp_addr own[ENGINE_ADDRS_MAX];
	uint32_t own_refid[ENGINE_ADDRS_MAX];

	struct history history;

	char savedconfig[SAVED_NAME_MAX]; /* by SAVECONFIG, or "" */
	char out[MODE6_TEXT_MAX];	  /* text of one control reply */
};

/* --- small services of the engine for its rooms ------------------------- */

void engine_log(struct ntp_engine *e, enum ntp_loglevel lv, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
/* What `logconfig` decides about: without BIT for debugging only. */
void engine_log_class(struct ntp_engine *e, enum log_bit bit,
    enum ntp_loglevel lv, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
uint32_t engine_random(struct ntp_engine *e);
double engine_uniform(struct ntp_engine *e); /* [0,1) */
bool engine_owns(const struct ntp_engine *e, const struct ntp_addr *a);
/* ... and is the port one of ours? */
bool engine_serves_at(const struct ntp_engine *e, const struct ntp_addr *a);

/* Events: kept in the status words, logged. TEXT may be NULL. */
void report_sysevent(
    struct ntp_engine *e, enum ntp_sysevent ev, const char *text);
void report_peerevent(struct ntp_engine *e, struct peer *p,
    enum ntp_peerevent ev, const char *text);
uint16_t sys_status_word(const struct ntp_engine *e);

/* The kernel's status word and error bounds. */
void tell_kernel(struct ntp_engine *e, ntp_mono now);

/* Publish the snapshot for the server path. */
void engine_publish(struct ntp_engine *e, struct ntp_now now);
/* P as selection sees it. */
struct candidate engine_candidate(
    const struct ntp_engine *e, const struct peer *p, ntp_mono now);

/* Root dispersion as of NOW, in s. */
double sys_rootdisp(const struct ntp_engine *e, ntp_mono now);

/* --- ntp_proto.c --------------------------------------------------------- */

/* Answer RB without state, as its client asks; or not at all. */
void serve(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now);

/* Take RB apart: header, version and tail are as the access flags FLAGS and
 * the format want them, or the reason to drop it. */
enum ntp_drop packet_open(struct ntp_engine *e, const struct recvbuf *rb,
    uint16_t flags, struct ntp_packet *pkt, struct ext_tail *tail);
/* Is the MAC right, and of a key that its source may use? */
bool mac_verifies(const struct ntp_engine *e, const struct recvbuf *rb,
    const struct ext_tail *t);
/* Has RB the authentication that P and the access flags FLAGS ask for?
 * Reports what is wrong. */
enum ntp_drop packet_authenticate(struct ntp_engine *e, struct peer *p,
    const struct recvbuf *rb, uint16_t flags, const struct ext_tail *tail);
/* PKT is authentic and answers the packet that left at p->org. */
enum ntp_drop answer_received(struct ntp_engine *e, struct peer *p,
    const struct ntp_packet *pkt, const struct recvbuf *rb, struct ntp_now now);
/* Record RB, which PKT is the header of: it belongs to P and is authentic, and
 * answers what left at ORG, or nothing. */
void stats_raw(struct ntp_engine *e, const struct peer *p,
    const struct ntp_packet *pkt, const struct recvbuf *rb, ntp_ts org);
/* PKT passed all tests and S was measured with it. */
enum ntp_drop packet_measured(struct ntp_engine *e, struct peer *p,
    const struct ntp_packet *pkt, struct sample *s, ntp_ts t4,
    struct ntp_now now);
/* PKT failed the tests FLASH: why, for the notes too. */
enum ntp_drop refuse_header(
    struct peer *p, const struct ntp_packet *pkt, unsigned flash);
bool wants_iburst(const struct ntp_engine *e, const struct peer *p);
bool wants_burst(const struct peer *p);

/* --- ntp_xmit.c ---------------------------------------------------------- */

/* A poll is due: send, or run the reference clock (RFC 5905 13). */
void transmit(struct ntp_engine *e, struct peer *p, struct ntp_now now);
/* Ask a server, or with P a manycast client all of its group. */
void client_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now);
/* Build and send what P's mode sends. */
void peer_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now);
/* The header of a packet that tells our time: modes 1, 2 and 5; the timestamps
 * but reftime are the caller's. */
struct ntp_packet time_packet(
    const struct ntp_engine *e, const struct peer *p, struct ntp_now now);
/* The clock as a transmit timestamp: what is below its precision is random. */
ntp_ts transmit_timestamp(struct ntp_engine *e);
/* Sign and send PKT; *LEFT is when it left.  False: not sent. */
bool packet_send(struct ntp_engine *e, struct peer *p,
    const struct ntp_packet *pkt, struct ntp_now now, ntp_ts *left);
/* Find our own address for a peer that is sent to from the server's sockets.
 * False: there is no way to it. */
bool peer_route(struct ntp_engine *e, struct peer *p);

/* --- ntp_symmetric.c ----------------------------------------------------- */

enum ntp_drop symmetric_receive(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now);
void symmetric_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now);

/* --- ntp_orphan.c -------------------------------------------------------- */

bool orphan_enabled(const struct ntp_engine *e);
/* Of the N candidates leave out orphans and who depends on them; the number
 * left. */
size_t orphan_exclude(struct ntp_engine *e, size_t n);
/* The orphan that we follow, NULL: none, we may lead. */
struct peer *orphan_parent(struct ntp_engine *e, ntp_mono now);
/* Serve our own clock; called every second while that is so. */
void orphan_serve(struct ntp_engine *e, struct ntp_now now);

/* --- ntp_pulse.c --------------------------------------------------------- */

/* It marks seconds and numbers none: no vote. */
bool pulse_is_mute(const struct peer *p);
/* A pulse that may lead the N survivors, of which BEST would, becomes the only
 * one.  Their number from then on. */
size_t pulse_lead(struct ntp_engine *e, size_t n, size_t best, ntp_mono now);

/* --- ntp_broadcast.c ----------------------------------------------------- */

/* A broadcast came in. */
enum ntp_drop broadcast_receive(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now);
/* The server whose delay P measures has answered: is it enough? */
void broadcast_volley(struct ntp_engine *e, struct peer *p, struct ntp_now now);
/* An interval has passed without a broadcast. */
void broadcast_missed(struct ntp_engine *e, struct peer *p, struct ntp_now now);
void broadcast_xmit(struct ntp_engine *e, struct peer *p, struct ntp_now now);

/* --- ntp_manycast.c ------------------------------------------------------ */

/* The search goes on. */
void manycast_poll(struct ntp_engine *e, struct peer *p, struct ntp_now now);
/* A server answers the search of P. */
enum ntp_drop manycast_reply(struct ntp_engine *e, struct peer *p,
    const struct recvbuf *rb, const struct restrict_entry *res,
    struct ntp_now now);
/* A client searches. */
enum ntp_drop manycast_request(struct ntp_engine *e, const struct recvbuf *rb,
    const struct restrict_entry *res, struct ntp_now now);
/* Send the answers that are due, and when that is next, AT at the latest. */
void manycast_tick(struct ntp_engine *e, struct ntp_now now);
ntp_mono manycast_due(const struct ntp_engine *e, ntp_mono at);

/* --- ntp_test.c ---------------------------------------------------------- */

/* Packet tests 1..7 against P; the flash bits found, 0 when all pass. */
unsigned packet_tests(const struct ntp_engine *e, const struct peer *p,
    const struct ntp_packet *pkt);
/* Leap and stratum that make a server unfit (tests 6 and 10). */
bool stratum_unfit(const struct ntp_engine *e, unsigned leap, unsigned stratum);
/* Root distance beyond the limit (test 11), which is in s. */
bool peer_too_far(
    const struct ntp_engine *e, const struct peer *p, ntp_mono now);
double peer_distance_limit(const struct ntp_engine *e, const struct peer *p);
/* Tests 3, 6 and 7: what is in it, whomever it answers. */
unsigned content_tests(
    const struct ntp_engine *e, const struct ntp_packet *pkt);
/* Does somebody with this reference id follow us? */
bool refid_is_ours(struct ntp_engine *e, uint32_t refid);
/* Peer tests 10..13: sets p->flash; true when unfit. */
bool peer_unfit(struct ntp_engine *e, struct peer *p, ntp_mono now);

/* --- ntp_refclock.c ------------------------------------------------------ */

/* Take one sample of a reference clock. */
void refclock_poll(struct ntp_engine *e, struct peer *p, struct ntp_now now);
struct filter_param filter_param_of(
    const struct ntp_engine *e, const struct peer *p);
/* Feed a sample to the filter and, but inside a burst, to clock_select(). */
void peer_sample(
    struct ntp_engine *e, struct peer *p, struct sample *s, struct ntp_now now);

/* --- ntp_system.c -------------------------------------------------------- */

/* Clear what was measured of P and measure soon; REFID is what shows. */
void engine_restart_peer(struct ntp_engine *e, struct peer *p,
    const char *refid, struct ntp_now now);
/* Clear every association and the system state. */
void engine_restart_peers(
    struct ntp_engine *e, const char *refid, struct ntp_now now);
void clock_select(struct ntp_engine *e, struct ntp_now now);
/* Nobody is followed; REFID says why. */
void sys_unsynchronized(struct ntp_engine *e, const char *refid, ntp_mono now);

/* --- ntp_update.c -------------------------------------------------------- */

/* The offset found is the discipline's, and what it says of it is done: by the
 * system peer P. */
void clock_update(struct ntp_engine *e, struct peer *p, struct ntp_now now);
/* What the discipline decided about mode and frequency, as events and words. */
void report_loop(struct ntp_engine *e, const struct loop_decision *d);
/* The frequency was corrected by FREQ s/s: so are the samples kept. */
void restate_samples(struct ntp_engine *e, double freq, ntp_mono now);
/* So are they by what the clock was slewed, before one is read or added. */
void restate_slewed(struct ntp_engine *e, ntp_mono now);

/* --- ntp_measure.c ------------------------------------------------------- */

/* What a few polls in quick succession are for. */
enum ask_why {
	ASK_CONFIRM, /* is this jump real? */
	ASK_TRAIN,   /* the frequency is not known yet */
};
void ask_soon(
    struct ntp_engine *e, struct peer *p, enum ask_why why, ntp_mono now);

/* The clock filter has suppressed S: if its delay does not explain it, ask
 * again soon whether that is the time now. */
void measure_spike(
    struct ntp_engine *e, struct peer *p, const struct sample *s, ntp_mono now);

/* Samples of the N survivors (first in e->cand) that the discipline has not
 * seen go there one by one.  True when the sources have jumped together and
 * their older samples were dropped: select again. */
bool measure_survivors(struct ntp_engine *e, size_t n, struct ntp_now now);

/* --- ntp_hear.c ---------------------------------------------------------- */

/* Is the answer of this source to be waited for, at the start: its name is
 * asked for, or it is in its first burst? */
bool still_asking(const struct peer *p);
/* Is it still time to wait for others? */
bool is_hearing(const struct ntp_engine *e, ntp_mono now);
/* Is there somebody to wait for before a source is followed? */
bool others_to_be_heard(struct ntp_engine *e, ntp_mono now);
/* A source cannot be reached any more. */
void hear_lost(struct ntp_engine *e);
/* FIRST can be reached again: if it is the only one, ask the others. */
void hear_again(struct ntp_engine *e, const struct peer *first, ntp_mono now);
/* Once a second: they have been waited for long enough. */
void hear_tick(struct ntp_engine *e, struct ntp_now now);

/* --- ntp_engine.c: what a change of configuration means for it ----------- */

/* e->cfg has replaced WAS: discipline, flags, client list. */
void engine_retune(
    struct ntp_engine *e, const struct ntp_config *was, ntp_mono now);

/* --- ntp_serving.c ------------------------------------------------------- */

/* 0 or -NTP_ENOMEM. */
int serving_init(struct ntp_engine *e);
/* Access list, keys, addresses or configuration are others now. */
void serving_follow(struct ntp_engine *e);
/*
 * Let the server threads stand still until serving_release(): only then may
 * anybody look at what is theirs.  e->total is fresh then.  May be nested.
 */
void serving_hold(struct ntp_engine *e);
void serving_release(struct ntp_engine *e);
void serving_free(struct ntp_engine *e);
/* Of all who serve; held.  Hits of an entry of e->access, what was done with
 * the keys, the client lists. */
uint64_t serving_hits(
    const struct ntp_engine *e, const struct restrict_entry *ent);
struct keys_counters serving_keys(const struct ntp_engine *e);
/* Counters begin at zero. */
void serving_reset(struct ntp_engine *e);
void serving_reset_keys(struct ntp_engine *e);
/* e->cfg has replaced WAS. */
void serving_retune(struct ntp_engine *e, const struct ntp_config *was);

/* --- ntp_reconfig.c ------------------------------------------------------ */

/* Make the associations of a new engine; false when out of memory. */
bool engine_mobilize_configured(struct ntp_engine *e, struct ntp_now now);

/* --- ntp_access.c -------------------------------------------------------- */

/* An access list not yet in force. */
struct access_draft {
	struct restrict_list *list;
	struct restrict_name *name;
	size_t nnames;
};
/* Make the list for the lines of CFG, with what is known of their names; 0 or
 * -NTP_ENOMEM. */
int access_draft(struct ntp_engine *e, const struct ntp_config *cfg,
    struct access_draft *d, ntp_mono now);
void access_draft_free(struct access_draft *d);
/* Put it in force: e->cfg holds its lines.  Takes over what D owns. */
void access_adopt(struct ntp_engine *e, struct access_draft *d);
/* An association has this address now, or has it no longer. */
void access_follow(struct ntp_engine *e, const struct ntp_addr *addr);
void access_unfollow(struct ntp_engine *e, const struct ntp_addr *addr);
/* Has `restrict source` made an entry for ADDR?  Take it away. */
bool access_has_source(struct ntp_engine *e, const struct ntp_addr *addr);
void access_delete_source(struct ntp_engine *e, const struct ntp_addr *addr);
/* The addresses of a name; when they are others than before, all names are
 * others than they were, too: N is gone. */
void access_resolved(struct ntp_engine *e, struct restrict_name *n,
    const struct ntp_addr *addr, size_t naddr, ntp_mono now);

/* --- ntp_pool.c: names, pools, mobilization ------------------------------ */

struct peer *peer_mobilize(struct ntp_engine *e, const struct config_assoc *cfg,
    struct peer *parent, const struct ntp_addr *addr, struct ntp_now now);
/* An association that a packet from ADDR makes; CFG is copied.  NULL when
 * there is no room for more of them. */
struct peer *peer_mobilize_ephemeral(struct ntp_engine *e,
    const struct config_assoc *cfg, const struct ntp_addr *addr,
    struct ntp_now now);
/* Of the N candidates leave out the passive peers if they are not fewer than
 * the others: whoever holds a key could make himself many.  Where nobody was
 * configured they are all we have.  The number left. */
size_t ephemeral_bridle(struct ntp_engine *e, size_t n);
/* Is P, which may go (`preempt`), the one to go now that nobody answers? */
bool is_preempted(const struct ntp_engine *e, const struct peer *p);
/* May a packet that RES admits make an association?  With a good MAC, or where
 * none is asked for; and not more of one address than it may have. */
bool may_mobilize(const struct ntp_engine *e, const struct restrict_entry *res,
    const struct ntp_addr *src, bool authentic);
void peer_demobilize(struct ntp_engine *e, struct peer *p);
/* Associations that may give time, as `tos maxclock` counts them. */
size_t active_count(const struct ntp_engine *e);
/* One of those that POOL has made and that has failed, or NULL. */
struct peer *worst_child(struct ntp_engine *e, const struct peer *pool);
void names_tick(struct ntp_engine *e, struct ntp_now now);
/* P asks ADDR, with its port, from now on: what was measured is forgotten. */
void peer_move(struct ntp_engine *e, struct peer *p,
    const struct ntp_addr *addr, struct ntp_now now);
/* One more server of POOL, at ADDR; NULL when there is no room. */
struct peer *pool_add(struct ntp_engine *e, struct peer *pool,
    const struct ntp_addr *addr, struct ntp_now now);

/* --- ntp_control.c ------------------------------------------------------- */

/* Answer a control datagram; RES is the access entry of its source. */
void process_control(struct ntp_engine *e, const struct recvbuf *rb,
    uint16_t restrict_flags, struct ntp_now now);

#endif /* NTP_STATE_H */
