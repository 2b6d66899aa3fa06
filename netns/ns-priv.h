/* ns-priv.h - what ns.c and ns_pin.c share, and the fallbacks that tests force. */
#ifndef KEG_NETNS_NS_PRIV_H
#define KEG_NETNS_NS_PRIV_H

#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>

#include "netns/ns.h"

#define NS_PROC_PATH_SIZE 64

/* 1, 0, or -1 with errno; fd may be O_PATH. */
static inline int ns_fd_is_nsfs(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -1;
	return fs.f_type == NSFS_MAGIC;
}

static inline void ns_proc_fd_path(char out[NS_PROC_PATH_SIZE], int fd)
{
	(void)snprintf(out, NS_PROC_PATH_SIZE, "/proc/self/fd/%d", fd); /* always fits */
}

int ns_open_pidfd_by_proc(enum ns_kind kind, int pidfd, struct err *e);

#endif
