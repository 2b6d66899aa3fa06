"""Terminals: handed over a console socket, or attached to the caller's own."""

import os
import pty
import re
import select
import signal
import stat

from harness import test, wait_until

from _facts import GUEST_SECONDS, read


def on_a_terminal(keg, *args):
    """`keg ARGS` as a person runs it: on a new terminal, whose other end a Console reads. (pid, console)"""
    console = keg.console()
    argv = keg.argv(*args)
    pid, console.master = pty.fork()
    if pid == 0:
        os.execv(argv[0], argv)
    keg.at_end(end, pid)
    return pid, console


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def exit_code(pid):
    wait_until(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT), "keg ends")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# --- console socket -------------------------------------------------------------------------


@test
def create_hands_the_terminal_over_the_console_socket(keg):
    b = keg.bundle(args=["/guest", "then", "isatty", "--", "tty", "--", "stat", "/dev/console", "--", "cat"]).terminal()
    console = keg.console()
    result = keg.create(b, "--console-socket", console.path)
    assert result == (0, "", "")
    console.accept()
    assert console.name.startswith(b"/dev/"), console.name
    keg.start(b.id)
    text = console.read_until(r"c 0\d+ .*\n")
    assert text.startswith("1 1 1\r\n/dev/"), text
    assert "foreground 1\r\n" in text, text
    assert re.search(r"c 0\d+ 0 \d+ 0 136:\d+", text), text
    console.write("echoed\n")
    console.read_until("echoed\r\nechoed\r\n")
    console.write("\x04")
    keg.wait_status(b.id, "stopped")


@test
def a_terminal_has_its_first_size_and_follows_the_new_ones(keg):
    b = keg.bundle(args=["/guest", "winsize", "wait"]).terminal(rows=31, columns=97)
    console = keg.console()
    keg.create(b, "--console-socket", console.path)
    console.accept()
    keg.start(b.id)
    console.read_until("31 97\r\n")
    console.resize(50, 132)
    console.read_until("50 132\r\n")
    keg.wait_status(b.id, "stopped")


@test
def control_c_on_the_terminal_is_a_signal_inside(keg):
    b = keg.bundle(args=["/guest", "pause"]).terminal()
    console = keg.console()
    keg.create(b, "--console-socket", console.path)
    console.accept()
    keg.start(b.id)
    console.read_until("pausing")
    console.write("\x03")
    console.read_until("signal INT")
    keg.wait_status(b.id, "stopped")


@test
def run_detached_hands_the_terminal_over(keg):
    b = keg.bundle(args=["/guest", "then", "isatty", "--", "pause"]).terminal()
    console = keg.console()
    result = keg.run(b, "--detach", "--console-socket", console.path)
    assert result == (0, "", "")
    console.accept().read_until("1 1 1\r\npausing")


@test
def run_in_the_foreground_takes_a_console_socket_too(keg):
    b = keg.bundle(args=["/guest", "then", "isatty", "--", "exit", "5"]).terminal()
    console = keg.console()
    child = keg.start_run(b, "--console-socket", console.path)
    console.accept().read_until("1 1 1\r\n")
    assert keg.wait(child).code == 5


@test
def the_terminal_belongs_to_the_user_of_the_program(keg):
    b = keg.bundle(args=["/guest", "then", "stat", "/dev/console", "--", "open", "rw", "/dev/console", "--", "pause"])
    b.terminal().user(1000, 1000)
    console = keg.console()
    keg.create(b, "--console-socket", console.path)
    console.accept()
    keg.start(b.id)
    text = console.read_until("pausing")
    assert re.match(r"c 0620 1000 5 0 136:\d+\r\nok\r\n", text), text
    assert stat.S_ISCHR(os.fstat(console.master).st_mode)


@test
def a_terminal_in_a_user_namespace(keg):
    b = keg.bundle(args=["/guest", "then", "isatty", "--", "open", "rw", "/dev/tty", "--", "pause"])
    b.terminal().id_maps()
    console = keg.console()
    assert keg.create(b, "--console-socket", console.path).code == 0
    console.accept()
    keg.start(b.id)
    console.read_until("1 1 1\r\nok\r\npausing")


@test
def a_terminal_without_anybody_to_take_it_is_refused(keg):
    b = keg.bundle().terminal()
    for command, flags in ((keg.create, []), (keg.run, ["--detach"])):
        result = command(b, *flags)
        assert result.code == 1 and "--console-socket" in result.err and "/process/terminal" in result.err, result
        assert os.listdir(keg.root) == []
    result = keg.create(b, "--console-socket", keg.path("missing"))
    assert result.code == 1 and keg.path("missing") in result.err and "No such file" in result.err, result
    assert os.listdir(keg.root) == []


@test
def a_terminal_without_devpts_is_refused_with_the_reason(keg):
    b = keg.bundle().terminal().without_mount("/dev/pts")
    console = keg.console()
    result = keg.create(b, "--console-socket", console.path)
    assert result.code == 1 and "/dev/pts" in result.err and "devpts" in result.err, result


# --- the caller's terminal ------------------------------------------------------------------


@test
def run_attaches_to_the_terminal_it_runs_on(keg):
    b = keg.bundle(args=["/guest", "then", "isatty", "--", "tty", "--", "cat", "--", "exit", "9"]).terminal()
    b.write("tty")
    keg._ids.append("tty")
    pid, console = on_a_terminal(keg, "run", "--bundle", b.path, "tty")
    console.read_until("foreground 1\r\n")
    console.write("typed\r")
    console.read_until("typed\r\ntyped\r\n")
    console.write("\x04")
    assert exit_code(pid) == 9
    assert console.text.startswith(b"1 1 1\r\n"), console.text


@test
def control_c_and_a_new_size_reach_the_program(keg):
    b = keg.bundle(args=["/guest", "winsize", "wait"]).terminal()
    b.write("tty")
    keg._ids.append("tty")
    pid, console = on_a_terminal(keg, "run", "--bundle", b.path, "tty")
    console.read_until(r"\d+ \d+\r\n")
    console.resize(41, 143)
    console.read_until("41 143\r\n")
    assert exit_code(pid) == 0
    b.args("/guest", "pause").write("tty")
    pid, console = on_a_terminal(keg, "run", "--bundle", b.path, "tty")
    console.read_until("pausing")
    console.write("\x03")
    console.read_until("signal INT")
    assert exit_code(pid) == 128 + signal.SIGINT


@test
def the_callers_terminal_is_as_it_was_after_a_run(keg):
    import termios

    b = keg.bundle(args=["/guest", "pause"]).terminal()
    b.write("tty")
    keg._ids.append("tty")
    master, slave = os.openpty()
    keg.at_end(os.close, master)
    keg.at_end(os.close, slave)
    before = termios.tcgetattr(slave)
    child = keg.start_cmd("run", "--bundle", b.path, "tty", stdin=slave)
    wait_until(lambda: "pausing" in keg.output(child), "the program runs")
    assert termios.tcgetattr(slave) != before, "the terminal is not raw while the program has it"
    keg.kill("tty", "TERM")
    assert keg.wait(child).code == 128 + signal.SIGTERM
    assert termios.tcgetattr(slave) == before


@test
def much_output_comes_through_whole(keg):
    b = keg.bundle(args=["/guest", "then", "cat", "/big", "--", "echo", "the end"]).terminal()
    b.file("/big", "0123456789\n" * 50000)
    b.write("tty")
    keg._ids.append("tty")
    pid, console = on_a_terminal(keg, "run", "--bundle", b.path, "tty")
    console.read_until("the end")
    assert exit_code(pid) == 0
    assert console.text.replace(b"\r\n", b"\n") .startswith(b"0123456789\n" * 50000)


@test
def a_program_that_reads_nothing_holds_up_neither_signals_nor_output(keg):
    b = keg.bundle(args=["/guest", "then", "echo", "begun", "--", "pause"]).terminal()
    reader, writer = os.pipe()
    child = keg.start_run(b, stdin=reader)
    os.close(reader)
    keg.at_end(os.close, writer)
    wait_until(lambda: "pausing" in keg.output(child), "the program runs")
    os.set_blocking(writer, False)

    def is_full():
        try:
            os.write(writer, b"\n" * 4096)
        except BlockingIOError:
            return True

    wait_until(is_full, "keg takes no more input")
    child.send_signal(signal.SIGTERM)
    result = keg.wait(child)
    assert result.code == 128 + signal.SIGTERM and "signal TERM" in result.out, result[:1]


@test
def the_end_of_a_program_that_reads_nothing_is_noticed(keg):
    b = keg.bundle(args=["/guest", "then", "echo", "begun", "--", "sleep", GUEST_SECONDS]).terminal()
    with open(keg.file("flood", "\n" * 3000000)) as flood:
        child = keg.start_run(b, stdin=flood)
    wait_until(lambda: "begun" in keg.output(child), "the program runs")
    keg.kill(b.id, "KILL")
    assert keg.wait(child).code == 128 + signal.SIGKILL


def onto_a_full_pipe(keg, b):
    """`keg run` with a full pipe as its standard output: (child, our end that reads, bytes in it)."""
    reader, writer = os.pipe()
    keg.at_end(os.close, reader)
    os.set_blocking(writer, False)
    filled = 0
    while select.select([], [writer], [], 0)[1]:
        filled += os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    b.write("tty")
    keg._ids.append("tty")
    child = keg.popen(["/bin/sh", "-c", f'exec "$@" >&{writer} {writer}>&-', "sh",
                       *keg.argv("run", "--bundle", b.path, "tty")], pass_fds=(writer,))
    keg.wait_status("tty", "running")
    assert os.get_blocking(writer), "the pipe is not keg's alone"
    os.close(writer)
    return child, reader, filled


def stopped_by(keg, child, number):
    """The handlers of a program take a moment to be there."""
    def stops():
        if keg.status("tty") == "stopped":
            return True
        child.send_signal(number)

    wait_until(stops, "the signal reaches the program")


@test
def output_that_nobody_reads_holds_up_no_signal(keg):
    """And all of it comes once somebody reads, after the end of the program too."""
    b = keg.bundle(args=["/guest", "then", "echo", "begun", "--", "pause"]).terminal()
    child, reader, filled = onto_a_full_pipe(keg, b)
    stopped_by(keg, child, signal.SIGUSR1)
    text = b""
    while b"signal USR1\r\n" not in text:
        more = os.read(reader, 65536)
        assert more, text[filled:]
        text += more
    assert text[filled:].startswith(b"begun\r\npausing"), text[filled:]
    assert keg.wait(child).code == 128 + signal.SIGUSR1


@test
def output_that_nobody_ever_reads_can_be_given_up_after_the_end(keg):
    b = keg.bundle(args=["/guest", "then", "echo", "begun", "--", "pause"]).terminal()
    child, _, _ = onto_a_full_pipe(keg, b)
    stopped_by(keg, child, signal.SIGUSR1)
    child.send_signal(signal.SIGTERM)
    assert keg.wait(child).code == 128 + signal.SIGUSR1


# --- exec -----------------------------------------------------------------------------------


@test
def exec_with_a_terminal_over_the_console_socket(keg):
    id = keg.started(keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]))
    console = keg.console()
    child = keg.start_cmd("exec", "--tty", "--console-socket", console.path, id, "/guest", "then", "isatty", "--",
                          "winsize", "wait", "--", "pause")
    console.accept()
    console.read_until(r"1 1 1\r\n\d+ \d+\r\n")
    console.resize(20, 30)
    console.read_until("20 30\r\npausing")
    console.write("\x03")
    assert keg.wait(child).code == 128 + signal.SIGINT


@test
def a_detached_exec_with_a_terminal_needs_a_console_socket(keg):
    id = keg.started(keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]))
    refused = keg.exec(id, "/guest", "true", flags=["--tty", "--detach"])
    assert refused.code == 1 and "--console-socket" in refused.err, refused
    console = keg.console()
    flags = ["--tty", "--detach", "--console-socket", console.path, "--pid-file", keg.path("pid")]
    assert keg.exec(id, "/guest", "then", "isatty", "--", "sleep", GUEST_SECONDS, flags=flags).code == 0
    console.accept().read_until("1 1 1\r\n")
    assert read(f"/proc/{read(keg.path('pid'))}/cmdline").startswith("/guest")


@test
def exec_attaches_to_the_terminal_it_runs_on(keg):
    id = keg.started(keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]))
    pid, console = on_a_terminal(keg, "exec", "-t", id, "/guest", "then", "isatty", "--", "tty", "--", "exit", "8")
    console.read_until("1 1 1\r\n/dev/pts/\\d+\r\nforeground 1\r\n")
    assert exit_code(pid) == 8


@test
def a_program_without_a_terminal_has_no_controlling_one(keg):
    """On a person's terminal too: TIOCSTI and /dev/tty of the host are out of reach."""
    b = keg.bundle(args=["/guest", "then", "pids", "--", "open", "rw", "/dev/tty"])
    b.write("plain")
    keg._ids.append("plain")
    pid, console = on_a_terminal(keg, "run", "--bundle", b.path, "plain")
    console.read_until("ENXIO")
    exit_code(pid)
    assert "pid 1\r\nppid 0\r\nsid 1\r\npgid 1\r\n" in console.text.decode()
