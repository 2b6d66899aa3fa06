noinst_LIBRARIES += oci/liboci.a

oci_liboci_a_SOURCES = \
	oci/config-priv.h \
	oci/config.c oci/config.h \
	oci/features.c oci/features.h \
	oci/linux.c \
	oci/process.c \
	oci/resources.c \
	oci/seccomp.c \
	oci/spec.c oci/spec.h \
	oci/state.c oci/state.h \
	oci/validate.c oci/validate.h \
	oci/words.c oci/words.h
