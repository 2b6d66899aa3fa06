# syscalls_generate.awk - from the syscalls.csv of libseccomp (2.6 or later) to syscalls_table.h
#
#   awk -f syscalls_generate.awk <.../libseccomp/src/syscalls.csv >syscalls_table.h
#
# The order of the columns is that of enum syscall_column below. The hash must be the one of
# syscall_find. Run by hand when the kernel has new calls; the result is committed.
BEGIN {
	FS = ","
	n_columns = split("x86_64 x86 x32 aarch64 arm riscv64 loongarch64 ppc ppc64 s390 s390x " \
			  "mips mips64 mips64n32 parisc parisc64 m68k sh", column, " ")
	hash_size = 1024
	count = 0
	# linux/net.h SYS_*, linux/ipc.h: what socketcall(2) and, from 100, ipc(2) take first
	n = split("socket bind connect listen accept getsockname getpeername socketpair send recv " \
		  "sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 " \
		  "recvmmsg sendmmsg", call, " ")
	for (i = 1; i <= n; i++)
		multiplexed[call[i]] = i
	n = split("semop semget semctl semtimedop msgsnd msgrcv msgget msgctl shmat shmdt shmget " \
		  "shmctl", call, " ")
	for (i = 1; i <= n; i++)
		multiplexed[call[i]] = 100 + int((i - 1) / 4) * 10 + (i - 1) % 4 + 1
	for (i = 1; i < 128; i++)
		code[sprintf("%c", i)] = i
}
/^#/ {
	for (i = 2; i <= NF; i++)
		position[$i] = i
	title = substr($1, 2)
	next
}
{
	row = ""
	for (i = 1; i <= n_columns; i++) {
		value = $(position[column[i]])
		if (value == "PNR")
			value = -1
		else if (value >= 983040)
			value = 1000 + value - 983040
		else if (value > 1000)
			exit 1
		row = row (i > 1 ? ", " : "") value
	}
	name[count] = $1
	values[count++] = row
}
END {
	print "/* Made by syscalls_generate.awk from libseccomp's " title "; do not edit. */"
	print "/* clang-format off */"
	print "#include <stdint.h>\n"
	printf "#define SYSCALL_ROW_COUNT %d\n", count
	printf "#define SYSCALL_HASH_SIZE %d\n\nenum syscall_column {\n", hash_size
	for (i = 1; i <= n_columns; i++)
		printf "\tCOLUMN_%s,\n", toupper(column[i])
	print "\tCOLUMN_COUNT,\n};\n"
	width = 0
	for (i = 0; i < count; i++)
		if (length(name[i]) >= width)
			width = length(name[i]) + 1
	print "struct syscall_row {"
	printf "\tchar name[%d];\n", width
	print "\tuint8_t multiplexed; /* n of socketcall(2), 100 + n of ipc(2); 0: neither */"
	print "\tint16_t slots[COLUMN_COUNT];\n};\n"
	print "static const struct syscall_row syscall_rows[SYSCALL_ROW_COUNT] = {"
	for (i = 0; i < count; i++)
		printf "\t{ \"%s\", %d, { %s } },\n", name[i], multiplexed[name[i]], values[i]
	print "};\n\n/* Open addressing; 0 is empty, else one more than the row. */"
	for (i = 0; i < count; i++) {
		hash = 0
		for (j = 1; j <= length(name[i]); j++)
			hash = (hash * 33 + code[substr(name[i], j, 1)]) % 65536
		hash = hash % hash_size
		while (hash in slot)
			hash = (hash + 1) % hash_size
		slot[hash] = i + 1
	}
	print "static const uint16_t syscall_hash[SYSCALL_HASH_SIZE] = {"
	for (i = 0; i < hash_size; i++)
		printf "%s%d,%s", i % 16 ? " " : "\t", slot[i], i % 16 == 15 ? "\n" : ""
	print "};"
}
