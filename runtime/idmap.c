/* idmap.c - user namespaces for idmapped mounts. */
#include "runtime/idmap.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/process.h"
#include "base/scope.h"
#include "base/sys.h"
#include "netns/ns.h"

/* A process that does nothing but hold a new user namespace until we have its descriptor. */
int idmap_open(const struct id_maps_request *maps, struct err *e)
{
	int hold[2];
	AUTO_FD pidfd = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hold) < 0)
		return err_sys(e, "make a user namespace for the mount");
	AUTO_FD ours = hold[0];
	AUTO_FD theirs = hold[1];
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_PIDFD,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uint64_t)(uintptr_t)&pidfd };
	long pid = sys_clone3(&args, sizeof args);
	if (pid < 0)
		return err_sys(e, "make a user namespace for the mount");
	if (pid == 0) {
		char byte;
		close(take_fd(&ours));
		(void)!read(theirs, &byte, 1); /* end-of-file: done, or the caller is gone */
		_exit(0);
	}
	close(take_fd(&theirs));
	FAILPOINT("idmap.holder_made");
	int result = id_maps_write((pid_t)pid, maps, e);
	int fd = result < 0 ? -1 : ns_open_process(NS_USER, (pid_t)pid, e);
	close(take_fd(&ours));
	(void)process_reap(pidfd, -1);
	return fd;
}

/* "0-1000-1" -> container 0, host 1000, size 1. */
static int parse_triple(const char *text, size_t length, struct oci_id_mapping *out)
{
	uint32_t values[3];
	const char *end = text + length;

	for (int i = 0; i < 3; i++) {
		char number[16];
		uint64_t value;
		const char *dash = memchr(text, '-', (size_t)(end - text));
		const char *stop = i < 2 ? dash : end;
		if (!stop || (size_t)(stop - text) >= sizeof number)
			return -EINVAL;
		memcpy(number, text, (size_t)(stop - text));
		number[stop - text] = '\0';
		if (str_to_uint64(number, &value) < 0 || value > UINT32_MAX)
			return -EINVAL;
		values[i] = (uint32_t)value;
		text = stop + 1;
	}
	*out = (struct oci_id_mapping){ values[0], values[1], values[2] };
	return 0;
}

/* '@': the host id is one inside the container's user namespace. */
static int translate(struct oci_id_mapping *map, const struct oci_id_mapping *container,
		     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t offset = map->host_id - container[i].container_id;
		if (map->host_id >= container[i].container_id && offset < container[i].size &&
		    map->size <= container[i].size - offset) {
			map->host_id = container[i].host_id + offset;
			return 0;
		}
	}
	return -ERANGE;
}

#define IDMAP_TRIPLES 340

static int parse_triples(struct arena *arena, const char *text, size_t length,
			 const struct oci_id_mapping *container, size_t n_container,
			 const struct oci_id_mapping **out, size_t *out_count)
{
	struct oci_id_mapping *maps = ARENA_ARRAY(arena, IDMAP_TRIPLES, struct oci_id_mapping);
	const char *end = text + length;
	size_t count = 0;

	if (!maps)
		return -ENOMEM;
	while (text < end) {
		const char *hash = memchr(text, '#', (size_t)(end - text));
		const char *stop = hash ? hash : end;
		bool relative = *text == '@';
		if (count == IDMAP_TRIPLES)
			return -E2BIG;
		text += relative;
		int result = parse_triple(text, (size_t)(stop - text), &maps[count]);
		if (result == 0 && relative)
			result = translate(&maps[count], container, n_container);
		if (result < 0)
			return result;
		count++;
		text = stop + 1;
	}
	*out = maps;
	*out_count = count;
	return count ? 0 : -EINVAL;
}

int idmap_parse(struct arena *arena, const char *spec, const struct id_maps_request *container,
		struct id_maps_request *out, struct err *e)
{
	*out = (struct id_maps_request){ 0 };
	for (const char *at = spec; at;) {
		const char *semicolon = strchr(at, ';');
		size_t length = semicolon ? (size_t)(semicolon - at) : strlen(at);
		bool uids = length > 5 && strncmp(at, "uids=", 5) == 0;
		bool gids = length > 5 && strncmp(at, "gids=", 5) == 0;
		int result = -EINVAL;
		if (uids)
			result = parse_triples(arena, at + 5, length - 5, container->uids,
					       container->n_uids, &out->uids, &out->n_uids);
		else if (gids)
			result = parse_triples(arena, at + 5, length - 5, container->gids,
					       container->n_gids, &out->gids, &out->n_gids);
		if (result < 0)
			return err_set(e, ERR_INVALID,
				       "idmap=%s: expected uids=C-H-N[#C-H-N...];gids=...", spec);
		at = semicolon ? semicolon + 1 : NULL;
	}
	return 0;
}
