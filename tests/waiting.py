"""What tests and benchmarks both need to start a server and to wait for it."""

import contextlib
import random
import socket
import time


def wait_until(condition, what, timeout_s=60, pause_s=0.01):
    """Returns the first true value of condition(); fails, saying what was waited for."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain for: {what}"
        time.sleep(pause_s)


def free_port(in_a_row=1):
    """A port that nobody has, and that the kernel will give to nobody while its server is down; the first of so
    many in a row."""
    while True:
        first = random.randrange(10_000, 30_000)
        with contextlib.ExitStack() as sockets, contextlib.suppress(OSError):
            for port in range(first, first + in_a_row):
                sockets.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
