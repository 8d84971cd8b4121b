"""libbellwire as a program outside finds it: what is installed, what is exported, and the examples."""

import json
import os
import re
import signal
import subprocess

import pytest
from kit import BUILD, IS_SANITIZED, WAIT_S, wait_until

ROOT = BUILD.parent.parent


def run(*command, **options):
    done = subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, timeout=120, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def public_functions():
    header = (ROOT / "clients/c/bellwire.h").read_text()
    return set(re.findall(r"BELLWIRE_API [^;(]*?\*?(bellwire_\w+)\(", header))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that `make install` filled."""
    root = tmp_path_factory.mktemp("installed")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    run(
        *("make", "-C", ROOT, "install", f"VARIANT={BUILD.name}"),
        *(f"DESTDIR={root}", "PREFIX=/usr"),
        env=environment,
    )
    return root / "usr"


def test_exports_only_what_the_header_declares():
    lines = run("nm", "-D", "--defined-only", BUILD / "libbellwire.so").splitlines()
    assert {line.split()[-1] for line in lines} == public_functions()
    assert len(public_functions()) > 15


def test_installs_everything(installed):
    for file in (
        *("bin/bellwired", "bin/bellwire", "include/bellwire.h", "lib/pkgconfig/bellwire.pc"),
        *("lib/libbellwire.so", "share/man/man1/bellwire.1", "share/man/man8/bellwired.8"),
        *("share/doc/bellwire/LICENSE", "share/doc/bellwire/README.md"),
        "share/doc/bellwire/docs/wire.md",
    ):
        assert (installed / file).stat().st_size > 0, file
    assert os.readlink(installed / "lib/libbellwire.so") == "libbellwire.so.0"
    assert (installed / "lib/libbellwire.so").resolve().name.startswith("libbellwire.so.0.")


@pytest.mark.skipif(IS_SANITIZED, reason="a sanitized library needs a sanitized program")
def test_an_example_builds_with_pkg_config_and_runs(installed, daemon, tmp_path):
    environment = {
        **os.environ,
        "PKG_CONFIG_LIBDIR": str(installed / "lib/pkgconfig"),
        "PKG_CONFIG_SYSROOT_DIR": str(installed.parent),
        "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1",
        "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1",
        "LD_LIBRARY_PATH": str(installed / "lib"),
        "BELLWIRE_BUS": daemon.bus,
    }
    flags = run("pkg-config", "--cflags", "--libs", "bellwire", env=environment).split()
    source = installed / "share/doc/bellwire/examples/emit_task.c"
    run("gcc", source, *flags, "-o", tmp_path / "emit_task")
    run(tmp_path / "emit_task", "from-c", env=environment)
    task = json.loads(run(BUILD / "bellwire", "show", "from-c", "--json", env=environment))
    assert task["status"] == "completed"
    assert task["completed_units"] == 5


def test_watch_prints_and_resumes(daemon):
    environment = {**os.environ, "BELLWIRE_BUS": daemon.bus}
    run(BUILD / "examples/emit_task", "watched", env=environment)

    def watch(*arguments, until):
        output = daemon.folder / "watched"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [BUILD / "examples/watch", *arguments],
                stdout=file,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
            )
            wait_until(lambda: until in output.read_text(), f"{until} in the output of watch")
            process.send_signal(signal.SIGINT)
            _, cursor = process.communicate(timeout=60)
        assert process.returncode == 0
        return output.read_text().splitlines(), cursor.strip()

    lines, cursor = watch(until="TASK_COMPLETED watched: Done")
    assert len(lines) == 12  # created, five steps with a line of log each, completed
    run(BUILD / "examples/emit_task", "later", env=environment)
    lines, _ = watch(cursor, until="TASK_COMPLETED later: Done")
    assert lines[0] == "system TASK_CREATED later: Begun"
    assert len(lines) == 12


def test_a_worker_obeys(daemon):
    """A program with libbellwire receives commands and confirms them by its status, or refuses them."""
    environment = {**os.environ, "BELLWIRE_BUS": daemon.bus}
    worker = subprocess.Popen(
        [BUILD / "examples/worker", "w", "100000"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )

    def row():
        done = daemon.cli("show", "--json", "-n", "0", "w")
        return json.loads(done.stdout) if done.returncode == 0 else {"status": None}

    def asks(action):
        done = daemon.cli(action, "--wait", "--by", "alice", "w")
        return done.returncode, done.stdout, done.stderr

    try:
        wait_until(lambda: row()["status"] == "running", "the task running")
        assert asks("pause") == (0, "w: paused\n", "")
        units = row().get("completed_units")
        status, _, refused = asks("retry")
        assert status == 1
        assert "it does not begin again while it works" in refused
        assert row()["status"] == "paused"
        assert row().get("completed_units") == units
        assert row()["command"] is None
        assert asks("resume") == (0, "w: running\n", "")
        wait_until(lambda: (row().get("completed_units") or 0) > (units or 0), "it going on")
        assert asks("cancel") == (0, "w: cancelled\n", "")
        out, _ = worker.communicate(timeout=WAIT_S)
        assert worker.returncode == 0
        assert out == "".join(f"{what}, asked by alice\n" for what in ("pause", "resume", "cancel"))
        assert row()["status"] == "cancelled"
    finally:
        if worker.poll() is None:
            worker.kill()
        worker.wait()
        worker.stdout.close()
