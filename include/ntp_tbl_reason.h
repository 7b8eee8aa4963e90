/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_tbl_reason.h - REASON(id, word, kept): why an association, or the system,
 * is in the state that it is in.
 *
 * WORD begins the sentence and is what programs compare, so it never changes.
 * KEPT (1 or 0): becoming so is a decision that the history keeps; what is
 * refused and what happened once get there by themselves.
 */
/* an association, before anything was measured */
REASON(NONE, "unknown", 0)
REASON(RESOLVING, "resolving", 0)
REASON(UNRESOLVED, "unresolved", 1)
REASON(POOL, "pool", 0)
REASON(KEYS, "keys", 0)
REASON(NOKEYS, "nokeys", 1)
REASON(STARTING, "starting", 0)
REASON(ASKED, "asked", 0)
REASON(SENDFAIL, "unsendable", 1)
REASON(ICMP, "icmp", 1)
REASON(SILENCE, "silence", 1)
REASON(CLOCK, "clock", 1)
REASON(LISTENING, "listening", 1)
REASON(SENDING, "sending", 0)
REASON(MANYCAST, "manycast", 0)
/* its answers are refused */
REASON(BOGUS, "bogus", 0)
REASON(DUPLICATE, "duplicate", 0)
REASON(KISS, "kiss", 0)
REASON(AUTH, "auth", 0)
REASON(COOKIE, "cookie", 0)
REASON(NOTIME, "notime", 0)
REASON(HEADER, "header", 0)
REASON(DELAY, "delay", 0)
REASON(REFUSED, "refused", 0)
/* it is not fit */
REASON(UNSYNC, "unsynchronized", 0)
REASON(STRATUM, "stratum", 0)
REASON(DISTANCE, "distance", 1)
REASON(LOOP, "loop", 1)
REASON(NOSELECT, "noselect", 0)
REASON(LASTRESORT, "lastresort", 0)
REASON(ORPHAN, "orphan", 0)
REASON(PULSE, "pulse", 0)
/* what the vote made of it */
REASON(UNJUDGED, "unjudged", 0)
REASON(HEARING, "hearing", 0)
REASON(FALSETICK, "falseticker", 1)
REASON(DISSENT, "dissent", 1)
REASON(OUTLIER, "outlier", 1)
REASON(EXCESS, "excess", 1)
REASON(TOOFEW, "toofew", 1)
REASON(CANDIDATE, "candidate", 1)
REASON(SYSPEER, "syspeer", 1)
/* the system */
REASON(SYS_NOSOURCE, "nosource", 0)
REASON(SYS_WAITING, "waiting", 1)
REASON(SYS_HEARING, "hearing", 0)
REASON(SYS_DISSENT, "dissent", 1)
REASON(SYS_TOOFEW, "toofew", 1)
REASON(SYS_SPIKE, "spike", 1)
REASON(SYS_STEPPED, "stepped", 0)
REASON(SYS_TRAINING, "training", 1)
REASON(SYS_SLEWING, "slewing", 1)
REASON(SYS_SERVING, "serving", 1)
REASON(SYS_COASTING, "coasting", 1)
REASON(SYS_ORPHAN, "orphan", 1)
REASON(SYS_OBSERVING, "observing", 1)
REASON(SYS_FORBIDDEN, "forbidden", 1)
REASON(SYS_LOCAL, "local", 1)
REASON(SYS_PANIC, "panic", 1)
/* what happened once */
REASON(STEP, "step", 0)
REASON(JUMP, "jump", 0)
REASON(POPCORN, "popcorn", 0)
