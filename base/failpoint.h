/* failpoint.h - named places where a test makes the program die, fail or wait.
 *
 *   FAILPOINT("create.after_clone");
 *   KEG_FAILPOINT=create.after_clone:kill keg run c1        (name:action[,name:action...])
 *
 * Actions: kill (SIGKILL oneself), exit, stop (SIGSTOP oneself), sleep=MS, errno=ENOSPC (only where
 * FAILPOINT_ERRNO is used).
 * Cost: nothing in ordinary builds, where the macros are empty. Test builds (--enable-failpoints)
 * read the environment once.
 * `keg-failpoints` in a test build: FAILPOINT_LIST lists every name, from tests/fault. */
#ifndef KEG_BASE_FAILPOINT_H
#define KEG_BASE_FAILPOINT_H

#ifdef KEG_FAILPOINTS
void failpoint_hit(const char *name);
int failpoint_errno(const char *name); /* 0, or the errno to fail with */
#define FAILPOINT(name) failpoint_hit(name)
#define FAILPOINT_ERRNO(name) failpoint_errno(name)
#else
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_ERRNO(name) 0
#endif

#endif
