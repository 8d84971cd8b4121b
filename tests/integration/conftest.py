"""Fixtures: real daemons in temporary folders, ended and examined after each test."""

import signal

import pytest
from kit import Bus, Daemon

# A shell's background jobs, and nohup's, are told to ignore these, and what they start inherits it.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture
def daemons(tmp_path):
    """Makes any number of daemons: daemons("--setting", value). Not started yet."""
    made = []

    def make(*arguments, folder=None, **options):
        daemon = Daemon(folder or tmp_path / f"daemon{len(made)}", *arguments, **options)
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        daemon.end()


@pytest.fixture
def daemon(daemons):
    """One daemon with default settings, running and ready."""
    return daemons().start()


@pytest.fixture
def bus(daemon):
    with Bus(daemon) as requests:
        yield requests
