/* seccomp_oracle.h - a profile compiled by us and by libseccomp, and the two programs compared.
 *
 * libseccomp 2.5.4 is the oracle, used as the other runtimes use it. Some rules of one system call it
 * miscompiles: a block of its program that is reached from two places may expect an argument in the
 * accumulator that only one of them loads, and <, <= and != over one argument may swallow each
 * other. A third opinion, the profile read naively, tells those cases from faults of ours.
 *
 * VERBOSE in the environment prints a profile for every outcome but SAME. */
#ifndef KEG_TESTS_UNIT_RUNTIME_SECCOMP_ORACLE_H
#define KEG_TESTS_UNIT_RUNTIME_SECCOMP_ORACLE_H

#include "oci/config.h"

#define TEST_ARENA_BYTES (64U << 20)

enum outcome {
	SAME,	      /* every input has one verdict */
	ORACLE_WRONG, /* but for verdicts of libseccomp that no rule gives */
	OTHER_ORDER,  /* two rules hold, and each has another first */
	BOTH_REFUSE,
	ONLY_ORACLE_REFUSES,
	ONLY_WE_REFUSE,
	DIFFERENT, /* our verdict is one that no rule gives */
	OUTCOME_COUNT,
};

/* Names that libseccomp lacks are taken out of the profile. DIFFERENT is explained on stderr. */
enum outcome seccomp_compare(struct oci_seccomp *profile);

#endif
