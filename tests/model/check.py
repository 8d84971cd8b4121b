"""Runs the models: each as it is, which must hold, and each with a mistake put in, which spin must find.

A line of the report says what was checked, how many states that are, and what was found. Every search
is exhaustive within its bounds. --more searches larger ones, for some minutes.
"""

import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

MODELS = pathlib.Path(__file__).parent
ALWAYS, IN_THE_END = "", "-a -f"  # assertions and deadlocks; the model's claim, with weak fairness

HOLDS = [
    ("ring", "", ALWAYS),
    ("open", "", ALWAYS),
    ("merge", "-DEVENTS=3", ALWAYS),
    ("share", "-DEVENTS=2", ALWAYS),
    ("watch", "-DEVENTS=3 -DCUTS=1", ALWAYS),
    ("watch", "-DEVENTS=3 -DCUTS=1 -DCONFLATE=true", ALWAYS),
    ("watch", "-DEVENTS=3 -DCUTS=0 -DKILLS=1", ALWAYS),
    ("watch", "-DEVENTS=3 -DCUTS=0 -DDROPS=1", ALWAYS),
    ("watch", "-DEVENTS=3 -DCUTS=0 -DDROPS=1 -DCONFLATE=true", ALWAYS),
    ("watch", "-DEVENTS=2 -DCUTS=0", IN_THE_END),
    ("watch", "-DEVENTS=2 -DCUTS=1 -DCONFLATE=true", IN_THE_END),
]
MORE = [
    ("merge", "-DEVENTS=4", ALWAYS),
    ("share", "-DEVENTS=3", ALWAYS),
    ("watch", "-DEVENTS=4 -DRING=2 -DCUTS=1", ALWAYS),
    ("watch", "-DEVENTS=4 -DCUTS=0 -DDROPS=2 -DCONFLATE=true", ALWAYS),
    ("watch", "-DEVENTS=2 -DCUTS=1 -DDROPS=1 -DKILLS=1", ALWAYS),
    ("watch", "-DEVENTS=2 -DCUTS=0 -DKILLS=1", IN_THE_END),
    ("watch", "-DEVENTS=2 -DCUTS=0 -DDROPS=1", IN_THE_END),
]
ASSERTION = "assertion violated"
UNSETTLED = "assertion violated ((((live"  # the one of process `rest`
STANDS_STILL = "assertion violated ((place_of_one"  # of process `rest`, too
MISTAKES = [
    ("ring", "-DNO_SECOND_LOOK", ALWAYS, ASSERTION),
    ("ring", "-DNO_WAIT", ALWAYS, ASSERTION),
    ("ring", "-DHOLD_FIRST", ALWAYS, ASSERTION),
    ("open", "-DSINCE_BEFORE_VISIBLE", ALWAYS, ASSERTION),
    ("open", "-DLOOK_BEFORE_PASSED", ALWAYS, ASSERTION),
    ("merge", "-DEVENTS=3 -DPROMISES_FIRST", ALWAYS, ASSERTION),
    ("merge", "-DEVENTS=3 -DPROMISES_ANYHOW", ALWAYS, ASSERTION),
    ("merge", "-DEVENTS=3 -DCUTS_NOTHING", ALWAYS, ASSERTION),
    ("merge", "-DEVENTS=3 -DEXACT_TOO_SOON", ALWAYS, ASSERTION),
    ("merge", "-DEVENTS=3 -DNEVER_AGAIN", ALWAYS, STANDS_STILL),
    ("share", "-DEVENTS=2 -DFROM_ITS_BEGINNING", ALWAYS, ASSERTION),
    ("share", "-DEVENTS=2 -DOF_ANY_JOURNAL", ALWAYS, ASSERTION),
    ("share", "-DEVENTS=2 -DTAKES_ANY_PAGE", ALWAYS, ASSERTION),
    ("share", "-DEVENTS=2 -DKEEPS_ITS_OLD_PLACE", ALWAYS, ASSERTION),
    ("share", "-DEVENTS=2 -DCHANGES_AT_THE_HEAD", ALWAYS, ASSERTION),
    ("share", "-DEVENTS=2 -DTELLS_AFTERWARDS", ALWAYS, ASSERTION),
    ("share", "-DEVENTS=2 -DDELIVERS_FIRST", ALWAYS, ASSERTION),
    ("watch", "-DEVENTS=3 -DNO_PREV", ALWAYS, ASSERTION),
    ("watch", "-DEVENTS=3 -DJOIN_AT_HEAD", ALWAYS, ASSERTION),
    ("watch", "-DEVENTS=3 -DBY_NUMBER_ONLY", ALWAYS, ASSERTION),
    ("watch", "-DEVENTS=3 -DJOURNALED_AFTERWARDS", ALWAYS, ASSERTION),
    ("watch", "-DEVENTS=3 -DSUBSCRIBED_NOW", ALWAYS, ASSERTION),
    ("watch", "-DEVENTS=3 -DROWS_THEN_HEAD -DCONFLATE=true", ALWAYS, ASSERTION),
    ("watch", "-DEVENTS=3 -DNO_HEARTBEAT", ALWAYS, UNSETTLED),
    ("watch", "-DEVENTS=3 -DWAITS_FOR_EVER", ALWAYS, UNSETTLED),
    ("watch", "-DEVENTS=2 -DCUTS=0 -DASKS_FOR_EVER", IN_THE_END, "acceptance cycle"),
]


def run(model, defines, kind):
    """What was found, or "": nothing; and how many states there are."""
    with tempfile.TemporaryDirectory() as folder:

        def call(*command):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
            return done.stdout

        call("spin", "-a", *defines.split(), MODELS / f"{model}.pml")
        safety = [] if kind else ["-DSAFETY", "-DNOCLAIM"]
        call("gcc", "-w", "-O1", "-DCOLLAPSE", "-DNFAIR=3", *safety, "-o", "pan", "pan.c")
        out = call("./pan", "-m200000", *kind.split())
    found = re.search(r"^pan:1: (.*) \(at depth", out, re.M)
    errors = int(re.search(r"errors: (\d+)", out)[1])
    if "max search depth too small" in out or bool(errors) != bool(found):
        raise SystemExit(f"{model} {defines}: the search did not end:\n{out}")
    return found[1] if found else "", int(re.search(r"(\d+) states, stored", out)[1])


def main(options):
    cases = [(*case, "") for case in HOLDS + (MORE if "--more" in options else [])] + MISTAKES
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda case: run(*case[:3]), cases)
        for (model, defines, kind, expected), (found, states) in zip(cases, results):
            right = found.startswith(expected) if expected else not found
            failed += not right
            claim = "in the end" if kind else "always"
            wanted = "" if right else f", but expected: {expected or 'nothing'}"
            print(f"{model} {defines} ({claim}): {states} states, found {found or 'nothing'}{wanted}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
