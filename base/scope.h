/* scope.h - values that clean up after themselves when their scope ends.
 *
 * Ownership : leaves a scope only through take_fd() or take_ptr().
 * Errors    : cleanups accept the empty value (-1, NULL) and keep errno. */
#ifndef KEG_BASE_SCOPE_H
#define KEG_BASE_SCOPE_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void scope_close(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;
		(void)close(*fd); /* nothing can be done about a failing close */
		errno = saved;
	}
}

static inline void scope_free(void *pointer)
{
	int saved = errno;
	free(*(void **)pointer);
	errno = saved;
}

static inline void scope_fclose(FILE **file)
{
	if (*file) {
		int saved = errno;
		(void)fclose(*file); /* writers check fflush before the scope ends */
		errno = saved;
	}
}

static inline void scope_closedir(DIR **dir)
{
	if (*dir) {
		int saved = errno;
		(void)closedir(*dir); /* cannot fail on a valid stream */
		errno = saved;
	}
}

#define AUTO_FD __attribute__((cleanup(scope_close))) int
#define AUTO_FREE __attribute__((cleanup(scope_free)))
#define AUTO_FILE __attribute__((cleanup(scope_fclose))) FILE
#define AUTO_DIR __attribute__((cleanup(scope_closedir))) DIR

static inline int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

#define take_ptr(pointer)                                                                          \
	({                                                                                         \
		__typeof__(*(pointer)) taken_ = *(pointer);                                        \
		*(pointer) = NULL;                                                                 \
		taken_;                                                                            \
	})

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
