include tests/fault/local.mk
include tests/fuzz/local.mk
include tests/harness/local.mk
include tests/unit/base/local.mk
include tests/unit/oci/local.mk
include tests/unit/cgroups/local.mk
include tests/unit/netns/local.mk
include tests/unit/runtime/local.mk
