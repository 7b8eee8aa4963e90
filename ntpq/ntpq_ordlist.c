/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_ordlist.c - the daemon's interfaces and access list.
 *
 * A reply is rows of fields "name.N=value", contiguous and ascending in N,
 * the fields of a row in any order with noise between.  Servers differ in
 * which fields they send, so a row is shown with what it has.
 */
#include <string.h>

#include "ntp_fmt.h"
#include "ntpq.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define FIELDS_MAX 12U
#define RULE_WIDTH 78
#define CELL_MAX   128U
#define FLAGS_MAX  1024U

struct row {
	const struct list *list;
	unsigned number;		   /* N */
	struct var_item field[FIELDS_MAX]; /* value NULL: missing */
};

struct list {
	const char *request, *key; /* of the reply in JSON */
	const char *field[FIELDS_MAX], *json[FIELDS_MAX];
	unsigned nfields, needed; /* the first so many must be there */
	const char *header;
	void (*print)(FILE *out, const struct row *row);
};

enum if_field {
	IF_ADDR,
	IF_EN,
	IF_NAME,
	IF_FLAGS,
	IF_RX,
	IF_TX,
	IF_TXERR,
	IF_PC,
	IF_UP,
	IF_BCAST,
	IF_TL,
	IF_MC
};
enum res_field { RES_ADDR, RES_MASK, RES_HITS, RES_FLAGS };

static const char *
cell(const struct row *row, unsigned field, char *out, size_t cap)
{
	struct var_item it = row->field[field];

	if (it.value == NULL) {
		snprintf(out, cap, "-");
		return out;
	}
	var_unquote(&it);
	return fmt_safe(out, cap, it.value, it.valuelen);
}

static bool
field_uint(const struct row *row, unsigned field, int64_t *v)
{
	const struct var_item *it = &row->field[field];

	return it->value != NULL &&
	    fmt_parse_int(it->value, it->valuelen, true, v) == 0;
}

static void
print_number(FILE *out, const struct row *row, unsigned field, int width)
{
	char text[CELL_MAX];

	fprintf(out, " %*s", width, cell(row, field, text, sizeof(text)));
}

static void
print_interface(FILE *out, const struct row *row)
{
	char name[CELL_MAX], addr[CELL_MAX];
	int64_t enabled = 1, flags = 0;

	field_uint(row, IF_EN, &enabled);
	field_uint(row, IF_FLAGS, &flags);
	fprintf(out, "%3u %-24.24s %c %4x", row->number,
	    cell(row, IF_NAME, name, sizeof(name)), enabled != 0 ? '.' : 'D',
	    (unsigned)flags & 0xffffU);
	print_number(out, row, IF_TL, 3);
	print_number(out, row, IF_MC, 2);
	print_number(out, row, IF_RX, 6);
	print_number(out, row, IF_TX, 6);
	print_number(out, row, IF_TXERR, 6);
	print_number(out, row, IF_PC, 5);
	print_number(out, row, IF_UP, 8);
	fprintf(out, "\n    %s\n", cell(row, IF_ADDR, addr, sizeof(addr)));
	if (row->field[IF_BCAST].valuelen > 0)
		fprintf(
		    out, "    %s\n", cell(row, IF_BCAST, addr, sizeof(addr)));
}

/* The length of the prefix that MASK is, or -1. */
static int
mask_bits(const struct ntp_addr *mask)
{
	unsigned bits, all = mask->family == ADDR_V4 ? 32 : 128;
	struct ntp_addr made;

	for (bits = 0; bits <= all; bits++) {
		addr_mask((enum addr_family)mask->family, bits, &made);
		if (addr_equal(&made, mask))
			return (int)bits;
	}
	return -1;
}

static void
print_restriction(FILE *out, const struct row *row)
{
	char addr[CELL_MAX], mask[CELL_MAX], hits[CELL_MAX], flags[FLAGS_MAX];
	const struct var_item *it = &row->field[RES_MASK];
	struct ntp_addr m;
	int bits = -1;

	cell(row, RES_MASK, mask, sizeof(mask));
	if (addr_parse(it->value, it->valuelen, &m) == 0)
		bits = mask_bits(&m);
	fprintf(out, "%10s %s", cell(row, RES_HITS, hits, sizeof(hits)),
	    cell(row, RES_ADDR, addr, sizeof(addr)));
	if (bits >= 0)
		fprintf(out, "/%d", bits);
	else
		fprintf(out, " %s", mask);
	fprintf(out, "\n           %s\n",
	    cell(row, RES_FLAGS, flags, sizeof(flags)));
}

static const struct list interfaces = {.request = "ifstats",
    .key = "interfaces",
    .field = {"addr", "en", "name", "flags", "rx", "tx", "txerr", "pc", "up",
	"bcast", "tl", "mc"},
    .json = {"address", "enabled", "name", "flags", "received", "sent",
	"send_failed", "peers", "uptime", "broadcast", "ttl", "multicast"},
    .nfields = 12,
    .needed = 9,
    .header =
	"    interface name                                        send\n"
	" #  address/broadcast     drop flag ttl mc received sent failed peers "
	"  uptime\n",
    .print = print_interface};

static const struct list restrictions = {.request = "addr_restrictions",
    .key = "restrictions",
    .field = {"addr", "mask", "hits", "flags"},
    .json = {"address", "mask", "hits", "flags"},
    .nfields = 4,
    .needed = 4,
    .header = "   hits    addr/prefix or addr mask\n"
	      "           restrictions\n",
    .print = print_restriction};

/* --- rows --------------------------------------------------------------- */

static void
row_json(struct json *j, const struct row *row)
{
	struct var_item it;
	unsigned i;

	json_object(j, NULL);
	json_int(j, "index", row->number);
	for (i = 0; i < row->list->nfields; i++) {
		it = row->field[i];
		it.name = row->list->json[i];
		it.namelen = strlen(it.name);
		if (it.value == NULL)
			json_null(j, it.name);
		else
			json_variable(j, &it, 0);
	}
	json_object_end(j);
}

static void
row_show(struct ntpq *q, const struct row *row)
{
	unsigned i, have = 0, needed = 0;

	for (i = 0; i < row->list->nfields; i++) {
		have += row->field[i].value != NULL;
		needed += i < row->list->needed && row->field[i].value != NULL;
	}
	if (needed < row->list->needed)
		fprintf(q->err,
		    "Warning: incomplete row with %u (of %u) fields\n", have,
		    row->list->nfields);
	else if (q->json != NULL)
		row_json(q->json, row);
	else
		row->list->print(q->out, row);
}

static void
row_take(struct row *row, const struct var_item *it)
{
	unsigned i;

	for (i = 0; i < row->list->nfields; i++)
		if (var_is(it, row->list->field[i])) {
			row->field[i] = *it;
			reply_trim(&row->field[i]);
		}
}

static void
show_rows(struct ntpq *q, const struct list *list, const struct reply *rep)
{
	struct var_rd rd = var_rd_init(rep->text, rep->len);
	struct row row = {.list = list};
	struct var_item it;
	bool any = false;
	unsigned number;

	while (var_next(&rd, &it)) {
		if (!var_split_row(&it, &number))
			continue;
		if (any && number != row.number) {
			row_show(q, &row);
			row = (struct row){.list = list};
		}
		any = true;
		row.number = number;
		row_take(&row, &it);
	}
	if (any)
		row_show(q, &row);
}

static void
show_list(struct ntpq *q, const struct list *list)
{
	struct query query = {.opcode = MODE6_READ_ORDLIST,
	    .sign = true,
	    .data = list->request,
	    .len = strlen(list->request)};
	struct reply rep;
	int i;

	if (!ask(q, &query, &rep))
		return;
	if (q->json != NULL) {
		json_array(q->json, list->key);
		show_rows(q, list, &rep);
		json_array_end(q->json);
		return;
	}
	fputs(list->header, q->out);
	for (i = 0; i < RULE_WIDTH; i++)
		fputc('=', q->out);
	fputc('\n', q->out);
	show_rows(q, list, &rep);
}

void
cmd_ifstats(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	show_list(q, &interfaces);
}

void
cmd_reslist(struct ntpq *q, const struct ntpq_args *a)
{
	(void)a;
	show_list(q, &restrictions);
}
