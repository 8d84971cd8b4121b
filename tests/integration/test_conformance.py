"""The conformance kit: our server passes it, another one does, and each of its faults is found."""

import pathlib
import subprocess
import sys

import pytest
from conformance.small_server import FAULTS, SmallServer

TESTS = pathlib.Path(__file__).parents[1]
ALL = "websocket,sse,sse-last-event-id,long-poll,rest"


def run(url, *options):
    command = [sys.executable, "-m", "conformance", "--url", url, *options]
    return subprocess.run(command, cwd=TESTS, capture_output=True, text=True)


def test_bellwired_conforms(daemon):
    done = run(f"http://127.0.0.1:{daemon.port}", "--require", ALL)
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_server_conforms():
    with SmallServer() as server:
        done = run(server.url, "--require", ALL)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault):
    number, transport = FAULTS[fault]
    with SmallServer(fault) as server:
        done = run(server.url, "--rules", str(number), "--transports", transport, "--patience-s", "2")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"FAIL  {number:2}" in done.stdout and "expected" in done.stdout, done.stdout
