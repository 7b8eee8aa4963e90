/* SPDX-License-Identifier: BSD-2-Clause */
/* printlab.c - what ntpq prints, caught for tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "printlab.h"

#define V4   "srcport=123, dstadr=192.0.2.1, dstport=123, hmode=3,\r\n"
#define NONE "dstadr=0.0.0.0, hmode=3, stratum=16, hpoll=6, ppoll=10,\r\n"

const struct peer_case peer_cases[PEER_CASES] = {
    {40211, 0x963a, 37,
	"srcadr=192.0.2.17, srchost=\"ntp-a.example.net\", " V4
	"stratum=2, hpoll=6, ppoll=10, reach=0xff, refid=192.0.2.17,\r\n"
	"delay=4.812, offset=-0.318, jitter=0.211, dispersion=1.5\r\n"},
    {40212, 0x9424, 1025,
	"srcadr=198.51.100.24, " V4
	"stratum=2, hpoll=10, ppoll=10, reach=0xff, refid=203.0.113.9,\r\n"
	"delay=12.440, offset=1.027, jitter=0.385, dispersion=2.25\r\n"},
    {40213, 0x9324, 2580,
	"srcadr=2001:db8:40::7b, srcport=123, dstadr=2001:db8::1, hmode=3,\r\n"
	"stratum=1, hpoll=10, ppoll=10, reach=0xef, refid=GPS,\r\n"
	"delay=31.006, offset=-2.914, jitter=0.690, dispersion=9.0\r\n"},
    {40214, 0x9124, 51,
	"srcadr=192.0.2.200, " V4
	"stratum=1, hpoll=6, ppoll=6, reach=0xff, refid=PPS,\r\n"
	"delay=9.531, offset=1843.207, jitter=3.118, dispersion=0.5\r\n"},
    {40215, 0x9524, 5,
	"srcadr=198.51.100.77, " V4
	"stratum=3, hpoll=6, ppoll=6, reach=0xf, refid=192.0.2.5,\r\n"
	"delay=0.702, offset=0.061, jitter=0.044, dispersion=437.5\r\n"},
    {40216, 0x9734, 3,
	"srcadr=127.127.22.0, srchost=\"PPS(0)\", dstadr=127.0.0.1,\r\n"
	"hmode=3, "
	"stratum=0, hpoll=4, ppoll=4, reach=0xff, refid=PPS,\r\n"
	"delay=0.000, offset=0.002, jitter=0.001, dispersion=0.1\r\n"},
    {40217, 0x9024, 14,
	"srcadr=127.127.28.2, dstadr=127.0.0.1, hmode=3,\r\n"
	"stratum=0, hpoll=4, ppoll=4, reach=0xff, refid=127.127.1.1,\r\n"
	"delay=0.000, offset=-118.4002, jitter=2.907, dispersion=0.2\r\n"},
    {40218, 0x8811, 0,
	"srcadr=0.0.0.0, srchost=\"2.pool.example.org\", " NONE
	"reach=0x0, refid=POOL, delay=0.000, offset=0.000, jitter=0.000,\r\n"
	"reftime=0x00000000.00000000, dispersion=16000.000\r\n"},
    {40219, 0x8011, 0,
	"srcadr=192.0.2.91, dstadr=0.0.0.0, hmode=3, stratum=16,\r\n"
	"hpoll=10, ppoll=99, reach=0x0, refid=INIT, delay=0.000,\r\n"
	"offset=0.000, jitter=0.000, dispersion=15937.500\r\n"},
    {40220, 0x8811, 0,
	"srcadr=192.0.2.255, dstadr=192.0.2.1, hmode=5, stratum=16,\r\n"
	"hpoll=6, ppoll=10, reach=0x0, refid=BCST, delay=0, offset=0, "
	"jitter=0"},
    {40221, 0x8011, 18100,
	"srcadr=203.0.113.60, dstadr=192.0.2.1, hmode=1, stratum=16,\r\n"
	"hpoll=10, ppoll=10, reach=0x0, refid=STEP, delay=0, offset=0, "
	"jitter=0"},
};

void
capture_begin(struct capture *c)
{
	c->f = open_memstream(&c->text, &c->len);
	assert_non_null(c->f);
}

void
capture_end(struct capture *c, const char *expected)
{
	fclose(c->f);
	assert_string_equal(c->text, expected);
	free(c->text);
}

struct reply
reply_of(const char *text, uint16_t status)
{
	return (struct reply){
	    .text = text, .len = strlen(text), .status = status};
}
