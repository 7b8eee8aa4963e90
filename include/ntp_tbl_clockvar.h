/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntp_tbl_clockvar.h - CLOCKVAR(name, set, form, value): the variables of a
 * reference clock (READCLOCK), in the order of the reference's default set,
 * then the others.
 *
 * SET and FORM as in ntp_tbl_sysvar.h; a fudge time of zero is told only when
 * it is asked for.
 */
CLOCKVAR(device, D, STR, clock_kind(p->cfg->ref_type)->device)
CLOCKVAR(timecode, D, TXT, p->clk.timecode)
CLOCKVAR(poll, D, INT, p->count.sent)
CLOCKVAR(noreply, D, INT, p->clk.noreply)
CLOCKVAR(badformat, D, INT, p->clk.badformat)
CLOCKVAR(baddata, D, INT, p->clk.baddata)
CLOCKVAR(fudgetime1, D, RAW, fudge_time(c, p->cfg->time1 + p->clk.calibration, text))
CLOCKVAR(fudgetime2, D, RAW, fudge_time(c, p->cfg->time2, text))
CLOCKVAR(stratum, D, INT, p->cfg->ref_stratum)
CLOCKVAR(refid, D, RAW, refid_format(peer_clock_refid(p), 1, text))
CLOCKVAR(flags, D, INT, p->cfg->ref_flags)
CLOCKVAR(name, Q, STR, clock_kind(p->cfg->ref_type)->name)
CLOCKVAR(type, Q, INT, p->cfg->ref_type)
CLOCKVAR(clock_var_list, Q, LIST, clockvar_names(text))
