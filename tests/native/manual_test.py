"""man/keg.1: what it says of commands and options is what `keg --help` says of them."""

import os
import re

from harness import test
from harness.registry import TESTS

TOP = os.path.dirname(TESTS)
MANUAL = os.path.join(TOP, "man", "keg.1")
HELP_OPTION = re.compile(r"^ +(?:-(.), +)?--([\w-]+)(\[?=)?", re.M)
HELP_COMMAND = re.compile(r"^\t(\w+) +- ", re.M)
# ".It Fl b , Fl -bundle Ns = Ns Ar dir"
MANUAL_FLAG = re.compile(r"\bFl (-[\w-]+|\\&\?|\w)")
# Options that --help does not list: other letters for what it does.
UNLISTED = {"V"}


def sections():
    """{command: its lines in the manual}; global options under ""."""
    with open(MANUAL) as f:
        text = f.read()
    found = {"": text.split(".Ss Global options\n")[1].split(".Sh COMMANDS")[0]}
    for section in text.split(".Sh COMMANDS\n")[1].split("\n.Sh ")[0].split(".Ss ")[1:]:
        title, _, body = section.partition("\n")
        found[title.split()[0]] = body
    return found


def told_by_manual(body):
    """{option: takes a value}, letters included, from the .It lines of a section."""
    options = {}
    for line in body.splitlines():
        if line.startswith(".It Fl "):
            for flag in MANUAL_FLAG.findall(line):
                options[flag.replace("\\&", "").removeprefix("-")] = "Ns =" in line or "Ns Op =" in line
    return options


def told_by_help(text):
    options = {}
    for letter, name, value in HELP_OPTION.findall(text):
        for option in filter(None, (letter, name)):
            options[option] = bool(value)
    return options


def help_of(keg, *command):
    result = keg.sh(keg.program, *command, "--help")
    assert result.code == 0, result
    return result.out


@test(only="native")
def every_command_has_a_section_and_every_section_a_command(keg):
    commands = HELP_COMMAND.findall(help_of(keg))
    assert len(commands) > 10, commands
    assert sorted(sections()) == sorted(["", *commands])


@test(only="native")
def every_option_is_in_the_section_of_its_command_and_no_other_is(keg):
    wrong = []
    for command, body in sections().items():
        helped = told_by_help(help_of(keg, *filter(None, [command])))
        manual = told_by_manual(body)
        if command:  # said once, of all
            for option in ("?", "help"):
                helped.pop(option)
        for option in UNLISTED & set(manual):
            manual.pop(option)
        wrong += [f"{command} {option}: manual {manual.get(option)}, --help {helped.get(option)}"
                  for option in sorted({*helped, *manual}) if helped.get(option) != manual.get(option)]
    assert not wrong, "\n".join(wrong)


@test(only="native")
def every_variable_of_the_environment_that_is_read_is_told(keg):
    read = set()
    for folder in ("base", "oci", "cgroups", "netns", "runtime"):
        for place, _, names in os.walk(os.path.join(TOP, folder)):
            for name in names:
                if name.endswith(".c") and name != "failpoint.c":  # of test builds alone
                    with open(os.path.join(place, name)) as f:
                        read |= set(re.findall(r'getenv\("(\w+)"\)', f.read()))
    with open(MANUAL) as f:
        told = set(re.findall(r"^\.It Ev (\w+)", f.read(), re.M))
    assert "XDG_RUNTIME_DIR" in read and told == read, (told, read)


@test(only="native")
def mandoc_finds_nothing_to_complain_about(keg):
    result = keg.sh("mandoc", "-T", "lint", "-W", "style", MANUAL)
    # Which other pages this machine has is no matter of ours.
    elsewhere = ("mandoc.db", "referenced manual not found")
    lines = [line for line in (result.out + result.err).splitlines() if not any(word in line for word in elsewhere)]
    assert not lines, "\n".join(lines)
