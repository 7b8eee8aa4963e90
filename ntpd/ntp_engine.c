/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_engine.c - life and death of the one state object.
 *
 * Everything is allocated here, sized by the configuration; receive() and
 * timer() never allocate.
 */
#include "ntp_engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ntp_err.h"
#include "ntp_state.h"

#define SLEW_STEP   600.0 /* s, step threshold of -x */
#define PEERS_SPARE 256U  /* associations that may come at run time */
#define CLAMP_FLOOR 5e-4  /* s, ends the start-up clamp */
#define QUIT_WAIT   60.0  /* s, -q without any useful answer */

uint32_t
engine_random(struct ntp_engine *e)
{
	uint32_t v;

	e->port.rng->fill(e->port.rng, &v, sizeof v);
	return v;
}

double
engine_uniform(struct ntp_engine *e)
{
	return engine_random(e) * 0x1p-32;
}

bool
engine_owns(const struct ntp_engine *e, const struct ntp_addr *a)
{
	for (size_t i = 0; i < e->nown; i++) {
		if (addr_equal(&e->own[i], a))
			return true;
	}
	return false;
}

bool
engine_serves_at(const struct ntp_engine *e, const struct ntp_addr *a)
{
	return (a->port == e->cfg->port ||
		   (a->port != 0 && a->port == e->cfg->extraport)) &&
	    engine_owns(e, a);
}

/* --- setting up ------------------------------------------------------------ */

static struct loop_param
loop_param_of(const struct ntp_engine *e)
{
	const struct config_tinker *tk = &e->cfg->tinker;
	struct loop_param par = {.discipline = tk->pll ? LOOP_PLL : LOOP_KALMAN,
	    .step_fwd = tk->step_fwd,
	    .step_back = tk->step_back,
	    .stepout = tk->stepout,
	    .panic = tk->panic,
	    .allan = log2_to_s((int)tk->allan),
	    .maxfreq = NTP_MAXFREQ,
	    .floor = CLAMP_FLOOR,
	    .precision = e->sys.precision_s,
	    .panic_once = e->opt.panic_once,
	    .step_once = e->opt.step_once,
	    .set_once = e->opt.set_once,
	    .gentle = e->opt.slew};

	if (e->opt.slew && !tk->step_given)
		par.step_fwd = par.step_back = SLEW_STEP;
	return par;
}

static void
init_loop(struct ntp_engine *e, ntp_mono now)
{
	const struct config_tinker *tk = &e->cfg->tinker;
	struct loop_param par = loop_param_of(e);
	bool known = tk->freq_given || e->opt.freq_known;
	int8_t minpoll = NTP_MINPOLL;

	for (size_t i = 0; i < e->cfg->nassoc; i++) {
		if (i == 0 || e->cfg->assoc[i].minpoll < minpoll)
			minpoll = e->cfg->assoc[i].minpoll;
	}
	loop_init(&e->loop, &par, known,
	    tk->freq_given ? tk->freq : e->opt.freq, minpoll, now);
	report_sysevent(e, known ? EVNT_FSET : EVNT_NSET, NULL);
}

static void
init_sys(struct ntp_engine *e, ntp_mono now)
{
	struct sys_vars *s = &e->sys;

	s->precision = e->port.clock->precision;
	s->precision_s = log2_to_s(s->precision);
	s->leap = NTP_LEAP_UNSYNC;
	s->stratum = NTP_MAXSTRAT;
	s->refid = refid_from_text("INIT");
	s->epoch = now;
	s->jitter = s->precision_s;
	s->peer_epoch = (ntp_mono){INT64_MIN};
	s->nopeer = true;
	s->nopeer_since = now;
}

static int
init_access(struct ntp_engine *e, ntp_mono now)
{
	struct access_draft d;

	if (access_draft(e, e->cfg, &d, now) != 0)
		return -NTP_ENOMEM;
	access_adopt(e, &d);
	return 0;
}

static int
init_tables(struct ntp_engine *e)
{
	size_t cap =
	    e->cfg->nassoc + 2 * (size_t)e->cfg->tos.maxclock + 1 + PEERS_SPARE;

	if (peer_table_init(&e->peers, cap, (uint16_t)engine_random(e)) != 0)
		return -NTP_ENOMEM;
	e->cand = calloc(cap, sizeof *e->cand);
	e->ends = calloc(2 * cap, sizeof *e->ends);
	return e->cand == NULL || e->ends == NULL ? -NTP_ENOMEM : 0;
}

/* --- a new configuration ---------------------------------------------------- */

/* The discipline starts over when it is another one, or when it is told the
 * frequency; other knobs it takes as it goes. */
static void
retune_loop(struct ntp_engine *e, const struct ntp_config *was, ntp_mono now)
{
	const struct config_tinker *tk = &e->cfg->tinker;
	struct loop_param par = loop_param_of(e);
	bool told = tk->freq_given &&
	    (!was->tinker.freq_given || tk->freq < was->tinker.freq ||
		tk->freq > was->tinker.freq);

	if (told || par.discipline != e->loop.par.discipline)
		loop_init(&e->loop, &par, true, told ? tk->freq : e->loop.freq,
		    e->loop.minpoll, now);
	else
		e->loop.par = par;
}

void
engine_retune(struct ntp_engine *e, const struct ntp_config *was, ntp_mono now)
{
	e->noset = e->opt.noset || !e->cfg->ntp;
	retune_loop(e, was, now);
	if (e->cfg->tinker.huffpuff < was->tinker.huffpuff ||
	    e->cfg->tinker.huffpuff > was->tinker.huffpuff)
		huffpuff_init(&e->huffpuff, e->cfg->tinker.huffpuff, now);
	serving_retune(e, was);
}

/* --- life and death --------------------------------------------------------- */

struct ntp_engine *
engine_new(struct ntp_config **cfg, const struct engine_options *opt,
    const struct ntp_ports *ports, struct ntp_now now)
{
	struct ntp_engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->cfg = *cfg;
	*cfg = NULL;
	e->opt = *opt;
	e->port = *ports;
	e->started = e->next_tick = e->unsynced_since = now.mono;
	e->since = (struct counted_since){now.mono, now.mono, now.mono};
	e->quit_at = mono_add(now.mono, QUIT_WAIT);
	e->hear_all_until = mono_add(now.mono, HEAR_ALL);
	e->noset = opt->noset || !e->cfg->ntp;
	guard_init(&e->guard, e->port.rng);
	init_sys(e, now.mono);
	if (init_tables(e) != 0 || init_access(e, now.mono) != 0 ||
	    serving_init(e) != 0) {
		engine_free(&e);
		return NULL;
	}
	init_loop(e, now.mono);
	huffpuff_init(&e->huffpuff, e->cfg->tinker.huffpuff, now.mono);
	if (!engine_mobilize_configured(e, now)) {
		engine_free(&e);
		return NULL;
	}
	engine_publish(e, now);
	return e;
}

void
engine_free(struct ntp_engine **ep)
{
	struct ntp_engine *e = *ep;

	if (e == NULL)
		return;
	PEER_FOREACH (p, &e->peers) {
		if (p->ep != 0)
			e->port.packet->close(e->port.packet, p->ep);
	}
	peer_table_fini(&e->peers);
	restrict_free(&e->access);
	ctlmru_stop(e);
	serving_free(e);
	config_free(&e->cfg);
	aead_set_fini(&e->aeads);
	free(e->rname);
	free(e->cand);
	free(e->ends);
	free(e);
	*ep = NULL;
}

/* --- what the shell tells and asks ----------------------------------------- */

/* The network has changed: who was silent may be there again. */
static void
peer_hurry(struct ntp_engine *e, struct peer *p, struct ntp_now now)
{
	ntp_mono soon = mono_add(now.mono, NTP_MINPKT + engine_uniform(e));

	p->poll.hpoll = p->poll.minpoll;
	p->poll.unreach = 0;
	if (mono_before(soon, p->poll.nextdate))
		p->poll.nextdate = soon;
}

void
engine_local_addrs(struct ntp_engine *e, const struct ntp_addr *addr, size_t n,
    struct ntp_now now)
{
	e->nown = n < ENGINE_ADDRS_MAX ? n : ENGINE_ADDRS_MAX;
	for (size_t i = 0; i < e->nown; i++)
		e->own[i] = addr[i];
	e->own_hashed = false;
	serving_follow(e);
	PEER_FOREACH (p, &e->peers) {
		if (p->dstadr.family != ADDR_NONE &&
		    !engine_owns(e, &p->dstadr))
			p->addr_lost = true;
		if (p->poll.reach == 0)
			peer_hurry(e, p, now);
	}
}

void
engine_clock_jumped(struct ntp_engine *e, double d, struct ntp_now now)
{
	if (fabs(d) > 0)
		engine_log(e, NTP_LOG_WARN,
		    "the clock was changed by %+.3f s by somebody else: "
		    "measuring afresh",
		    d);
	loop_jumped(&e->loop, now.mono);
	reason_stepped(e, d, true, now);
	engine_restart_peers(e, "STEP", now);
	tell_kernel(e, now.mono);
}

void
engine_set_keys(struct ntp_engine *e, struct keystore *ks)
{
	e->opt.keys = ks;
	serving_follow(e);
}

static void
count_sources(const struct ntp_engine *e, struct engine_status *out)
{
	PEER_FOREACH (p, &e->peers) {
		if (!peer_is_source(p))
			continue;
		out->sources++;
		if (p->poll.reach != 0)
			out->reachable++;
	}
}

void
engine_status(const struct ntp_engine *e, struct engine_status *out)
{
	char buf[ADDR_STRLEN];
	const char *label;
	size_t n;

	*out = (struct engine_status){.stop = e->stop,
	    .synced = e->sys.leap != NTP_LEAP_UNSYNC,
	    .have_peer = e->sys.peer != NULL,
	    .freq_valid = !e->noset &&
		(e->loop.mode == LOOP_SYNC || e->loop.mode == LOOP_SPIK),
	    .stratum = e->sys.stratum,
	    .survivors = e->sys.survivors,
	    .offset = e->stop == ENGINE_RUN ? e->sys.offset : e->stop_offset,
	    .freq = e->loop.freq,
	    .jitter = e->loop.jitter,
	    .poll = e->loop.poll,
	    .stepped = e->stop_stepped};
	count_sources(e, out);
	if (e->sys.peer == NULL)
		return;
	label = peer_label(e->sys.peer, buf);
	n = strlen(label);
	if (n >= sizeof out->peer)
		n = sizeof out->peer - 1;
	memcpy(out->peer, label, n);
}

bool
engine_background(struct ntp_engine *e)
{
	return ctlmru_step(e);
}
