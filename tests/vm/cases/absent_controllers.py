"""On a host where controllers are switched off, a limit that needs one is refused by its name."""

from harness import test

OFF = dict(kernel_args="cgroup_disable=memory,pids,hugetlb")


@test(vm=OFF)
def a_limit_whose_controller_is_off_is_refused_by_name(keg):
    for resources, name in (
        ({"memory": {"limit": 64 << 20}}, "memory"),
        ({"memory": {"limit": 64 << 20, "swap": 64 << 20}}, "memory"),
        ({"pids": {"limit": 10}}, "pids"),
        ({"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}, "hugetlb"),
        ({"unified": {"memory.high": "1000000"}}, "memory"),
    ):
        result = keg.run(keg.bundle().resources(**resources))
        assert result.code != 0, resources
        assert f"the requested cgroup controller `{name}` is not available" in result.err, result.err


@test(vm=OFF)
def a_container_without_such_limits_runs_there(keg):
    b = keg.bundle(args=["/guest", "affinity"]).resources(cpu={"cpus": "1", "shares": 100})
    result = keg.run(b)
    assert (result.code, result.out) == (0, "1\n"), result.err


@test(vm=OFF)
def an_update_that_needs_a_controller_that_is_off_is_refused_by_name(keg):
    b = keg.bundle(args=["/guest", "pause"])
    keg.started(b)
    for flag, name in (("--memory", "memory"), ("--pids-limit", "pids")):
        result = keg.cmd("update", flag, "1000000", b.id)
        assert result.code != 0, name
        assert f"the requested cgroup controller `{name}` is not available" in result.err, result.err
    assert keg.cmd("update", "--cpu-share", "100", b.id).code == 0
