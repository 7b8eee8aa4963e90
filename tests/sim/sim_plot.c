/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_plot.c - a run as a picture (SVG) or as rows (CSV).
 *
 * Each column of pixels shows the lowest and the highest error of its time,
 * so that no spike is lost however long the run was.
 */
#include "sim_plot.h"

#include <math.h>
#include <string.h>

#include "ntp_state.h"

#define WIDTH	  960
#define HEIGHT	  440
#define LEFT	  100 /* of the axes */
#define TOP	  50
#define BOTTOM	  390
#define TICKS	  8.0 /* about as many */
#define MARGIN	  0.05
#define LEAST_GAP 1e-9 /* s, from bottom to top */

static const char *const colours[PLOT_NODES] = {
    "#0b5fa5", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#525252"};

struct axis {
	double low, high, step, scale; /* scale: s for one of the unit */
	const char *unit;
};

/* --- collecting ------------------------------------------------------------- */

static void
find_nodes(struct sim_plot *p, const struct sim_world *w)
{
	for (size_t i = 0; i < w->nnodes; i++) {
		if (!w->node[i].def->daemon)
			continue;
		if (p->nnodes < PLOT_NODES)
			p->node[p->nnodes++] = &w->node[i];
		else
			p->left_out++;
	}
}

static void
extend(struct plot_span *s, double v)
{
	s->low = s->used ? fmin(s->low, v) : v;
	s->high = s->used ? fmax(s->high, v) : v;
	s->used = true;
}

void
plot_sample(struct sim_plot *p, const struct sim_world *w)
{
	double t = world_time(w);
	size_t column = (size_t)(t / w->sc->run * PLOT_COLUMNS);
	struct plot_span all = {p->low, p->high, p->ranged};

	if (p->nnodes == 0)
		find_nodes(p, w);
	if (column >= PLOT_COLUMNS)
		column = PLOT_COLUMNS - 1;
	for (size_t i = 0; i < p->nnodes; i++) {
		double err = sim_clock_error(&p->node[i]->clock);

		extend(&p->span[i][column], err);
		if (t >= w->sc->settle)
			extend(&all, err);
	}
	p->low = all.low;
	p->high = all.high;
	p->ranged = all.used;
}

/* --- axes ------------------------------------------------------------------- */

/* 1, 2 or 5 times a power of ten, about RANGE / TICKS. */
static double
nice_step(double range)
{
	static const double mantissa[] = {1, 2, 5, 10};
	double unit = 1, want = range / TICKS;

	while (unit > want)
		unit /= 10;
	while (unit * 10 <= want)
		unit *= 10;
	for (size_t i = 0; i < 3; i++) {
		if (unit * mantissa[i] >= want)
			return unit * mantissa[i];
	}
	return unit * 10;
}

static struct axis
error_axis(const struct sim_plot *p)
{
	static const struct axis units[] = {
	    {.scale = 1, .unit = "s"},
	    {.scale = 1e-3, .unit = "ms"},
	    {.scale = 1e-6, .unit = "us"},
	    {.scale = 1e-9, .unit = "ns"},
	};
	double pad = fmax((p->high - p->low) * MARGIN, LEAST_GAP / 2);
	double low = p->low - pad, high = p->high + pad;
	double size = fmax(fabs(low), fabs(high));
	size_t i = 0;
	struct axis a;

	while (i < 3 && size < units[i].scale * 1.5)
		i++;
	a = units[i];
	a.low = low / a.scale;
	a.high = high / a.scale;
	a.step = nice_step(a.high - a.low);
	return a;
}

static struct axis
time_axis(double run)
{
	static const struct axis units[] = {
	    {.scale = 86400, .unit = "d"},
	    {.scale = 3600, .unit = "h"},
	    {.scale = 60, .unit = "min"},
	    {.scale = 1, .unit = "s"},
	};
	size_t i = 0;
	struct axis a;

	while (i < 3 && run < units[i].scale * 3)
		i++;
	a = units[i];
	a.low = 0;
	a.high = run / a.scale;
	a.step = nice_step(a.high);
	return a;
}

static double
at_x(const struct axis *a, double v)
{
	return LEFT + (v - a->low) / (a->high - a->low) * PLOT_COLUMNS;
}

static double
at_y(const struct axis *a, double v)
{
	double y = BOTTOM - (v - a->low) / (a->high - a->low) * (BOTTOM - TOP);

	return fmin(fmax(y, TOP), BOTTOM);
}

/* --- drawing ---------------------------------------------------------------- */

static void
write_text(FILE *fp, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '<')
			(void)fputs("&lt;", fp);
		else if (*s == '&')
			(void)fputs("&amp;", fp);
		else
			(void)fputc(*s, fp);
	}
}

static void
draw_frame(FILE *fp, const struct scenario *sc)
{
	(void)fprintf(fp,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	    "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
	    "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	    "<text x=\"%d\" y=\"20\" font-size=\"15\">",
	    WIDTH, HEIGHT, LEFT);
	write_text(fp, sc->title != NULL ? sc->title : sc->file);
	(void)fputs("</text>\n", fp);
}

static void
draw_time_axis(FILE *fp, const struct axis *a)
{
	for (double k = 0; k * a->step <= a->high; k++) {
		double x = at_x(a, k * a->step);

		(void)fprintf(fp,
		    "<path d=\"M%.1f %dV%d\" stroke=\"#ddd\"/>\n"
		    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>"
		    "\n",
		    x, TOP, BOTTOM, x, BOTTOM + 16, k * a->step);
	}
	(void)fprintf(fp,
	    "<text x=\"%u\" y=\"%d\" text-anchor=\"middle\">true time, %s"
	    "</text>\n",
	    LEFT + PLOT_COLUMNS / 2, BOTTOM + 36, a->unit);
}

static void
draw_error_axis(FILE *fp, const struct axis *a)
{
	for (double k = ceil(a->low / a->step); k * a->step <= a->high; k++) {
		double y = at_y(a, k * a->step);
		bool zero = k > -0.5 && k < 0.5;

		(void)fprintf(fp,
		    "<path d=\"M%d %.1fH%u\" stroke=\"%s\"/>\n"
		    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
		    LEFT, y, LEFT + PLOT_COLUMNS, zero ? "#888" : "#ddd",
		    LEFT - 6, y + 4, zero ? 0.0 : k * a->step);
	}
	(void)fprintf(fp,
	    "<text transform=\"translate(24 %d) rotate(-90)\" "
	    "text-anchor=\"middle\">clock minus true time, %s</text>\n",
	    (TOP + BOTTOM) / 2, a->unit);
}

static void
draw_node(FILE *fp, const struct sim_plot *p, size_t i, const struct axis *a)
{
	(void)fprintf(fp,
	    "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.2\" d=\"",
	    colours[i]);
	for (size_t k = 0, n = 0; k < PLOT_COLUMNS; k++) {
		const struct plot_span *s = &p->span[i][k];

		if (!s->used)
			continue;
		(void)fprintf(fp, "%s%zu %.1fV%.1f", n++ == 0 ? "M" : "L",
		    LEFT + k, at_y(a, s->low / a->scale),
		    at_y(a, s->high / a->scale));
	}
	(void)fprintf(fp,
	    "\"/>\n<text x=\"%zu\" y=\"%d\" fill=\"%s\">%s</text>\n",
	    LEFT + i * 110, TOP - 10, colours[i], p->node[i]->name);
}

void
plot_write(const struct sim_plot *p, const struct scenario *sc, FILE *fp)
{
	struct axis x = time_axis(sc->run), y = error_axis(p);

	draw_frame(fp, sc);
	draw_time_axis(fp, &x);
	draw_error_axis(fp, &y);
	for (size_t i = 0; i < p->nnodes; i++)
		draw_node(fp, p, i, &y);
	if (p->left_out > 0)
		(void)fprintf(fp,
		    "<text x=\"%zu\" y=\"%d\">and %zu not drawn</text>\n",
		    LEFT + p->nnodes * 110, TOP - 10, p->left_out);
	(void)fprintf(fp,
	    "<rect x=\"%d\" y=\"%d\" width=\"%u\" height=\"%d\" fill=\"none\" "
	    "stroke=\"#888\"/>\n</svg>\n",
	    LEFT, TOP, PLOT_COLUMNS, BOTTOM - TOP);
}

/* --- rows ------------------------------------------------------------------- */

void
csv_sample(FILE *fp, const struct sim_world *w, bool first)
{
	if (first)
		(void)fputs("time,node,error,frequency_error,slew,frequency,"
			    "offset,jitter,root_distance,stratum,leap,poll,"
			    "packets\n",
		    fp);
	for (size_t i = 0; i < w->nnodes; i++) {
		const struct sim_node *n = &w->node[i];
		const struct ntp_engine *e = n->e;

		if (!n->def->daemon)
			continue;
		(void)fprintf(fp, "%.0f,%s,%.9f,%.6e,%.6e,", world_time(w),
		    n->name, sim_clock_error(&n->clock),
		    sim_clock_freq_error(&n->clock), n->clock.slew);
		if (e == NULL)
			(void)fputs(",,,,,,,\n", fp);
		else
			(void)fprintf(fp, "%.6e,%.9f,%.9f,%.9f,%u,%u,%d,%llu\n",
			    e->loop.freq, e->sys.offset, e->sys.jitter,
			    node_root_distance(n), e->sys.stratum, e->sys.leap,
			    e->loop.poll, (unsigned long long)n->polls);
	}
}
