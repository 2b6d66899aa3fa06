"""Device rules: what a container may make, open for reading, open for writing."""

from harness import test

FUSE = {"type": "c", "major": 10, "minor": 229}


def with_fuse(keg, rules, *commands):
    b = keg.bundle(args=["/guest", "then", *commands])
    b.linux["devices"] = [{"path": "/dev/fuse", "fileMode": 0o666, **FUSE}]
    b.resources(devices=rules)
    # Of the container's own capabilities, so that only the rules decide.
    b.capabilities("CAP_MKNOD", "CAP_DAC_OVERRIDE")
    return keg.run(b)


TRY = ("open", "r", "/dev/fuse", "--", "open", "w", "/dev/fuse", "--", "open", "rw", "/dev/fuse")


def verdicts(result):
    return [line for line in result.out.splitlines()]


@test
def a_device_without_a_rule_is_there_and_cannot_be_opened(keg):
    result = with_fuse(keg, [{"allow": False, "access": "rwm"}], "stat", "/dev/fuse", "--", *TRY)
    assert verdicts(result) == ["c 0666 0 0 0 10:229", "= 1", "= 1", "= 1"], result
    assert result.err.count("EPERM") == 3, result.err


@test
def a_rule_allows_what_its_letters_say(keg):
    for access, seen in (("r", ["ok", "= 1", "= 1"]), ("w", ["= 1", "ok", "= 1"]), ("rw", ["ok", "ok", "ok"]),
                         ("rwm", ["ok", "ok", "ok"]), ("m", ["= 1", "= 1", "= 1"])):
        result = with_fuse(keg, [{"allow": False}, {"allow": True, "access": access, **FUSE}], *TRY)
        assert verdicts(result) == seen, (access, result)


@test
def the_last_rule_that_meets_a_device_decides(keg):
    allow = {"allow": True, "access": "rwm", **FUSE}
    for rules, seen in (
        ([{"allow": False}, allow, {"allow": False, "access": "w", **FUSE}], ["ok", "= 1", "= 1"]),
        ([allow, {"allow": False}], ["= 1"] * 3),
        ([{"allow": True}], ["ok"] * 3),
        ([{"allow": False}, {"allow": True, "type": "c", "access": "rw"}], ["ok"] * 3),
        ([{"allow": False}, {"allow": True, "type": "c", "major": 10, "access": "rw"}], ["ok"] * 3),
        ([{"allow": False}, {"allow": True, "type": "b", "access": "rw"}], ["= 1"] * 3),
        ([{"allow": False}, {"allow": True, "type": "c", "major": 11, "access": "rw"}], ["= 1"] * 3),
    ):
        result = with_fuse(keg, rules, *TRY)
        assert verdicts(result) == seen, (rules, result)


@test
def nodes_can_be_made_but_not_used_without_a_rule(keg):
    result = with_fuse(keg, [{"allow": False}], "mknod", "/dev/mem", "c", 1, 1, "--", "open", "r", "/dev/mem", "--",
                       "mknod", "/dev/sda", "b", 8, 0, "--", "open", "r", "/dev/sda")
    assert verdicts(result) == ["= 1", "= 1"], result
    assert result.err.count("EPERM") == 2, result.err


@test
def the_devices_that_every_container_has_work_under_any_rules(keg):
    names = ("null", "zero", "full", "random", "urandom")
    result = with_fuse(keg, [{"allow": False}],
                       *sum((["open", "rw", f"/dev/{n}", "--"] for n in names), []), "open", "rw", "/dev/ptmx")
    assert verdicts(result) == ["ok"] * 6, result


@test
def rules_hold_for_an_exec_too(keg):
    b = keg.bundle(args=["/guest", "pause"])
    b.linux["devices"] = [{"path": "/dev/fuse", **FUSE}]
    b.resources(devices=[{"allow": False}, {"allow": True, "access": "r", **FUSE}])
    keg.started(b)
    assert keg.exec(b.id, "/guest", "open", "r", "/dev/fuse").out == "ok\n"
    assert "EPERM" in keg.exec(b.id, "/guest", "open", "w", "/dev/fuse").err


@test
def without_rules_the_kernel_s_own_permissions_decide(keg):
    b = keg.bundle(args=["/guest", "then", *TRY])
    b.linux["devices"] = [{"path": "/dev/fuse", **FUSE}]
    b.linux.get("resources", {}).pop("devices", None)
    result = keg.run(b)
    assert verdicts(result) == ["ok"] * 3, result
