/* failpoint.h - named places where a test makes the program die, fail or wait.
 *
 *   FAILPOINT("create.after_clone");
 *   if ((r = FAILPOINT_ERRNO("state.write")) != 0) return -r;
 *
 *   KEG_FAILPOINT=create.after_clone:kill keg run c1        (name:action[,name:action...])
 *   KEG_FAILPOINT=list keg                                  (prints every name in the program, exits 0)
 *
 * Actions: kill    SIGKILL oneself; the first process of a pid namespace, which cannot, exits 137
 *          exit    exit status 125, no clean-up
 *          stop    SIGSTOP oneself; the first process of a pid namespace waits to be killed instead
 *          sleep=MS
 *          errno=NAME   as in errno=ENOSPC; only where FAILPOINT_ERRNO is used
 * Whatever cannot be understood is reported on stderr and exits 125 before main() runs; so does an
 * errno= at a FAILPOINT, once that is reached: no test passes because of a slip in its spelling.
 * Cost: nothing in ordinary builds, where the macros are empty. Test builds (-DKEG_FAILPOINTS)
 * read the environment once, before main().
 * May be hit anywhere, also between clone(2) and execve(2): no locks, no allocation. */
#ifndef KEG_BASE_FAILPOINT_H
#define KEG_BASE_FAILPOINT_H

#ifdef KEG_FAILPOINTS
/* Each use leaves a pointer to its name in one section of the program: that is the list. */
#define FAILPOINT_NAME(n)                                                                          \
	static const char *failpoint_name_ __attribute__((section("keg_failpoints"), used)) = (n)
#define FAILPOINT(name)                                                                            \
	({                                                                                         \
		FAILPOINT_NAME(name);                                                              \
		failpoint_hit(failpoint_name_);                                                    \
	})
#define FAILPOINT_ERRNO(name)                                                                      \
	({                                                                                         \
		FAILPOINT_NAME(name);                                                              \
		failpoint_errno(failpoint_name_);                                                  \
	})
void failpoint_hit(const char *name);
int failpoint_errno(const char *name); /* 0, or the errno to fail with */
#else
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_ERRNO(name) 0
#endif

#endif
