/* limits_lists.c - members of linux.resources that are lists or keyed by device: blockIO, hugepages,
 * rdma, unified. Each entry is one write; the kernel takes one line at a time.
 *
 * Source    : cgroup-v2.rst io.max, io.weight, hugetlb.<size>.max, rdma.max;
 *             Documentation/block/bfq-iosched.rst for io.bfq.weight. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "cgroups/cgroup-priv.h"
#include "cgroups/limits-priv.h"

/* What a pointer takes below a row: "/12/pageSize", "/<key>". */
#define BELOW_SIZE 160

static const char *entry(char out[BELOW_SIZE], size_t index, const char *member)
{
	(void)snprintf(out, BELOW_SIZE, "/%zu/%s", index, member); /* members are short words */
	return out;
}

/* A key of an object as RFC 6901 writes it; a long one is cut, the pointer is for people. */
static const char *keyed(char out[BELOW_SIZE], const char *key, const char *member)
{
	size_t length = 0;

	out[length++] = '/';
	for (const char *at = key; *at && length < BELOW_SIZE - 32; at++) {
		if (*at == '/' || *at == '~') {
			out[length++] = '~';
			out[length++] = *at == '/' ? '1' : '0';
		} else {
			out[length++] = *at;
		}
	}
	(void)snprintf(out + length, BELOW_SIZE - length, "%s", member); /* room for 32 was left */
	return out;
}

/* ------------------------------------------------------------------------------------- blockIO */

static int check_weight(const struct limits_job *job, const struct limit_row *row,
			const char *below, uint64_t weight)
{
	if (weight >= 10 && weight <= 1000)
		return 0;
	return limit_invalid(job, row, below, "a weight is from 10 to 1000, not %" PRIu64, weight);
}

int limit_check_io_weight(const struct limits_job *job, const struct limit_row *row)
{
	return check_weight(job, row, "", *job->limits->io_weight);
}

/* BFQ takes v1's numbers; without it io.weight (of blk-iocost) has a range of its own. */
static int put_weight(const struct limits_job *job, const struct limit_row *row, const char *below,
		      const char *device, uint64_t weight)
{
	char text[96];

	(void)snprintf(text, sizeof text, "%s%" PRIu64, device, weight); /* fits */
	int result = file_write_once(job->cgroup->fd, "io.bfq.weight", text, strlen(text));
	if (result == 0)
		return 0;
	/* -EOPNOTSUPP: BFQ is loaded, but another scheduler runs this device. */
	if (result != -ENOENT && result != -EOPNOTSUPP)
		return limit_put(job, row, below, "io.bfq.weight", text);
	(void)snprintf(text, sizeof text, "%s%" PRIu64, device,
		       cgroup_io_weight(weight)); /* fits */
	return limit_put(job, row, below, "io.weight", text);
}

int limit_write_io_weight(const struct limits_job *job, const struct limit_row *row)
{
	return put_weight(job, row, "", "", *job->limits->io_weight);
}

static int check_device(const struct limits_job *job, const struct limit_row *row, size_t index,
			int64_t major, int64_t minor)
{
	char below[BELOW_SIZE];

	if (major < 0 || major > UINT32_MAX)
		return limit_invalid(job, row, entry(below, index, "major"),
				     "%" PRId64 " is no device number", major);
	if (minor < 0 || minor > UINT32_MAX)
		return limit_invalid(job, row, entry(below, index, "minor"),
				     "%" PRId64 " is no device number", minor);
	return 0;
}

int limit_check_io_weight_devices(const struct limits_job *job, const struct limit_row *row)
{
	char below[BELOW_SIZE];

	for (size_t i = 0; i < job->limits->n_io_weight_devices; i++) {
		const struct cgroup_weight_device *device = &job->limits->io_weight_devices[i];

		if (check_device(job, row, i, device->major, device->minor) < 0)
			return -1;
		if (!device->weight && !device->leaf_weight)
			return limit_invalid(job, row, entry(below, i, "weight"),
					     "neither weight nor leafWeight");
		if (device->weight &&
		    check_weight(job, row, entry(below, i, "weight"), *device->weight) < 0)
			return -1;
	}
	return 0;
}

/* leafWeight has no meaning in v2 and crun passes over it here. */
int limit_write_io_weight_devices(const struct limits_job *job, const struct limit_row *row)
{
	char device[64], below[BELOW_SIZE];

	for (size_t i = 0; i < job->limits->n_io_weight_devices; i++) {
		const struct cgroup_weight_device *one = &job->limits->io_weight_devices[i];

		if (!one->weight)
			continue;
		(void)snprintf(device, sizeof device, "%" PRId64 ":%" PRId64 " ", one->major,
			       one->minor); /* fits */
		if (put_weight(job, row, entry(below, i, "weight"), device, *one->weight) < 0)
			return -1;
	}
	return 0;
}

/* The row's list; which of the four it is stands in the row's offsets. */
static const struct cgroup_throttle *throttles(const struct limits_job *job,
					       const struct limit_row *row, size_t *out_count)
{
	const struct cgroup_throttle *list;

	memcpy(&list, (const char *)job->limits + row->offset, sizeof list);
	memcpy(out_count, (const char *)job->limits + row->count_offset, sizeof *out_count);
	return list;
}

int limit_check_throttle(const struct limits_job *job, const struct limit_row *row)
{
	size_t count;
	const struct cgroup_throttle *list = throttles(job, row, &count);

	for (size_t i = 0; i < count; i++) {
		if (check_device(job, row, i, list[i].major, list[i].minor) < 0)
			return -1;
	}
	return 0;
}

int limit_write_throttle(const struct limits_job *job, const struct limit_row *row)
{
	const char *word = strchr(row->file, ' ') + 1;
	char text[96], below[BELOW_SIZE];
	size_t count;
	const struct cgroup_throttle *list = throttles(job, row, &count);

	for (size_t i = 0; i < count; i++) {
		int length =
			snprintf(text, sizeof text, "%" PRId64 ":%" PRId64 " %s=", list[i].major,
				 list[i].minor, word);

		if (list[i].rate)
			(void)snprintf(text + length, sizeof text - (size_t)length, "%" PRIu64,
				       list[i].rate); /* fits */
		else
			(void)snprintf(text + length, sizeof text - (size_t)length, "max");
		if (limit_put(job, row, entry(below, i, "rate"), "io.max", text) < 0)
			return -1;
	}
	return 0;
}

/* ----------------------------------------------------------------------------------- hugepages */

/* "2MB": a number without a leading zero and a unit; it becomes part of a file name. */
static bool is_page_size(const char *text)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;

	return digits > 0 && digits < 8 && *text != '0' && strchr("KMG", text[digits]) &&
	       text[digits] && str_equal(text + digits + 1, "B");
}

int limit_check_hugepages(const struct limits_job *job, const struct limit_row *row)
{
	char below[BELOW_SIZE];

	for (size_t i = 0; i < job->limits->n_hugepages; i++) {
		const char *size = job->limits->hugepages[i].page_size;

		if (!is_page_size(size))
			return limit_invalid(job, row, entry(below, i, "pageSize"),
					     "`%s` is no page size such as 64KB, 2MB or 1GB",
					     size ? size : "");
	}
	return 0;
}

/* Reservations first: they are what the specification limits; kernels before 5.7 count faults only. */
int limit_write_hugepages(const struct limits_job *job, const struct limit_row *row)
{
	char file[48], text[24], below[BELOW_SIZE];

	for (size_t i = 0; i < job->limits->n_hugepages; i++) {
		const struct cgroup_hugepage *one = &job->limits->hugepages[i];

		(void)snprintf(text, sizeof text, "%" PRIu64, one->limit_bytes); /* fits */
		(void)snprintf(file, sizeof file, "hugetlb.%s.rsvd.max",
			       one->page_size); /* checked */
		int result = file_write_once(job->cgroup->fd, file, text, strlen(text));
		if (result < 0 && result != -ENOENT)
			return limit_put(job, row, entry(below, i, "limit"), file, text);
		(void)snprintf(file, sizeof file, "hugetlb.%s.max", one->page_size); /* checked */
		if (limit_put(job, row, entry(below, i, "limit"), file, text) < 0)
			return -1;
	}
	return 0;
}

/* ---------------------------------------------------------------------------------------- rdma */

static bool is_device_name(const char *text)
{
	if (str_empty(text) || strlen(text) > 64)
		return false;
	for (const char *at = text; *at; at++) {
		if (!isgraph((unsigned char)*at) || *at == '/' || *at == '=')
			return false;
	}
	return true;
}

int limit_check_rdma(const struct limits_job *job, const struct limit_row *row)
{
	char below[BELOW_SIZE];

	for (size_t i = 0; i < job->limits->n_rdma; i++) {
		const struct cgroup_rdma *one = &job->limits->rdma[i];

		if (!is_device_name(one->device))
			return limit_invalid(
				job, row, keyed(below, one->device ? one->device : "", ""),
				"`%s` is no RDMA device name", one->device ? one->device : "");
		if (!one->hca_handles && !one->hca_objects)
			return limit_invalid(job, row, keyed(below, one->device, ""),
					     "neither hcaHandles nor hcaObjects");
	}
	return 0;
}

int limit_write_rdma(const struct limits_job *job, const struct limit_row *row)
{
	char text[160], below[BELOW_SIZE];

	for (size_t i = 0; i < job->limits->n_rdma; i++) {
		const struct cgroup_rdma *one = &job->limits->rdma[i];
		int length =
			snprintf(text, sizeof text, "%s", one->device); /* 64 at most, checked */

		if (one->hca_handles)
			length += snprintf(text + length, sizeof text - (size_t)length,
					   " hca_handle=%" PRIu64, *one->hca_handles);
		if (one->hca_objects)
			(void)snprintf(text + length, sizeof text - (size_t)length,
				       " hca_object=%" PRIu64, *one->hca_objects); /* fits */
		if (limit_put(job, row, keyed(below, one->device, ""), "rdma.max", text) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------------------------- unified */

/* What would act on processes instead of limiting them, or change the tree under our feet. */
static const char *const no_limits[] = {
	"cgroup.procs",	 "cgroup.threads", "cgroup.kill",
	"cgroup.freeze", "cgroup.type",	   "cgroup.subtree_control",
};

int limit_check_unified(const struct limits_job *job, const struct limit_row *row)
{
	char below[BELOW_SIZE];

	for (size_t i = 0; i < job->limits->n_unified; i++) {
		const char *file = job->limits->unified[i].file;

		if (strchr(file, '/'))
			return limit_invalid(job, row, keyed(below, file, ""),
					     "`%s` must be the name of a file, without a slash",
					     file);
		if (*file == '.' || !strchr(file, '.'))
			return limit_invalid(
				job, row, keyed(below, file, ""),
				"the specified key has not the form CONTROLLER.VALUE `%s`", file);
		for (size_t j = 0; j < ARRAY_SIZE(no_limits); j++) {
			if (str_equal(file, no_limits[j]))
				return limit_invalid(job, row, keyed(below, file, ""),
						     "`%s` is no limit", file);
		}
	}
	return 0;
}

static int put_line(const struct limits_job *job, const struct limit_row *row, const char *file,
		    const char *line, size_t length)
{
	char text[4096], below[BELOW_SIZE];

	if (length >= sizeof text)
		return limit_invalid(job, row, keyed(below, file, ""),
				     "a line of more than %zu bytes", sizeof text - 1);
	memcpy(text, line, length);
	text[length] = '\0';
	return limit_put(job, row, keyed(below, file, ""), file, text);
}

int limit_write_unified(const struct limits_job *job, const struct limit_row *row)
{
	for (size_t i = 0; i < job->limits->n_unified; i++) {
		const struct cgroup_unified *one = &job->limits->unified[i];
		const char *line = one->value ? one->value : "";

		do {
			size_t length = strcspn(line, "\n");

			if (put_line(job, row, one->file, line, length) < 0)
				return -1;
			line += length;
			line += *line == '\n';
		} while (*line);
	}
	return 0;
}
