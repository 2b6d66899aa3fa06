"""What the kernel lets only a privileged creator give to a process."""

import json

from harness import test


def values(out):
    return dict(line.split(" ", 1) for line in out.splitlines())


# --- limits ----------------------------------------------------------------------------------------

HIGH = {"RLIMIT_NOFILE": (5000, 200000), "RLIMIT_NPROC": (100000, 200000), "RLIMIT_MEMLOCK": (1 << 33, 1 << 34),
        "RLIMIT_CORE": (0, 0), "RLIMIT_RTPRIO": (50, 60), "RLIMIT_NICE": (20, 40), "RLIMIT_MSGQUEUE": (1 << 20, 1 << 21),
        "RLIMIT_SIGPENDING": (1 << 20, 1 << 21), "RLIMIT_STACK": (1 << 23, (1 << 64) - 1)}


def with_limits(b):
    for kind, (soft, hard) in HIGH.items():
        b.rlimit(kind, soft, hard)
    return b


def expected():
    return {kind: f"{soft} {-1 if hard == (1 << 64) - 1 else hard}" for kind, (soft, hard) in HIGH.items()}


@test(needs=["cap:sys_resource"])
def limits_can_be_raised_above_the_caller_s(keg):
    result = keg.run(with_limits(keg.bundle(args=["/guest", "rlimits"])))
    assert result.code == 0, result.err
    assert {kind: values(result.out)[kind] for kind in HIGH} == expected()


@test(needs=["cap:sys_resource"])
def limits_can_be_raised_for_a_user_namespace(keg):
    result = keg.run(with_limits(keg.bundle(args=["/guest", "rlimits"]).id_maps()))
    assert result.code == 0, result.err
    assert {kind: values(result.out)[kind] for kind in HIGH} == expected()


@test(needs=["cap:sys_resource"])
def limits_are_raised_for_an_exec_too(keg):
    for b in (keg.bundle(args=["/guest", "pause"]), keg.bundle(args=["/guest", "pause"]).id_maps()):
        keg.started(with_limits(b))
        result = keg.exec(b.id, "/guest", "rlimits")
        assert result.code == 0, result.err
        assert {kind: values(result.out)[kind] for kind in HIGH} == expected()


@test
def a_limit_that_no_privilege_allows_is_named(keg):
    result = keg.run(keg.bundle().rlimit("RLIMIT_NOFILE", 1 << 40, 1 << 40))
    assert result.code != 0 and "RLIMIT_NOFILE" in result.err and "/process/rlimits" in result.err, result.err


# --- out of memory ---------------------------------------------------------------------------------


@test(needs=["cap:sys_resource"])
def a_negative_oom_score_is_set_with_and_without_a_user_namespace(keg):
    for b in (keg.bundle(args=["/guest", "cat", "/proc/self/oom_score_adj"]),
              keg.bundle(args=["/guest", "cat", "/proc/self/oom_score_adj"]).id_maps()):
        b.process["oomScoreAdj"] = -500
        result = keg.run(b)
        assert (result.code, result.out) == (0, "-500\n"), result


@test(needs=["cap:sys_resource"])
def an_exec_has_the_oom_score_of_its_own_document(keg):
    b = keg.bundle(args=["/guest", "pause"])
    b.process["oomScoreAdj"] = -300
    keg.started(b)
    process = {"cwd": "/", "args": ["/guest", "cat", "/proc/self/oom_score_adj", "/proc/1/oom_score_adj"],
               "user": {"uid": 0, "gid": 0}, "oomScoreAdj": -700}
    document = keg.file("process.json", json.dumps(process))
    result = keg.cmd("exec", "--process", document, b.id)
    assert (result.code, result.out) == (0, "-700\n-300\n"), result


# --- scheduling ------------------------------------------------------------------------------------


def scheduled(keg, scheduler, user_namespace=False):
    b = keg.bundle(args=["/guest", "sched"])
    if user_namespace:
        b.id_maps()
    b.process["scheduler"] = scheduler
    result = keg.run(b)
    assert result.code == 0, result.err
    return {name: int(value) for name, value in values(result.out).items()}


@test
def realtime_policies_come_with_their_priority(keg):
    for name, number in (("SCHED_FIFO", 1), ("SCHED_RR", 2)):
        seen = scheduled(keg, {"policy": name, "priority": 30})
        assert (seen["policy"], seen["priority"]) == (number, 30)


@test
def a_deadline_comes_with_its_three_times(keg):
    seen = scheduled(keg, {"policy": "SCHED_DEADLINE", "runtime": 10000000, "deadline": 100000000,
                           "period": 200000000})
    assert [seen[n] for n in ("policy", "runtime", "deadline", "period")] == [6, 10000000, 100000000, 200000000]


@test
def other_policies_come_with_their_nice_value_and_flags(keg):
    seen = scheduled(keg, {"policy": "SCHED_BATCH", "nice": -5})
    assert (seen["policy"], seen["nice"]) == (3, -5)
    seen = scheduled(keg, {"policy": "SCHED_FIFO", "priority": 5, "flags": ["SCHED_FLAG_RESET_ON_FORK"]})
    assert (seen["policy"], seen["flags"] & 1) == (1, 1)
    assert scheduled(keg, {"policy": "SCHED_IDLE"})["policy"] == 5


@test
def realtime_can_be_given_to_a_user_namespace(keg):
    seen = scheduled(keg, {"policy": "SCHED_FIFO", "priority": 7}, user_namespace=True)
    assert (seen["policy"], seen["priority"]) == (1, 7)


@test
def io_priorities_of_every_class_are_set(keg):
    for name, number, level in (("IOPRIO_CLASS_RT", 1, 3), ("IOPRIO_CLASS_BE", 2, 6), ("IOPRIO_CLASS_IDLE", 3, 0)):
        b = keg.bundle(args=["/guest", "ioprio"])
        b.process["ioPriority"] = {"class": name, "priority": level}
        result = keg.run(b)
        assert (result.code, result.out) == (0, f"class {number}\nlevel {level}\n"), result


@test
def a_realtime_io_priority_can_be_given_to_a_user_namespace(keg):
    b = keg.bundle(args=["/guest", "ioprio"]).id_maps()
    b.process["ioPriority"] = {"class": "IOPRIO_CLASS_RT", "priority": 1}
    result = keg.run(b)
    assert (result.code, result.out) == (0, "class 1\nlevel 1\n"), result


@test
def memory_comes_from_the_nodes_that_the_policy_names(keg):
    b = keg.bundle(args=["/guest", "cat", "/proc/self/numa_maps"])
    b.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0"}
    result = keg.run(b)
    assert result.code == 0 and " bind:0 " in result.out, result


# --- terminal --------------------------------------------------------------------------------------


@test
def a_terminal_in_a_user_namespace_belongs_to_the_user_of_the_process(keg):
    for uid in (0, 1000):
        b = keg.bundle(args=["/guest", "then", "stat", "/dev/pts/0", "--", "tty", "--", "stat", "/dev/console"])
        b.id_maps().user(uid, uid).terminal(30, 100)
        console = keg.console()
        assert keg.create(b, "--console-socket", console.path).code == 0
        console.accept()
        assert keg.start(b.id).code == 0
        text = console.read_until(r"(?s)foreground 1.*136:0")
        assert f"c 0620 {uid} " in text and "/dev/pts/0" in text, text
        keg.wait_status(b.id, "stopped")
        assert keg.delete(b.id).code == 0
        console.close()
