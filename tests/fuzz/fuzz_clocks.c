/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_clocks.c - any octets of a serial line, as what clocks send.
 *
 * The first octet chooses the clock.  What must hold for every input: a time
 * that is good is one, and nothing is read behind the end of a line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../ntpd/refclock/linebuf.h"
#include "../../ntpd/refclock/oncore_parse.h"
#include "../../ntpd/refclock/timecode_parse.h"
#include "../../ntpd/refclock/tsip.h"
#include "ntp_refclock.h"

#define NEAR  INT64_C(1795335330)
#define LINE  200U
#define YEARS INT64_C(320000000000) /* s until 9999 and more */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

struct listener {
	unsigned type;
	struct timecode_memory memory;
};

static void
take_line(void *arg, const struct line *l)
{
	struct listener *h = arg;
	struct timecode t;
	char *copy = malloc(l->len);
	struct line alone = *l;

	must(l->len > 0 && l->len < LINE && copy != NULL);
	memcpy(copy, l->text, l->len);
	alone.text = copy;
	if (timecode_read(&h->memory, h->type, &alone, &t) == TIMECODE_GOOD) {
		int64_t s = timecode_unix(&t, NEAR);

		must(t.nsec >= 0 && t.nsec < 1000000000);
		must(t.early >= 0 && t.early < 1);
		must(s > -YEARS && s < YEARS);
	}
	free(copy);
}

static void
try_lines(unsigned type, const uint8_t *data, size_t size)
{
	char buf[LINE];
	struct linebuf b = {.buf = buf, .cap = sizeof buf};
	struct listener h = {.type = type};
	struct timespec at = {1, 0};

	if (type == CLOCK_ZYFER) {
		b.head = '!';
		b.octets = 29;
	}
	(void)linebuf_feed(&b, (const char *)data, size, &at, take_line, &h);
	(void)linebuf_feed(&b, "\n", 1, &at, take_line, &h);
}

static void
take_packet(void *arg, const struct tsip_packet *p)
{
	struct tsip_time t;
	uint8_t *copy = malloc(p->len);
	struct tsip_packet alone = *p;

	must(p->len > 0 && p->len <= TSIP_MAX && copy != NULL);
	memcpy(copy, p->data, p->len);
	alone.data = copy;
	if (tsip_read(arg, &alone, 0xff, 60, &t) == TIMECODE_GOOD) {
		must(t.nsec >= 0 && t.nsec < 1000000000);
		must(t.sec > -YEARS && t.sec < YEARS);
	}
	free(copy);
}

static void
try_packets(const uint8_t *data, size_t size)
{
	struct tsip t = {.len = 0};
	struct tsip_memory m = {.has = false};
	struct timespec at = {1, 0};

	tsip_feed(&t, data, size, &at, take_packet, &m);
}

static void
take_message(void *arg, const struct oncore_message *m)
{
	struct oncore_time t;

	must(m->len <= ONCORE_MAX);
	if (oncore_read(arg, m, &t) == TIMECODE_GOOD) {
		must(t.nsec >= 0 && t.nsec < 1000000000);
		must(t.sec > -YEARS && t.sec < YEARS);
	}
}

static void
try_messages(const uint8_t *data, size_t size)
{
	struct oncore_line l = {.len = 0};
	struct oncore_state s = {.utc = true};
	struct timespec at = {1, 0};

	oncore_feed(&l, data, size, &at, take_message, &s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t types[] = {CLOCK_SPECTRACOM, CLOCK_TRUETIME,
	    CLOCK_GENERIC, CLOCK_ARBITER, CLOCK_HPGPS, CLOCK_JJY, CLOCK_ZYFER,
	    CLOCK_MODEM};

	if (size == 0)
		return 0;
	if (data[0] < sizeof types)
		try_lines(types[data[0]], data + 1, size - 1);
	else if ((data[0] & 1) == 0)
		try_packets(data + 1, size - 1);
	else
		try_messages(data + 1, size - 1);
	return 0;
}
