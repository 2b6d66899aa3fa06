/* entry.c - the first instructions of `keg`: the read-only view of self.h, before the C library starts.
 *
 * Executing a program twice costs the start of the C library twice, and that asks the processor what it
 * can do by instructions that trap in a virtual machine: 0.1 ms each time. So the first of the two
 * executions does nothing but become the second. Whatever is unusual (no /proc, no privilege to mount, a
 * file that is read-only already) is left to self_protect() in main.c, which checks in any case.
 *
 * No libc here: no thread-local storage yet (so no stack protector), no relocations (so no pointers in
 * data), no errno. Not used in sanitizer builds, whose runtime has to come first. */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
/* The kernel leaves argc at the stack pointer and rdx for _start; both are given on untouched. */
__asm__(".globl keg_entry\n"
	".type keg_entry, @function\n"
	"keg_entry:\n"
	"	mov %rdx, %r12\n"
	"	mov %rsp, %rdi\n"
	"	call keg_entry_view\n"
	"	mov %r12, %rdx\n"
	"	xor %ebp, %ebp\n"
	"	jmp _start\n");

static inline long raw_call(long number, long a, long b, long c, long d, long e)
{
	long result;
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = e;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
__asm__(".globl keg_entry\n"
	".type keg_entry, %function\n"
	"keg_entry:\n"
	"	mov x19, x0\n"
	"	mov x0, sp\n"
	"	bl keg_entry_view\n"
	"	mov x0, x19\n"
	"	mov x29, xzr\n"
	"	mov x30, xzr\n"
	"	b _start\n");

static inline long raw_call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}
#endif

static inline bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Any word will do: a view too many (`keg kill run`) costs time, nothing else. */
static inline bool enters_container(long argc, char *const *argv)
{
	for (long i = 1; i < argc; i++)
		if (same(argv[i], "run") || same(argv[i], "create") || same(argv[i], "exec"))
			return true;
	return false;
}

void keg_entry_view(long *stack);

__attribute__((used, visibility("hidden"))) void keg_entry_view(long *stack)
{
	static const char self[] = "/proc/self/exe";
	long argc = stack[0];
	char **argv = (char **)(stack + 1);
	char **environment = argv + argc + 1;
	struct statfs fs;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (!enters_container(argc, argv) ||
	    raw_call(SYS_statfs, (long)self, (long)&fs, 0, 0, 0) < 0 || (fs.f_flags & ST_RDONLY))
		return;
	long fd = raw_call(SYS_open_tree, AT_FDCWD, (long)self, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC,
			   0, 0);
	if (fd < 0 ||
	    raw_call(SYS_mount_setattr, fd, (long)"", AT_EMPTY_PATH, (long)&attr, sizeof attr) < 0)
		return;
	raw_call(SYS_execveat, fd, (long)"", (long)argv, (long)environment, AT_EMPTY_PATH);
	raw_call(SYS_close, fd, 0, 0, 0, 0);
}
