"""`bellwire run` obeys, and `bellwire cancel`, pause, … ask it to."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from kit import BUILD, WAIT_S, wait_until


@pytest.fixture
def start(tmp_path):
    """Starts `bellwire run`; whatever is left at the end of a test is killed."""
    started = []
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}

    def run(daemon, *arguments, **options):
        options.setdefault("stdout", subprocess.PIPE)
        process = subprocess.Popen(
            [BUILD / "bellwire", "--bus", daemon.bus, "run", "--id", "t", *arguments],
            text=True, env=environment, **options,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def python(*lines):
    return ["--", sys.executable, "-u", "-c", "\n".join(lines)]


def row(daemon):
    done = daemon.cli("show", "--json", "-n", "0", "t")
    return json.loads(done.stdout) if done.returncode == 0 else None


def in_status(daemon, status, attempt=1):
    def look():
        task = row(daemon)
        return task if task and (task["status"], task["attempt"]) == (status, attempt) else None

    return wait_until(look, f"task t {status} in attempt {attempt}")


def state_of(pid):
    """R, S, T (stopped), Z …; None when there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def has_ended(pid):
    return state_of(pid) in (None, "Z")


def ask(daemon, action, *more):
    return daemon.cli(action, "--wait", "--by", "alice", *more, "t")


FAMILY = "sleep 1000 & echo $! $$; wait"


def begin_family(daemon, start, *options):
    """A shell and its child. Returns the process, and the pids of both."""
    process = start(daemon, *options, "--", "sh", "-c", FAMILY)
    pids = [int(pid) for pid in process.stdout.readline().split()]
    in_status(daemon, "running")
    return process, pids


def test_pause_stops_everything_and_resume_continues_it(daemon, start):
    process, pids = begin_family(daemon, start)
    done = ask(daemon, "pause", "--reason", "disk is full")
    assert (done.returncode, done.stdout) == (0, "t: paused, paused by alice: disk is full\n")
    assert [state_of(pid) for pid in pids] == ["T", "T"]
    assert ask(daemon, "resume").returncode == 0
    assert row(daemon)["status"] == "running"
    wait_until(lambda: "T" not in [state_of(pid) for pid in pids], "both going on")
    os.kill(pids[0], signal.SIGKILL)
    assert process.wait(WAIT_S) == 0
    assert in_status(daemon, "completed")["progress"] == 100


def test_cancel(daemon, start):
    process, pids = begin_family(daemon, start)
    assert ask(daemon, "cancel", "--reason", "wrong file").returncode == 0
    task = in_status(daemon, "cancelled")
    assert "cancelled by alice: wrong file; killed by SIGTERM (15) after" in task["message"]
    assert task["result"]["obeyed"]["action"] == "cancel"
    assert task["result"]["obeyed"]["by"] == "alice"
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM
    assert all(has_ended(pid) for pid in pids)


def test_cancel_kills_what_does_not_hear(daemon, start):
    """The command ignores SIGTERM, and so does what it has started."""
    script = "trap '' TERM; sleep 1000 & echo $! $$; while :; do wait; done"
    process = start(daemon, "--kill-after-s", "1", "--", "sh", "-c", script)
    pids = [int(pid) for pid in process.stdout.readline().split()]
    in_status(daemon, "running")
    assert ask(daemon, "cancel").returncode == 0
    assert process.wait(WAIT_S) == 128 + signal.SIGKILL
    assert in_status(daemon, "cancelled")["result"]["signal"] == signal.SIGKILL
    assert all(has_ended(pid) for pid in pids)


def test_cancel_gives_the_rest_its_time(daemon, start):
    """The shell ends at once; its child still tidies up, and is heard."""
    child = "import signal,sys,time;" \
        "signal.signal(15, lambda *_: (time.sleep(0.5), print('tidied up'), sys.exit()));" \
        "print('ready'); signal.pause()"
    process = start(daemon, "--", "sh", "-c", f'{sys.executable} -u -c "{child}"; echo never')
    assert process.stdout.readline() == "ready\n"
    in_status(daemon, "running")
    assert ask(daemon, "cancel").returncode == 0
    out, _ = process.communicate(timeout=WAIT_S)
    assert out == "tidied up\n"


def test_cancel_while_paused(daemon, start):
    process, pids = begin_family(daemon, start)
    assert ask(daemon, "pause").returncode == 0
    assert ask(daemon, "cancel").returncode == 0
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM
    assert row(daemon)["status"] == "cancelled"


def test_stop_lets_it_complete(daemon, start):
    command = python(
        "import signal, sys",
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))",
        "print('ready')",
        "while True: signal.pause()",
    )
    process = start(daemon, *command)
    assert process.stdout.readline() == "ready\n"
    in_status(daemon, "running")
    assert ask(daemon, "stop").returncode == 0
    assert process.wait(WAIT_S) == 0
    task = in_status(daemon, "completed")
    assert task["message"].startswith("stopped by alice; done in")


def test_retry_of_a_running_command(daemon, start, tmp_path):
    script = f"echo x >>{tmp_path}/runs; echo $$; sleep 1000"
    process = start(daemon, "--", "sh", "-c", script)
    first = int(process.stdout.readline())
    in_status(daemon, "running")
    for attempt in (2, 3):
        done = ask(daemon, "retry")
        assert done.returncode == 0, done.stderr
        in_status(daemon, "running", attempt)
        process.stdout.readline()
    assert has_ended(first)
    assert (tmp_path / "runs").read_text() == "x\n" * 3
    assert ask(daemon, "cancel").returncode == 0
    assert in_status(daemon, "cancelled", 3)
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM


def test_a_retry_asked_twice_of_an_attempt_makes_one_more(daemon, bus, start):
    """Asked again before the next attempt is there, it is answered by that, and not obeyed once more."""
    process = start(daemon, "--", "sh", "-c", "exec sleep 1000", stdout=subprocess.DEVNULL)
    in_status(daemon, "running")

    def notes():
        events = bus.all_events("system")
        return [e["data"] for e in events if e["data"].get("command") == "retry" and "command_id" in e["data"]]

    for _ in range(5):
        for _ in range(2):
            daemon.cli("retry", "t")
        expected = 1 + len({note["attempt"] for note in notes()})
        wait_until(lambda: row(daemon)["command"] is None and row(daemon)["status"] == "running", "an answer")
        assert ask(daemon, "pause").returncode == 0  # commands are obeyed in order
        assert row(daemon)["attempt"] == expected
        assert ask(daemon, "resume").returncode == 0
    assert ask(daemon, "cancel").returncode == 0
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM


STUBBORN = "trap 'echo heard' TERM; echo $$; while :; do sleep 0.1; done"


def begin_stubborn(daemon, start, *options):
    """A command that only SIGKILL ends. Returns the process and the pid of the command."""
    process = start(daemon, *options, "--", "sh", "-c", STUBBORN)
    pid = int(process.stdout.readline())
    in_status(daemon, "running")
    return process, pid


def test_a_stop_after_a_retry_has_the_last_word(daemon, start):
    """Being ended for another attempt, it is told to stop: then there is no other attempt."""
    process, pid = begin_stubborn(daemon, start, "--kill-after-s", "2")
    assert daemon.cli("retry", "t").returncode == 0
    done = ask(daemon, "stop")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("t: cancelled, stopped by alice; killed by SIGKILL (9)")
    assert process.wait(WAIT_S) == 128 + signal.SIGKILL
    assert in_status(daemon, "cancelled")["command"] is None
    assert has_ended(pid)


def test_what_is_being_ended_is_not_paused(daemon, start):
    """Which somebody who asks for it is told, rather than that nobody answers."""
    process, pid = begin_stubborn(daemon, start, "--kill-after-s", "1")
    assert daemon.cli("stop", "t").returncode == 0
    done = ask(daemon, "pause")
    assert (done.returncode, done.stdout) == (1, "")
    assert "t: the command has been told to end" in done.stderr
    assert ask(daemon, "cancel").returncode == 0
    assert process.wait(WAIT_S) == 128 + signal.SIGKILL
    assert has_ended(pid)


def test_a_signal_that_the_command_ignores(daemon, start):
    """It is the command's to answer signals; a cancel ends it all the same."""
    process, pid = begin_stubborn(daemon, start, "--kill-after-s", "1")
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "heard\n"
    assert ask(daemon, "pause").returncode == 0
    assert row(daemon)["status"] == "paused"
    for _ in range(2):
        daemon.cli("cancel", "t")
    assert process.wait(WAIT_S) == 128 + signal.SIGKILL
    assert in_status(daemon, "cancelled")["command"] is None
    assert has_ended(pid)


def test_cancel_while_some_of_it_is_stopped(daemon, start):
    """By itself, and not by a pause. What is stopped hears SIGTERM when it is continued."""
    script = "sleep 1000 & kill -STOP $!; echo $! $$; wait"
    process = start(daemon, "--", "sh", "-c", script)
    pids = [int(pid) for pid in process.stdout.readline().split()]
    in_status(daemon, "running")
    assert ask(daemon, "cancel").returncode == 0
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM
    assert in_status(daemon, "cancelled")
    assert all(has_ended(pid) for pid in pids)


def test_retry_while_paused(daemon, start):
    process, pids = begin_family(daemon, start)
    assert ask(daemon, "pause").returncode == 0
    assert ask(daemon, "retry").returncode == 0
    in_status(daemon, "running", 2)
    again = [int(pid) for pid in process.stdout.readline().split()]
    assert all(has_ended(pid) for pid in pids)
    assert "T" not in [state_of(pid) for pid in again]
    assert ask(daemon, "cancel").returncode == 0
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM
    assert all(has_ended(pid) for pid in again)


def test_stay_waits_for_a_retry(daemon, start, tmp_path):
    """Fails the first time, completes the second; then a signal ends the wait."""
    mark = tmp_path / "mark"
    process = start(daemon, "--stay", "--", "sh", "-c", f"test -e {mark} || {{ touch {mark}; exit 3; }}")
    in_status(daemon, "failed")
    assert ask(daemon, "retry").returncode == 0
    in_status(daemon, "completed", 2)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0


def test_bus_killed_during_a_pause(daemon, start):
    process, pids = begin_family(daemon, start)
    assert ask(daemon, "pause").returncode == 0
    daemon.kill()
    assert state_of(pids[1]) == "T"
    daemon.start()
    assert row(daemon)["status"] == "paused"
    assert ask(daemon, "resume").returncode == 0
    os.kill(pids[0], signal.SIGKILL)
    assert process.wait(WAIT_S) == 0
    in_status(daemon, "completed")


def test_a_signal_to_a_paused_command_ends_it(daemon, start):
    process, _ = begin_family(daemon, start)
    assert ask(daemon, "pause").returncode == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM
    in_status(daemon, "failed")


def test_signals_reach_all_of_the_command(daemon, start):
    """As they would if timeout(1), say, ended the process group that both had been in."""
    process, pids = begin_family(daemon, start)
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 128 + signal.SIGTERM
    wait_until(lambda: all(has_ended(pid) for pid in pids), "the end of shell and child")
