#!/usr/bin/env python3
"""Plants one bug at a time in a copy of the product, and sees whether the tests find it.

Each *.patch here is a bug, its first line says which. A bug that nobody finds, and a patch that does not
fit any more, fail the run.

Usage: run.py [NAME ...]      in the project's folder, with the Python that has pytest; `make planted`
"""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
TREE = pathlib.Path("build/planted")
LOGS = TREE / "build/logs"
NOT_COPIED = shutil.ignore_patterns("build", "var", ".git", "__pycache__")
AS_THEY_ARE = ["node", "ui"]  # under build/: no bug is in the pages
FINDERS = {
    "conformance": ["tests/integration/test_conformance.py", "-k", "bellwired"],
    "chaos": ["tests/integration/test_chaos.py"],
}
SECONDS = {"BELLWIRE_CHAOS_S": "20", "BELLWIRE_PATIENCE_S": "30"}
HANGS_S = 300


def copy_tree():
    shutil.rmtree(TREE, ignore_errors=True)
    shutil.copytree(".", TREE, ignore=NOT_COPIED, symlinks=True)
    LOGS.mkdir(parents=True)
    for made in AS_THEY_ARE:
        (TREE / "build" / made).symlink_to(pathlib.Path("build", made).resolve())


def make():
    subprocess.run(["make", "-s", "-j2", "-C", TREE, "all"], check=True)


def patch(file, *options):
    subprocess.run(["patch", "-s", "-p1", "-d", TREE, "-i", file.resolve(), *options], check=True)


def finds(name, finder):
    """Whether the tests fail; what they say is kept in a log."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-c", "tests/integration/pytest.ini", *FINDERS[finder]]
    environment = {**os.environ, **SECONDS, "BELLWIRE_BUILD": str(TREE / "build/release")}
    with (LOGS / f"{name}.{finder}.log").open("wb") as log:
        try:
            done = subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT, timeout=HANGS_S)
        except subprocess.TimeoutExpired:
            return True
    return done.returncode != 0


def main():
    wanted = sys.argv[1:]
    bugs = [file for file in sorted(HERE.glob("*.patch")) if not wanted or file.stem in wanted]
    copy_tree()
    make()
    assert not any([finds("nothing", finder) for finder in FINDERS]), f"without any bug they fail; see {LOGS}"
    missed = []
    for file in bugs:
        patch(file)
        make()
        found_by = [finder for finder in FINDERS if finds(file.stem, finder)]
        patch(file, "-R")
        missed += [] if found_by else [file.stem]
        print(f"{file.stem:32} {' and '.join(found_by) or 'NOBODY'}", flush=True)
    print(f"{len(bugs) - len(missed)} of {len(bugs)} bugs were found; what was said is in {LOGS}")
    sys.exit(1 if missed else 0)


main()
