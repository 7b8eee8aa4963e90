/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_nmea.c - any octets of a serial line, as NMEA 0183.
 *
 * What must hold for every input: a good sentence tells a second of a day, it
 * comes out not before the base date, and hiding the position of a sentence
 * changes neither its length nor what it says of the time.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../ntpd/refclock/linebuf.h"
#include "../../ntpd/refclock/nmea_parse.h"

#define BASE INT64_C(1704067200)
#define LINE 200U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
try_hidden(const struct line *l, const struct nmea_time *was)
{
	struct nmea_time t;
	char text[LINE];

	memcpy(text, l->text, l->len);
	nmea_hide(text, l->len);
	must(memchr(l->text, '\0', l->len) != NULL ||
	    memchr(text, '\0', l->len) == NULL);
	(void)nmea_parse(text, l->len, &t);
	must(was->sentence == 0 || t.sentence == was->sentence ||
	    t.sentence == 0);
}

static void
take_line(void *arg, const struct line *l)
{
	struct nmea_time t;
	enum nmea_verdict v = nmea_parse(l->text, l->len, &t);
	int64_t s;

	(void)arg;
	must(l->len > 0 && l->len < LINE);
	try_hidden(l, &t);
	if (v != NMEA_GOOD)
		return;
	must((t.sentence & NMEA_ANY) != 0);
	must(t.second >= 0 && t.second <= 86400);
	must(t.nsec >= 0 && t.nsec < 1000000000);
	s = nmea_unix(&t, BASE + 1000000, BASE, false);
	must(s >= BASE && s < BASE + (INT64_C(1) << 39));
	must(nmea_unix(&t, s, BASE, false) == s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char buf[LINE];
	struct linebuf b = {.buf = buf, .cap = sizeof buf};
	struct timespec at = {1, 0};

	(void)linebuf_feed(&b, (const char *)data, size, &at, take_line, NULL);
	(void)linebuf_feed(&b, "\n", 1, &at, take_line, NULL);
	return 0;
}
