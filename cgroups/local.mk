noinst_LIBRARIES += cgroups/libcgroups.a

cgroups_libcgroups_a_SOURCES = \
	cgroups/cgroup.c cgroups/cgroup.h cgroups/cgroup-priv.h \
	cgroups/device_program.c \
	cgroups/devices.c cgroups/devices.h cgroups/devices-priv.h \
	cgroups/events.c \
	cgroups/limits.c cgroups/limits.h cgroups/limits-priv.h \
	cgroups/limits_lists.c \
	cgroups/path.c \
	cgroups/processes.c \
	cgroups/stat.c cgroups/stat.h \
	cgroups/tree.c \
	cgroups/walk.c

# The curve of CPU weights needs log2 and pow.
CGROUPS_LIBS = cgroups/libcgroups.a -lm
