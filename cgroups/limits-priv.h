/* limits-priv.h - the table of limits.c, for the test that walks it. */
#ifndef KEG_CGROUPS_LIMITS_PRIV_H
#define KEG_CGROUPS_LIMITS_PRIV_H

#include "cgroups/limits.h"

/* One application of limits to a cgroup; `cgroup` is NULL while only checking. */
struct limits_job {
	const struct cgroup *cgroup;
	const struct cgroup_limits *limits;
	const char *at;
	struct err *e;
};

enum limit_fate {
	LIMIT_WRITTEN, /* ends in `file` */
	LIMIT_PART,    /* has its effect in the row that `why` names */
	LIMIT_REFUSED, /* cgroup v2 has nothing like it: `why` */
	LIMIT_IGNORED, /* accepted and without effect: `why` */
};

struct limit_row {
	const char *member; /* below linux.resources */
	enum limit_fate fate;
	unsigned controller;
	const char *file, *why;
	size_t offset;	     /* of the pointer in struct cgroup_limits */
	size_t count_offset; /* of the list's length, SIZE_MAX when it is no list */
	bool (*absent)(const struct cgroup_limits *limits); /* a value that means "not given" */
	int (*check)(const struct limits_job *job, const struct limit_row *row);
	int (*write)(const struct limits_job *job, const struct limit_row *row);
};

const struct limit_row *limit_rows(size_t *out_count);
/* Fills job->e with the pointer of the member, then what is below it ("/0/rate"); -1. */
int limit_invalid(const struct limits_job *job, const struct limit_row *row, const char *below,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* One write; what the kernel refuses is explained. `below` as above. */
int limit_put(const struct limits_job *job, const struct limit_row *row, const char *below,
	      const char *file, const char *text);

/* limits_lists.c: members that are lists, each written one entry at a time. */
int limit_check_io_weight(const struct limits_job *job, const struct limit_row *row);
int limit_write_io_weight(const struct limits_job *job, const struct limit_row *row);
int limit_check_io_weight_devices(const struct limits_job *job, const struct limit_row *row);
int limit_write_io_weight_devices(const struct limits_job *job, const struct limit_row *row);
int limit_check_throttle(const struct limits_job *job, const struct limit_row *row);
int limit_write_throttle(const struct limits_job *job, const struct limit_row *row);
int limit_check_hugepages(const struct limits_job *job, const struct limit_row *row);
int limit_write_hugepages(const struct limits_job *job, const struct limit_row *row);
int limit_check_rdma(const struct limits_job *job, const struct limit_row *row);
int limit_write_rdma(const struct limits_job *job, const struct limit_row *row);
int limit_check_unified(const struct limits_job *job, const struct limit_row *row);
int limit_write_unified(const struct limits_job *job, const struct limit_row *row);

#endif
