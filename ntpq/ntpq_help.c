/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntpq_help.c - what ntpq says about itself.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ntpq.h"

#define PAGER "more"

static const char help_text[] =
    "usage: ntpq [-46dhinpsSuvVw] [-a key] [-c command] [-D level] [-k file]\n"
    "            [-l file] [-r hash|ipv4] [-W columns] [host ...]\n"
    "       ntpq --json command [host ...]\n"
    "       ntpq --format=prometheus [host ...]\n"
    "Asks the NTP daemon on each HOST (HOST, HOST:PORT, [ADDR]:PORT; default\n"
    "localhost) and shows what it answers.\n"
    "\n"
    "  -4, --ipv4               IPv4 for the hosts after it\n"
    "  -6, --ipv6               IPv6 for the hosts after it\n"
    "  -a, --authentication=KEY sign with this key\n"
    "  -c, --command=COMMAND    run COMMAND; may be repeated\n"
    "  -d, --debug-level        tell more about packets; may be repeated\n"
    "  -D, --set-debug-level=N  tell that much\n"
    "      --format=FORMAT      text, ntpsec, json or prometheus\n"
    "  -h, -?, --help           this text\n"
    "  -!, --more-help          this text, page by page\n"
    "  -i, --interactive        prompt, even when not at a terminal\n"
    "      --json               one JSON document for each command\n"
    "  -k, --keyfile=FILE       the keys file it is in\n"
    "  -l, --logfile=FILE       append there what is told about packets\n"
    "  -n, --numeric            addresses instead of names\n"
    "      --no-plus            no plus sign before offsets\n"
    "      --old-rv             readvar always shows the status line\n"
    "  -p, --peers              the table of peers, as -c peers\n"
    "      --reach=octal|bits   how the table shows the last eight polls\n"
    "  -r, --refid=hash|ipv4    how the table shows reference ids\n"
    "  -s, --srcname            names as the daemon was told them, or looked up\n"
    "  -S, --srcnumber          such names, else addresses\n"
    "      --unconnected        take an answer from another address, too\n"
    "  -u, --units              a unit behind each time and frequency\n"
    "  -v, --verbose            explain the columns of the table of peers\n"
    "  -V, --version[=v|c|n]    the version of ntpq, with its copyright, or\n"
    "                           with the whole licence\n"
    "      --watch=SECONDS      again and again\n"
    "  -w, --wide               do not cut long names\n"
    "  -W, --width=COLUMNS      room for a line\n"
    "  ->, --save-opts[=FILE]   write the options to FILE (./.ntprc) and end\n"
    "  -<, --load-opts=FILE     read options from FILE as well\n"
    "      --no-load-opts       leave ~/.ntprc and ./.ntprc alone\n"
    "\n"
    "Options may also stand in ~/.ntprc and ./.ntprc, in the variable NTPQ, or\n"
    "in one each: NTPQ_OLD_RV=yes.\n"
    "\n"
    "Try: ntpq -pn, ntpq -c rv, ntpq -c as, ntpq -c help\n";

static const char copyright_text[] =
    "Copyright (c) 2026 The Truechimer developers\n"
    "SPDX-License-Identifier: BSD-2-Clause\n";

static const char licence_text[] =
    "\n"
    "Redistribution and use in source and binary forms, with or without\n"
    "modification, are permitted provided that the following conditions are "
    "met:\n"
    "\n"
    "1. Redistributions of source code must retain the above copyright "
    "notice,\n"
    "   this list of conditions and the following disclaimer.\n"
    "\n"
    "2. Redistributions in binary form must reproduce the above copyright "
    "notice,\n"
    "   this list of conditions and the following disclaimer in the "
    "documentation\n"
    "   and/or other materials provided with the distribution.\n"
    "\n"
    "THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS \"AS "
    "IS\"\n"
    "AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, "
    "THE\n"
    "IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR "
    "PURPOSE\n"
    "ARE DISCLAIMED.  IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS "
    "BE\n"
    "LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR\n"
    "CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF\n"
    "SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR "
    "BUSINESS\n"
    "INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN\n"
    "CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE)\n"
    "ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF "
    "THE\n"
    "POSSIBILITY OF SUCH DAMAGE.\n";

void
help_print(FILE *out)
{
	fputs(help_text, out);
}

void
help_page(void)
{
	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *pager = getenv("PAGER");
	FILE *f = NULL;

	if (isatty(STDOUT_FILENO)) {
		/* A pager that is left early is no failure. */
		(void)signal(SIGPIPE, SIG_IGN);
		if (pager == NULL || *pager == '\0')
			pager = PAGER;
		/* What $PAGER says: NOLINTNEXTLINE(cert-env33-c) */
		f = popen(pager, "we");
	}
	help_print(f != NULL ? f : stdout);
	if (f != NULL)
		pclose(f);
}

/* Begins with the product: scripts take "ntpq 1.2.3" for the reference's. */
void
version_print(FILE *out)
{
	fprintf(out, "%s ntpq %s\n", PACKAGE_NAME, PACKAGE_VERSION);
}

bool
version_show(FILE *out, const char *how)
{
	char kind = how == NULL ? 'v' : how[0];

	if (how != NULL && (strlen(how) != 1 || strchr("vcn", kind) == NULL))
		return false;
	version_print(out);
	fprintf(out, "%s\n", edit_words);
	if (kind != 'v')
		fputs(copyright_text, out);
	if (kind == 'n')
		fputs(licence_text, out);
	return true;
}
