"""`bellwire run`: the command notices nothing, and the bus learns everything."""

import hashlib
import json
import os
import pty
import select
import signal
import subprocess
import sys

import pytest
from kit import BUILD, SANITIZER_BYTES, WAIT_S, wait_until


@pytest.fixture
def start(tmp_path):
    """Starts `bellwire run` with a spool of its own."""
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}

    def run(bus, *arguments, **options):
        options.setdefault("env", environment)
        return subprocess.Popen([BUILD / "bellwire", "--bus", bus, "run", *arguments], **options)

    return run


def python(*lines):
    return ["--", sys.executable, "-u", "-c", "\n".join(lines)]


def show(daemon, task):
    done = daemon.cli("show", "--json", "-n", "1000", task)
    return json.loads(done.stdout) if done.returncode == 0 else None


def ended(daemon, task):
    def look():
        row = show(daemon, task)
        return row if row and row["finished_at"] else None

    return wait_until(look, f"the end of task {task}")


def test_output_and_status_pass_unchanged(daemon, start):
    script = "printf 'a\\0b\\377\\r\\nno newline'; printf 'err\\n' >&2; exit 7"
    process = start(
        daemon.bus, "--id", "t", "--", "sh", "-c", script,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    out, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, out, err) == (7, b"a\0b\xff\r\nno newline", b"err\n")
    task = ended(daemon, "t")
    assert task["status"] == "failed"
    assert task["result"]["exit_status"] == 7
    assert task["error"]["type"] == "exit_status"
    assert "no newline" in task["error"]["trace"]
    lines = {(line["level"], line["message"]) for line in task["logs"]}
    assert lines == {("info", "a\ufffdb\ufffd"), ("info", "no newline"), ("warning", "err")}


def test_one_stream_keeps_its_order(daemon, start):
    script = "for i in $(seq 500); do echo out$i; echo err$i >&2; done"
    process = start(
        daemon.bus, "--", "sh", "-c", script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = process.communicate(timeout=WAIT_S)
    assert out == b"".join(b"out%d\nerr%d\n" % (i, i) for i in range(1, 501))


def test_progress_and_completion(daemon, start):
    process = start(daemon.bus, "--id", "t", "--title", "T", "--", "sh", "-c", "echo 3/4; echo 1/4 x")
    assert process.wait(WAIT_S) == 0
    task = ended(daemon, "t")
    assert (task["status"], task["progress"], task["title"]) == ("completed", 100, "T")
    assert (task["completed_units"], task["total_units"]) == (3, 4)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_command(daemon, start, number):
    command = python(
        "import signal, sys",
        "def on(number, frame): print('got', int(number)); sys.exit(9)",
        f"signal.signal({int(number)}, on)",
        "print('ready')",
        "while True: signal.pause()",
    )
    process = start(daemon.bus, *command, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    out, _ = process.communicate(timeout=WAIT_S)
    assert (process.returncode, out) == (9, b"got %d\n" % number)


def test_death_by_signal(daemon, start):
    process = start(daemon.bus, "--id", "t", "--", "sh", "-c", "kill -KILL $$")
    assert process.wait(WAIT_S) == 128 + signal.SIGKILL
    task = ended(daemon, "t")
    assert task["result"]["signal"] == signal.SIGKILL
    assert task["error"]["message"] == "killed by SIGKILL (9)"


def test_what_cannot_be_executed(daemon, start):
    assert start(daemon.bus, "--", "/no/such/command", stderr=subprocess.PIPE).wait(WAIT_S) == 127
    assert start(daemon.bus, "--", "/etc/passwd", stderr=subprocess.PIPE).wait(WAIT_S) == 126
    assert start("nonsense", "--", "true", stderr=subprocess.PIPE).wait(WAIT_S) == 125


def test_task_id_in_the_environment(daemon, start):
    process = start(
        daemon.bus, "--id", "t", "--", "sh", "-c", "echo $BELLWIRE_TASK_ID", stdout=subprocess.PIPE
    )
    assert process.communicate(timeout=WAIT_S)[0] == b"t\n"


def test_same_id_again_is_another_attempt(daemon, start):
    for attempt in (1, 2):
        assert start(daemon.bus, "--id", "t", "--", "true").wait(WAIT_S) == 0
        task = ended(daemon, "t")
        assert (task["attempt"], task["status"]) == (attempt, "completed")


def test_bus_comes_later(daemons, start):
    daemon = daemons()
    command = python("print('one')", "input()", "print('two 50%')")
    process = start(
        daemon.bus, "--id", "t", *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"one\n"
    daemon.start()
    wait_until(lambda: show(daemon, "t"), "the task that began while the bus was away")
    out, _ = process.communicate(b"\n", timeout=WAIT_S)
    assert (process.returncode, out) == (0, b"two 50%\n")
    assert [line["message"] for line in ended(daemon, "t")["logs"]] == ["one", "two 50%"]


def test_bus_killed_in_the_middle(daemon, start):
    command = python("for i in range(100):", "    print('line', i)", "    input()")
    process = start(
        daemon.bus, "--id", "t", *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    for i in range(100):
        assert process.stdout.readline() == b"line %d\n" % i
        if i == 30:
            daemon.kill()
        if i == 60:
            daemon.start(wait=False)
        process.stdin.write(b"\n")
        process.stdin.flush()
    process.stdin.close()
    assert process.wait(WAIT_S) == 0
    daemon.wait_ready()
    assert [x["message"] for x in ended(daemon, "t")["logs"]] == [f"line {i}" for i in range(100)]


def test_spool_is_delivered_later(daemons, start):
    daemon = daemons()
    process = start(
        daemon.bus, "--id", "t", "--drain-s", "0", "--", "sh", "-c", "echo 40%; exit 3",
        stderr=subprocess.PIPE,
    )
    _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 3
    assert b"is away" in err and b"emit --spool" in err
    daemon.start()
    assert start(daemon.bus, "--", "true").wait(WAIT_S) == 0
    task = ended(daemon, "t")
    assert (task["status"], task["progress"]) == ("failed", 40)
    assert [line["message"] for line in task["logs"]] == ["40%"]


def test_terminal(daemon, start):
    """On a terminal the command has a terminal, of the same size, and keys and Ctrl-C reach it."""
    # exec: a shell about to fork may be deaf to a signal for a moment, and that would be its affair.
    script = "test -t 0 && test -t 1 && test -t 2 && stty size; read x; echo got $x; exec sleep 1000"
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(BUILD / "bellwire", ["bellwire", "--bus", daemon.bus, "run", "--", "sh", "-c", script])
    seen = b""

    def read_until(text):
        nonlocal seen
        while text not in seen:
            assert select.select([terminal], [], [], WAIT_S)[0], seen
            seen += os.read(terminal, 4096)

    read_until(b"\r\n")
    assert seen == b"0 0\r\n"
    os.write(terminal, b"word\r")
    read_until(b"got word\r\n")
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGINT
    os.close(terminal)


def test_a_gigabyte_in_little_memory(daemon, start):
    """Far more than the bus takes: all of it passes, memory stays bounded, the loss is told."""
    n = 1 << 30
    process = start(
        daemon.bus, "--id", "t", "--", "sh", "-c", f"yes 0123456789abcdef | head -c {n}",
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    digest, count = hashlib.md5(), 0
    while chunk := process.stdout.read(1 << 20):
        digest.update(chunk)
        count += len(chunk)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert (process.returncode, count) == (0, n)
    expected = hashlib.md5()
    block = b"0123456789abcdef\n" * 65536
    for _ in range(n // len(block)):
        expected.update(block)
    expected.update(block[: n % len(block)])
    assert digest.digest() == expected.digest()
    assert usage.ru_maxrss * 1024 < (128 << 20) + SANITIZER_BYTES
    assert ended(daemon, "t")["status"] == "completed"
