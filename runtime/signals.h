/* signals.h - names and numbers of signals, as `keg kill` and configurations write them.
 *
 * Source    : signal(7); kill(1) of util-linux for RTMIN+n.
 * Never     : sends anything. */
#ifndef KEG_RUNTIME_SIGNALS_H
#define KEG_RUNTIME_SIGNALS_H

#include "base/err.h"

/* "SIGTERM", "TERM", "term", "15", "SIGRTMIN+3", "RTMAX-1". 0 is a signal: it only asks. */
int signal_parse(const char *text, int *out_number, struct err *e); /* ERR_INVALID names the text */

/* "SIGTERM"; NULL when the number has no name (real-time signals have none but the first). */
const char *signal_name(int number);

#endif
