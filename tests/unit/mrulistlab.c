/* SPDX-License-Identifier: BSD-2-Clause */
/* mrulistlab.c - the client list by mode 6: what its tests share. */
#include "mrulistlab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct ntp_addr door = {{192, 0, 2, 1}, 0, 123, ADDR_V4};

int
mrulist_setup(void **state)
{
	*state = lab_new("controlkey 5\nmru maxdepth 4000\n");
	return 0;
}

void
mrulist_pass(struct lab *l, double s)
{
	l->now.mono = mono_add(l->now.mono, s);
	l->now.sys = ts_add(l->now.sys, s);
}

struct ntp_addr
mrulist_client(uint32_t n)
{
	return (struct ntp_addr){
	    {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 0,
	    (uint16_t)(1024 + n), ADDR_V4};
}

void
mrulist_visit(struct lab *l, uint32_t n, uint16_t flags)
{
	struct ntp_addr a = mrulist_client(n);
	struct mru_packet p = {
	    .src = &a, .dst = &door, .modever = 35, .flags = flags, .rnd = 1};

	p.limit = (flags & RES_LIMITED) != 0;
	(void)mru_record(l->e->mru, &p, l->now);
}

void
mrulist_visits(struct lab *l, uint32_t from, uint32_t to, double gap)
{
	for (uint32_t n = from; n < to; n++) {
		mrulist_pass(l, gap);
		mrulist_visit(l, n, 0);
	}
}

const char *
mrulist_nonce(struct lab *l)
{
	assert_int_equal(lab_ask(l, MODE6_REQ_NONCE, 0, ""), 1);
	lab_assemble(l);
	return lab_value(l, "nonce");
}

unsigned
mrulist_ask(struct lab *l, const char *args)
{
	char text[MODE6_DATA_MAX + 1];

	snprintf(text, sizeof text, "nonce=%s, %s", mrulist_nonce(l), args);
	return lab_ask(l, MODE6_READ_MRU, 0, text);
}

const char *
mrulist_text(struct lab *l, const char *args)
{
	static char text[(MRU_FRAGS_MAX + 1) * MODE6_DATA_MAX + 1];
	struct mode6_hdr h;
	size_t len = 0;

	assert_true(mrulist_ask(l, args) > 0);
	for (unsigned i = 0; i < l->nsent; i++) {
		assert_int_equal(
		    mode6_decode(l->sent[i], l->sentlen[i], &h), 0);
		assert_false(h.error);
		assert_int_equal(h.offset, len);
		assert_int_equal(h.more, i + 1 < l->nsent);
		memcpy(text + len, l->sent[i] + MODE6_HEADER_LEN, h.count);
		len += h.count;
	}
	text[len] = '\0';
	assert_int_equal(strlen(text), len);
	assert_string_equal(text + len - 2, "\r\n");
	lab_expect_lines_fit(text);
	return text;
}

const char *
mrulist_item(const char *text, const char *name)
{
	static char value[128];
	struct var_rd r = var_rd_init(text, strlen(text));
	struct var_item it;

	while (var_next(&r, &it)) {
		if (!var_is(&it, name))
			continue;
		snprintf(
		    value, sizeof value, "%.*s", (int)it.valuelen, it.value);
		return value;
	}
	return NULL;
}

const char *
mrulist_item_n(const char *text, const char *stem, unsigned n)
{
	char name[32];

	snprintf(name, sizeof name, "%s.%u", stem, n);
	return mrulist_item(text, name);
}

unsigned
mrulist_entries(const char *text)
{
	unsigned n = 0;

	while (mrulist_item_n(text, "addr", n) != NULL)
		n++;
	return n;
}
