"""`show --follow` and `ls --watch`: in place on a terminal, a line for every change elsewhere."""

import codecs
import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios

import pytest
from kit import BUILD, WAIT_S, wait_until
from screen import Screen


class Terminal:
    """A `bellwire` on a terminal, and what is on the screen of that."""

    def __init__(self, daemon, *arguments, columns=80, environment=None):
        self.master, slave = pty.openpty()
        self.resize(columns)
        self.process = subprocess.Popen(
            [BUILD / "bellwire", "--bus", daemon.bus, *arguments],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm", **(environment or {})},
        )  # fmt: skip
        self.slave = slave
        self.screen = Screen(columns)
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.rest = self.written = ""

    def resize(self, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read(self, timeout_s):
        if not select.select([self.master], [], [], timeout_s)[0]:
            return
        text = self.rest + self.decoder.decode(os.read(self.master, 65536))
        whole = text.rfind("\x1b") if text.rfind("\x1b") > max(map(text.rfind, "mAKJlh")) else len(text)
        self.rest = text[whole:]
        self.written += text[:whole]
        self.screen.feed(text[:whole])

    def until(self, condition, what):
        def look():
            self.read(0.05)
            return condition(self.screen.text())

        return wait_until(look, f"{what} on the screen")

    def ended(self):
        status = self.process.wait(WAIT_S)
        self.read(0)
        return status

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for fd in (self.master, self.slave):
            os.close(fd)


@pytest.fixture
def terminal(daemon):
    with contextlib.ExitStack() as ends:

        def make(*arguments, **options):
            made = Terminal(daemon, *arguments, **options)
            ends.callback(made.end)
            return made

        yield make


def tell(daemon, event_type, task="t", message="", **data):
    daemon.publish({"event_type": event_type, "message": message, "data": {"id": task, **data}})


def log(daemon, text):
    daemon.publish({"event_type": "TASK_LOG", "message": text, "data": {"id": "t"}})


def begin(daemon):
    tell(daemon, "TASK_CREATED", title="Import 进口", status="running")
    log(daemon, "first line")


def test_follow_draws_in_place(daemon, terminal):
    begin(daemon)
    t = terminal("show", "--follow", "t")
    t.until(lambda text: "first line" in text and "running" in text, "the task")
    for percent in range(1, 40):
        tell(daemon, "TASK_UPDATED", progress=percent, message=f"step {percent}")
    t.until(lambda text: " 39%" in text and "step 39" in text, "39%")
    log(daemon, "second line")
    t.until(lambda text: "second line" in text, "the second line")
    lines = t.screen.text().splitlines()
    assert [line for line in lines if "%" in line] == [line for line in lines if " 39%" in line]
    assert lines.index("Import 进口") == len([x for x in lines if "line" in x]) + 1
    assert not t.screen.cursor_shown
    tell(daemon, "TASK_COMPLETED", message="all done")
    assert t.ended() == 0
    t.until(lambda text: "all done" in text and "completed" in text and "100%" in text, "the end")
    assert t.screen.text().count("Import") == 1
    assert t.screen.cursor_shown
    assert t.echoes()


@pytest.mark.parametrize(
    "event,data,status",
    [
        ("TASK_COMPLETED", {}, 0),
        ("TASK_FAILED", {"error": {"message": "disk full"}}, 3),
        ("TASK_STATUS_CHANGED", {"status": "cancelled"}, 4),
        ("TASK_STATUS_CHANGED", {"status": "timeout"}, 5),
    ],
)
def test_follow_elsewhere_says_lines_and_how_it_ended(daemon, event, data, status):
    begin(daemon)
    follow = subprocess.Popen(
        [BUILD / "bellwire", "--bus", daemon.bus, "show", "--follow", "t"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert "first line" in follow.stdout.readline()
    assert "running 0%" in follow.stdout.readline()
    tell(daemon, "TASK_UPDATED", completed_units=3, total_units=12, message="reading")
    while "25%" not in (line := follow.stdout.readline()):
        assert line
    assert "running 25%  3 of 12" in line
    assert line.endswith(": reading\n")
    log(daemon, "last line")
    tell(daemon, event, **data)
    rest, _ = follow.communicate(timeout=WAIT_S)
    assert "last line" in rest
    assert "\x1b" not in rest
    if status == 3:
        assert rest.endswith(": disk full\n")
    assert follow.returncode == status


def test_follow_survives_the_bus(daemon, terminal):
    begin(daemon)
    t = terminal("show", "--follow", "t")
    t.until(lambda text: "running" in text, "the task")
    daemon.kill()
    t.until(lambda text: "is away" in text, "that the bus is away")
    daemon.start()
    t.until(lambda text: "is away" not in text, "the bus back")
    log(daemon, "after that")
    tell(daemon, "TASK_COMPLETED")
    assert t.ended() == 0
    t.until(lambda text: "after that" in text, "what was said last")


def test_no_such_task(daemon):
    done = daemon.cli("show", "--follow", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert 'there is no task "nobody"' in done.stderr


def test_narrow_wide_and_narrow(daemon, terminal):
    begin(daemon)
    message = "长" * 60
    tell(daemon, "TASK_UPDATED", progress=50, message=message)
    t = terminal("show", "--follow", "-n", "0", "t", columns=40)
    t.until(lambda text: " 50%" in text, "the bar")
    assert "长" * 18 + "…" in t.screen.text()
    t.screen.columns = 100
    t.resize(100)
    t.until(lambda text: "长" * 49 + "…" in text, "more of the message")
    assert t.screen.text().count("50%") == 1


@pytest.mark.parametrize("arguments", [("show", "--follow", "t"), ("ls", "--watch")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ended_by_a_signal_it_leaves_the_terminal_tidy(daemon, terminal, arguments, number):
    begin(daemon)
    t = terminal(*arguments)
    t.until(lambda text: "running" in text, "the task")
    wait_until(lambda: not t.echoes(), "echo off")
    t.until(lambda _: not t.screen.cursor_shown, "the cursor hidden")
    if number == signal.SIGINT:
        os.write(t.master, b"\x03")
    else:
        t.process.send_signal(number)
    assert t.ended() == -number
    t.until(lambda _: t.screen.cursor_shown, "the cursor shown")
    assert t.echoes()
    assert t.screen.column == 0 or t.screen.text().endswith("^C")


def test_no_color(daemon, terminal):
    begin(daemon)
    plain = terminal("ls", "--watch", environment={"NO_COLOR": "1"})
    plain.until(lambda text: "running" in text, "the task")
    assert "\x1b[3" not in plain.written
    colored = terminal("ls", "--watch", environment={"NO_COLOR": ""})
    colored.until(lambda text: "running" in text, "the task")
    assert "\x1b[34mrunning" in colored.written


def test_watch_draws_in_place(daemon, terminal):
    begin(daemon)
    for i in range(40):
        tell(daemon, "TASK_CREATED", task=f"other-{i}")
    t = terminal("ls", "--watch")
    t.until(lambda text: "of 41 tasks" in text, "as many as fit")
    assert len(t.screen.text().splitlines()) < 24
    for percent in range(1, 50):
        tell(daemon, "TASK_UPDATED", progress=percent)
    t.until(lambda text: " 49%" in text, "49%")
    assert t.screen.text().count("STATUS") == 1
    daemon.kill()
    t.until(lambda text: "is away" in text, "that the bus is away")
    assert " 49%" in t.screen.text()
    daemon.start()
    tell(daemon, "TASK_COMPLETED")
    t.until(lambda text: "completed" in text and "is away" not in text, "the end")


def test_watch_elsewhere_says_what_its_filter_finds(daemon):
    begin(daemon)
    watch = subprocess.Popen(
        [BUILD / "bellwire", "--bus", daemon.bus, "ls", "--watch", "--q", "t"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert "t running 0%" in watch.stdout.readline()
    tell(daemon, "TASK_CREATED", task="no")
    tell(daemon, "TASK_UPDATED", progress=30, message="reading")
    line = watch.stdout.readline()
    assert " t running 30%" in line
    assert line.endswith(": reading\n")
    watch.send_signal(signal.SIGINT)
    assert watch.wait(WAIT_S) == -signal.SIGINT
    watch.stdout.close()
