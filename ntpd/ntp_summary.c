/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_summary.c - one line about the system, for whoever supervises it.
 *
 * While all is well: whom we follow, at what stratum, how far off.  Otherwise
 * the sentence that ntpq's `why` gives for the same reason.
 */
#include "ntp_engine.h"
#include "ntp_reasonsay.h"
#include "ntp_state.h"

static void
say_followed(struct text *t, const struct ntp_engine *e)
{
	struct engine_status s;

	engine_status(e, &s);
	say(t, "synchronized to %s, stratum %u, offset ", s.peer,
	    (unsigned)s.stratum);
	say_offset(t, s.offset);
	say(t, ", %u of %u servers reachable", s.reachable, s.sources);
}

const char *
engine_summary(
    const struct ntp_engine *e, struct ntp_now now, char *out, size_t cap)
{
	enum reason why = reason_of_system(e, now.mono);
	struct subject s = {e, NULL, now};
	struct text t = {out, cap, 0};

	out[0] = '\0';
	if (why == REASON_SYS_SERVING && e->sys.peer != NULL) {
		say_followed(&t, e);
		return reason_word(why);
	}
	if (why == REASON_SYS_PANIC)
		say(&t, "panic: ");
	else if (e->sys.leap == NTP_LEAP_UNSYNC)
		say(&t, "waiting: ");
	say_system(&t, &s, why);
	return reason_word(why);
}

bool
engine_explain(const struct ntp_engine *e, size_t i, struct ntp_now now,
    char *out, size_t cap)
{
	char buf[ADDR_STRLEN], sentence[REASON_TEXT_MAX];
	struct text t = {out, cap, 0};

	PEER_FOREACH (p, &e->peers) {
		if (i-- > 0)
			continue;
		say(&t, "%s: %s", peer_label(p, buf),
		    reason_sentence(e, p, now, sentence, sizeof sentence));
		return true;
	}
	return false;
}
