/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_tbl_clockvar.h - CLOCKVAR(name, set, form, value): the variables of a
 * reference clock (READCLOCK), in the order of the reference's default set,
 * then the others.
 *
 * SET and FORM as in ntp_tbl_sysvar.h; a fudge time of zero is told only when
 * it is asked for.
 */
CLOCKVAR(device, D, STR, clock_device(p))
CLOCKVAR(timecode, D, TXT, "")
CLOCKVAR(poll, D, INT, p->count.sent)
CLOCKVAR(noreply, D, INT, 0)
CLOCKVAR(badformat, D, INT, 0)
CLOCKVAR(baddata, D, INT, 0)
CLOCKVAR(fudgetime1, D, RAW, fudge_time(c, p->cfg->time1, text))
CLOCKVAR(fudgetime2, D, RAW, fudge_time(c, p->cfg->time2, text))
CLOCKVAR(stratum, D, INT, p->cfg->ref_stratum)
CLOCKVAR(refid, D, RAW, refid_format(p->cfg->ref_refid, 1, text))
CLOCKVAR(flags, D, INT, p->cfg->ref_flags)
CLOCKVAR(name, Q, STR, clock_name(p))
CLOCKVAR(type, Q, INT, p->cfg->ref_type)
CLOCKVAR(clock_var_list, Q, LIST, clockvar_names(text))
