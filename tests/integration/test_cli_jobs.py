"""`bellwire run` under a shell with job control, on a terminal: Ctrl-C, Ctrl-Z, fg, bg, as ever."""

import contextlib
import os
import pty
import re
import select
import signal
import sys

import pytest
from kit import BUILD, WAIT_S, wait_until
from test_cli_obey import ask, in_status, state_of

PROMPT = "READY> "


class Shell:
    """An interactive bash on a terminal of its own."""

    def __init__(self, daemon, folder):
        environment = {
            **os.environ, "PS1": PROMPT, "BELLWIRE_BUS": daemon.bus, "TERM": "xterm", "HISTFILE": "",
            "XDG_STATE_HOME": str(folder), "PATH": f"{BUILD}:{os.environ['PATH']}",
        }  # fmt: skip
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noediting", "-i"], environment)
        self.seen = ""
        self.until(PROMPT)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def until(self, text):
        """What appears up to this text, which is taken off."""
        while text not in self.seen:
            assert select.select([self.terminal], [], [], WAIT_S)[0], self.seen
            try:
                self.seen += os.read(self.terminal, 4096).decode(errors="replace")
            except OSError:
                raise AssertionError(f"the terminal is gone: {self.seen}") from None
        before, _, self.seen = self.seen.partition(text)
        return before

    def run(self, line):
        self.type(line + "\r")
        return self.until(PROMPT)

    def end(self):
        os.close(self.terminal)  # hangs up
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def shell(daemon, tmp_path):
    made = Shell(daemon, tmp_path)
    yield made
    made.end()


COUNTING = "import os,signal; print('pid', os.getpid(), flush=True); input(); print('got it'); signal.pause()"


def begin(shell, more=""):
    """A command that tells its pid, waits for a line, and then for its end."""
    shell.type(f'bellwire run --id t -- {sys.executable} -c "{COUNTING}" {more}\r')
    text = shell.until("pid ")
    return int(re.match(r"\d+", shell.until("\n"))[0]), text


def stopped(pid):
    return wait_until(lambda: state_of(pid) == "T", f"process {pid} stopped")


def goes_on(pid):
    return wait_until(lambda: state_of(pid) != "T", f"process {pid} going on")


def test_stopped_and_continued_by_keys(shell):
    pid, _ = begin(shell)
    shell.type("\x1a")
    assert "Stopped" in shell.until(PROMPT)
    stopped(pid)
    assert "here" in shell.run("echo he''re")  # the shell has its terminal
    shell.type("fg\r")
    goes_on(pid)
    shell.type("a line\r")
    shell.until("got it")
    shell.type("\x03")
    shell.until(PROMPT)
    assert "status 130" in shell.run("echo status $?")


def test_brought_from_the_background(shell, daemon):
    shell.run(f'bellwire run --id t -- {sys.executable} -c "input(); print(42 * 10)" &')
    in_status(daemon, "running")
    shell.type("fg\r")
    shell.type("a line\r")
    shell.until("420")
    shell.until(PROMPT)


def test_reads_keys_while_its_output_goes_elsewhere(shell, tmp_path):
    """It has no terminal of its own then: it asks for ours, which is lent to it."""
    shell.type(f"bellwire run --id t -- {sys.executable} -c \"print('got ' + input())\" >out\r")
    shell.type("word\r")
    shell.until("word")
    shell.until(PROMPT)
    assert "0" in shell.run("echo $?")
    assert (tmp_path / "out").read_text() == "got word\n"


def test_stopped_while_it_has_the_terminal_lent(shell, tmp_path):
    script = "import os; open('pid','w').write(str(os.getpid())); print(input() + input())"
    shell.type(f'bellwire run --id t -- {sys.executable} -c "{script}" >out\r')
    pid_file = tmp_path / "pid"
    wait_until(lambda: pid_file.exists() and pid_file.read_text(), "the command's pid")
    pid = int(pid_file.read_text())
    shell.type("one\r")
    shell.until("one")
    wait_until(lambda: os.tcgetpgrp(shell.terminal) == pid, "the command in front")
    shell.type("\x1a")
    assert "Stopped" in shell.until(PROMPT)
    stopped(pid)
    shell.type("fg\r")
    wait_until(lambda: os.tcgetpgrp(shell.terminal) == pid, "the command in front again")
    shell.type("two\r")
    shell.until(PROMPT)
    wait_until(lambda: (tmp_path / "out").read_text() == "onetwo\n", "both lines")
    assert "here" in shell.run("echo he''re")


def test_a_script_that_runs_it_stops_with_it(shell, tmp_path):
    (tmp_path / "script").write_text(
        f'bellwire run --id t -- {sys.executable} -c "{COUNTING}"\necho after\n'
    )
    shell.type("sh script\r")
    shell.until("pid ")
    pid = int(re.match(r"\d+", shell.until("\n"))[0])
    shell.type("\x1a")
    assert "Stopped" in shell.until(PROMPT)
    stopped(pid)
    shell.type("fg\r")
    goes_on(pid)
    shell.type("line\r")
    shell.until("got it")
    os.kill(pid, signal.SIGKILL)
    shell.until("after")
    shell.until(PROMPT)


@pytest.mark.parametrize("redirect", ["", ">out 2>&1"])
def test_paused_by_a_command_it_hears_the_terminal(shell, daemon, tmp_path, redirect):
    """Ctrl-Z gives the shell back, fg does not continue what somebody paused, Ctrl-C ends it."""
    script = "import os,signal; open('pid','w').write(str(os.getpid())); signal.pause()"
    shell.type(f'bellwire run --id t -- {sys.executable} -c "{script}" {redirect}\r')
    in_status(daemon, "running")
    pid_file = tmp_path / "pid"
    wait_until(lambda: pid_file.exists() and pid_file.read_text(), "the command's pid")
    pid = int(pid_file.read_text())
    assert ask(daemon, "pause").returncode == 0
    if not redirect:
        shell.until("paused by alice")
    stopped(pid)
    shell.type("\x1a")
    assert "Stopped" in shell.until(PROMPT)
    shell.type("fg\r")
    shell.until("bellwire run")
    assert state_of(pid) == "T"
    wait_until(lambda: os.tcgetpgrp(shell.terminal) != shell.pid, "bellwire in front")
    shell.type("\x03")
    shell.until(PROMPT)
    assert "status 130" in shell.run("echo status $?")


def test_resumed_it_has_its_keys_again(shell, daemon):
    begin(shell)
    in_status(daemon, "running")
    assert ask(daemon, "pause").returncode == 0
    shell.until("paused by alice")
    assert ask(daemon, "resume").returncode == 0
    shell.until("goes on")
    shell.type("a line\r")
    shell.until("got it")
    shell.type("\x03")
    shell.until(PROMPT)


def test_cancelled_it_leaves_the_terminal_as_it_was(shell, daemon):
    before = shell.run("stty -g").split()[-1]
    begin(shell)
    in_status(daemon, "running")
    assert ask(daemon, "cancel").returncode == 0
    shell.until(PROMPT)
    assert shell.run("stty -g").split()[-1] == before
