#!/usr/bin/env python3
"""Autobahn's WebSocket cases against our stream engine, in echo mode: every one must be OK, strictly.

The cases are those of autobahntestsuite, whose own client runs on Python 2 only. kosoku drives the
same case files from Python 3. Where a Python 2.7 with autobahntestsuite is at hand, --original PYTHON2
runs Autobahn's own client instead.

Usage: run.py ECHO_SERVER [--short] [--original PYTHON2] [CASE ...]      a case is an id, or such as '12.*'
"""

import argparse
import asyncio
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import time

PARALLEL = 4
# They only look: what RFC 6455 leaves open has no right answer.
INFORMATIONAL = {"7.1.6", "7.13.1", "7.13.2"}


# --short: of the compression cases, which send 10 GB, those of short messages and one in fragments.
SHORT = [f"{group}.*" for group in (1, 2, 3, 4, 5, 6, 7, 9, 10)]
SHORT += [f"12.{data}.{size}" for data in range(1, 6) for size in (1, 2, 3, 4, 11)]
SHORT += [f"13.{parameters}.{size}" for parameters in range(1, 8) for size in (1, 2, 3, 4, 11)]


def run_kosoku(url, cases, parallel=PARALLEL):
    import kosoku

    try:
        results = asyncio.run(kosoku.run_fuzzingclient(url, cases, concurrency=parallel))
    except kosoku.FailureError as failure:
        results = failure.results
    results = {r.case_id: (r.behavior.value, r.behavior_close.value, r.result, r.result_close) for r in results}
    # The cases bring time limits for a quiet machine: what did not finish has a second try, alone.
    late = [case for case, verdicts in results.items() if "did not finish" in verdicts[2]]
    return results | run_kosoku(url, late, parallel=1) if late and parallel > 1 else results


def run_original(python2, url, cases):
    with tempfile.TemporaryDirectory() as folder:
        spec = pathlib.Path(folder) / "spec.json"
        servers = [{"agent": "bellwire", "url": url}]
        spec.write_text(json.dumps({"outdir": folder, "servers": servers, "cases": cases}))
        command = "import autobahntestsuite.wstest as w; w.run()"
        subprocess.run([python2, "-c", command, "-m", "fuzzingclient", "-s", spec], check=True, stdout=sys.stderr)
        found = json.loads((pathlib.Path(folder) / "index.json").read_text())["bellwire"]
    return {case: (r["behavior"], r["behaviorClose"], "", "") for case, r in found.items()}


def is_good(case, verdicts):
    return all(v == "OK" or (v == "INFORMATIONAL" and case in INFORMATIONAL) for v in verdicts[:2])


def report(results, seconds):
    groups = collections.defaultdict(collections.Counter)
    for case, (behavior, *_) in results.items():
        groups[int(case.split(".")[0])][behavior] += 1
    for group in sorted(groups):
        print(f"{group:>4}.*", ", ".join(f"{n} {verdict}" for verdict, n in sorted(groups[group].items())))
    bad = {case: v for case, v in results.items() if not is_good(case, v)}
    for case, (behavior, close, why, why_close) in bad.items():
        print(f"FAILED {case}: {behavior} ({why}); closing: {close} ({why_close})")
    print(f"{len(results)} cases, {len(bad)} not strictly OK, {seconds:.0f} s")
    return not bad and bool(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("echo_server")
    parser.add_argument("cases", nargs="*", default=["*"])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--original", metavar="PYTHON2")
    args = parser.parse_intermixed_args()
    if args.short:
        args.cases = SHORT
    server = subprocess.Popen([args.echo_server], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    begun = time.monotonic()
    try:
        url = f"ws://127.0.0.1:{int(server.stdout.readline())}"
        if args.original:
            results = run_original(args.original, url, args.cases)
        else:
            results = run_kosoku(url, args.cases)
    finally:
        server.stdin.close()
        status = server.wait()
    good = report(results, time.monotonic() - begun)
    sys.exit(0 if good and status == 0 else 1)


main()
