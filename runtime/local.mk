bin_PROGRAMS += keg

# What a container is: the library that keg and, in process, the pod monitor use.
runtime_attribute_sources = \
	runtime/capabilities.c runtime/capabilities.h \
	runtime/cpu_affinity.c runtime/cpu_affinity.h \
	runtime/memory_policy.c runtime/memory_policy.h \
	runtime/mount_options.c runtime/mount_options.h \
	runtime/personality.c runtime/personality.h \
	runtime/rlimits.c runtime/rlimits.h \
	runtime/scheduling.c runtime/scheduling.h \
	runtime/seccomp.c runtime/seccomp.h \
	runtime/seccomp_assemble.c runtime/seccomp_assemble.h \
	runtime/seccomp_load.c \
	runtime/seccomp_rules.c runtime/seccomp_rules.h \
	runtime/signals.c runtime/signals.h \
	runtime/syscalls.c runtime/syscalls.h runtime/syscalls_table.h

runtime_sources = \
	$(runtime_attribute_sources) \
	runtime/cgroup_steps.c runtime/cgroup_steps.h \
	runtime/compile.c runtime/compile.h runtime/compile-priv.h \
	runtime/compile_mounts.c \
	runtime/compile_program.c \
	runtime/container.c runtime/container.h runtime/container-priv.h \
	runtime/create.c \
	runtime/descriptors.c runtime/descriptors.h \
	runtime/devices.c runtime/devices.h \
	runtime/exec.c \
	runtime/foreground.c runtime/foreground.h \
	runtime/hooks.c runtime/hooks.h \
	runtime/host_mounts.c runtime/host_mounts.h \
	runtime/idmap.c runtime/idmap.h \
	runtime/launch.c runtime/launch.h \
	runtime/masks.c runtime/masks.h \
	runtime/mounts.c runtime/mounts.h \
	runtime/namespaces.c runtime/namespaces.h \
	runtime/options.h \
	runtime/pidfile.c runtime/pidfile.h \
	runtime/plan.c runtime/plan.h \
	runtime/procfs.c runtime/procfs.h \
	runtime/program.c runtime/program.h \
	runtime/record.c runtime/record.h \
	runtime/rootfs.c runtime/rootfs.h \
	runtime/seccomp_listener.c runtime/seccomp_listener.h \
	runtime/self.c runtime/self.h \
	runtime/state.c runtime/state.h \
	runtime/sync.c runtime/sync.h \
	runtime/terminal.c runtime/terminal.h \
	runtime/tmpcopyup.c runtime/tmpcopyup.h

noinst_LIBRARIES += runtime/libruntime.a
runtime_libruntime_a_SOURCES = $(runtime_sources)

keg_sources = \
	runtime/cli/command.h \
	runtime/cli/create.c \
	runtime/cli/exec.c \
	runtime/cli/kill.c \
	runtime/cli/list.c \
	runtime/cli/main.c \
	runtime/cli/option.c runtime/cli/option.h \
	runtime/cli/spec.c \
	runtime/cli/update.c

RUNTIME_LIBS = runtime/libruntime.a oci/liboci.a $(CGROUPS_LIBS) netns/libnetns.a $(BASE_LIBS)

keg_SOURCES = $(keg_sources)
keg_LDFLAGS = $(LINK_STATIC) $(KEG_ENTRY)
keg_LDADD = $(KEG_ENTRY_LIB) $(RUNTIME_LIBS)

# Code that runs before the C library has set itself up; see the file.
if !SANITIZERS
noinst_LIBRARIES += runtime/cli/libentry.a
runtime_cli_libentry_a_SOURCES = runtime/cli/entry.c
runtime_cli_libentry_a_CFLAGS = $(AM_CFLAGS) -O2 -fno-stack-protector -fno-builtin \
	-U_FORTIFY_SOURCE -fvisibility=hidden
KEG_ENTRY = -Wl,-e,keg_entry -Wl,-u,keg_entry
KEG_ENTRY_LIB = runtime/cli/libentry.a
endif
