/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_reasonsys.c - why the system serves time or does not, in words.
 */
#include <math.h>

#include "ntp_reasonsay.h"
#include "ntp_state.h"

static void
say_label(struct text *t, const struct peer *p)
{
	char buf[ADDR_STRLEN];

	say(t, "%.64s", peer_label(p, buf));
}

static void
say_sources(struct text *t, const struct ntp_engine *e)
{
	unsigned n = 0, heard = 0, nameless = 0;

	PEER_FOREACH (p, &e->peers) {
		nameless += p->dns.complained && p->srcadr.family == ADDR_NONE;
		if (p->kind == PEER_POOL)
			continue;
		n++;
		heard += p->poll.reach != 0;
	}
	say(t, "of %u sources %u answer and %zu are fit; %u names unresolved",
	    n, heard, e->tally.fit, nameless);
}

static void
say_service(struct text *t, const struct ntp_engine *e)
{
	say(t, "serving as stratum %u", e->sys.stratum);
	if (e->sys.peer == NULL)
		return;
	say(t, " from ");
	say_label(t, e->sys.peer);
	say(t, "; offset ");
	say_offset(t, e->sys.offset);
}

static void
say_spike(struct text *t, const struct subject *s)
{
	const struct loop_state *l = &s->e->loop;
	double left = l->par.stepout - mono_diff(s->now.mono, l->epoch);

	say(t,
	    s->e->sys.leap == NTP_LEAP_UNSYNC ? "not serving" : "serving on");
	say(t, "; offset ");
	say_offset(t, s->e->sys.offset);
	say(t, " exceeds the step threshold ");
	say_time(t, s->e->sys.offset > 0 ? l->par.step_fwd : l->par.step_back);
	say(t, "; stepped if it stays for %.0f s more", fmax(left, 0));
}

static void
say_coasting(struct text *t, const struct subject *s)
{
	const struct ntp_engine *e = s->e;
	double left = e->cfg->tos.orphanwait -
	    mono_diff(s->now.mono, e->sys.nopeer_since);

	say_service(t, e);
	say(t, " without a source; root dispersion ");
	say_time(t, sys_rootdisp(e, s->now.mono));
	say(t, "; ends in %.0f s; ", fmax(left, 0));
	say_sources(t, e);
}

static void
say_serving(struct text *t, const struct subject *s)
{
	const struct ntp_engine *e = s->e;

	say_service(t, e);
	say(t, "; root distance ");
	say_time(t, e->sys.rootdelay / 2 + sys_rootdisp(e, s->now.mono));
	say(t, "; %u survivors", e->sys.survivors);
}

/* Synchronized, or as good as. */
static bool
say_led(struct text *t, const struct subject *s, enum reason why)
{
	const struct ntp_engine *e = s->e;

	switch ((int)why) {
	case REASON_SYS_SPIKE:
		say_spike(t, s);
		break;
	case REASON_SYS_TRAINING:
		say_service(t, e);
		say(t, "; the frequency is being measured");
		break;
	case REASON_SYS_SLEWING:
		say_service(t, e);
		say(t, "; ");
		say_offset(t, e->loop.residual);
		say(t, " left to slew");
		break;
	case REASON_SYS_SERVING:
		say_serving(t, s);
		break;
	case REASON_SYS_COASTING:
		say_coasting(t, s);
		break;
	case REASON_SYS_OBSERVING:
		say_service(t, e);
		say(t, "; the clock is not ours to set");
		break;
	case REASON_SYS_LOCAL:
		say_service(t, e);
		say(t, "; that is the undisciplined local clock");
		break;
	case REASON_SYS_ORPHAN:
		say_service(t, e);
		say(t, "; our own clock for want of a source; ");
		say_sources(t, e);
		break;
	default:
		return false;
	}
	return true;
}

static void
say_unled(struct text *t, const struct subject *s, enum reason why)
{
	const struct ntp_engine *e = s->e;

	say(t, "not serving; ");
	switch ((int)why) {
	case REASON_SYS_NOSOURCE:
		say(t, "no server and no pool is configured");
		break;
	case REASON_SYS_HEARING:
		say(t,
		    "%zu sources are fit; others are heard first for at "
		    "most %.0f s",
		    e->tally.fit, mono_diff(e->hear_all_until, s->now.mono));
		break;
	case REASON_SYS_DISSENT:
		say(t, "%zu sources are fit and no majority agrees",
		    e->tally.fit);
		break;
	case REASON_SYS_TOOFEW:
		say(t, "%zu survivors are less than minsane %u", e->tally.kept,
		    e->cfg->tos.minsane);
		break;
	case REASON_SYS_STEPPED:
		say(t, "the clock was stepped by ");
		say_offset(t, e->stepped_by);
		say(t, " and is measured afresh; ");
		say_sources(t, e);
		break;
	case REASON_SYS_FORBIDDEN:
		say(t, "offset ");
		say_offset(t, e->sys.offset);
		say(t, " and the clock is not ours to set");
		break;
	case REASON_SYS_PANIC:
		say(t, "offset ");
		say_offset(t, e->stop_offset);
		say(t, " exceeds the panic threshold %.0f s",
		    e->loop.par.panic);
		break;
	default:
		say_sources(t, e);
		break;
	}
}

void
say_system(struct text *t, const struct subject *s, enum reason why)
{
	if (why == REASON_STEP || why == REASON_JUMP) {
		say(t, why == REASON_STEP ? "by " : "by somebody else by ");
		say_offset(t, s->e->stepped_by);
	} else if (!say_led(t, s, why)) {
		say_unled(t, s, why);
	}
}

const char *
system_remedy(enum reason why)
{
	switch ((int)why) {
	case REASON_SYS_NOSOURCE:
		return "add pool or server lines to ntp.conf";
	case REASON_SYS_WAITING:
	case REASON_SYS_COASTING:
	case REASON_SYS_ORPHAN:
		return "see the reason of each association";
	case REASON_SYS_DISSENT:
		return "add servers until a majority agrees";
	case REASON_SYS_TOOFEW:
		return "add servers or lower `tos minsane`";
	case REASON_SYS_FORBIDDEN:
		return "give ntpd CAP_SYS_TIME or set the clock otherwise";
	case REASON_SYS_PANIC:
		return "set the clock by hand or start once with -g";
	case REASON_SYS_LOCAL:
		return "add servers";
	default:
		return "";
	}
}
