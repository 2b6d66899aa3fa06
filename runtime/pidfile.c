/* pidfile.c - pid files. */
#include "runtime/pidfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

int pidfile_write(const char *path, pid_t pid, struct err *e)
{
	char text[16];

	snprintf(text, sizeof text, "%d", pid);
	int result = file_replace_at(AT_FDCWD, path, 0644, text, strlen(text), false);
	if (result == 0)
		return 0;
	err_errno(e, result, "write the pid file %s", path);
	return err_phase(e, PHASE_STATE);
}

void pidfile_remove(const char *path)
{
	(void)unlinkat(AT_FDCWD, path, 0); /* the error that led here is the one to tell */
}
