/* SPDX-License-Identifier: BSD-2-Clause */
/* ntp_tbl_ctlerr.h - CTLERR(id, code, words of ntpq); RFC 9327 3.2.  Included
 * with CTLERR defined, any number of times. */
CTLERR(UNSPEC, 0, "Server returned an unspecified error")
CTLERR(PERMISSION, 1, "Server disallowed request (authentication?)")
CTLERR(BADFMT, 2, "Server reports a bad format request packet")
CTLERR(BADOP, 3, "Server reports a bad opcode in request")
CTLERR(BADASSOC, 4, "Association ID %u unknown to server")
CTLERR(UNKNOWNVAR, 5, "A request variable unknown to the server")
CTLERR(BADVALUE, 6, "Server indicates a request variable was bad")
CTLERR(RESTRICT, 7, "Server refuses the request by its restrictions")
