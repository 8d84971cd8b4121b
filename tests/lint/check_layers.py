"""Fails on an include that climbs a floor, or that joins two stages which only a wiring file may join.

usage: check_layers.py FLOOR=DIR:FLOOR,FLOOR,... ...    (the floors that each floor stands on)
"""

import pathlib
import re
import sys

SEARCH = ("bus", "clients/c", ".")  # the Makefile's -I, in its order
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)

# Stages of bus/ get their sinks from outside; only bus.c knows more than one of them.
STAGES = {"ingest", "writer", "publish", "query"}


def resolve(includer, name):
    for folder in (includer.parent, *map(pathlib.Path, SEARCH)):
        path = folder / name
        if path.is_file():
            return pathlib.Path(*path.parts)
    return None


def main(arguments):
    folder_of, below = {}, {}
    for argument in arguments:
        floor, rest = argument.split("=")
        folder, stands_on = rest.split(":")
        folder_of[folder] = floor
        below[floor] = set(stands_on.split(","))

    faults = 0
    for folder, floor in folder_of.items():
        for source in sorted(pathlib.Path(folder).glob("*.[ch]")):
            if str(source).startswith("web/bellwired"):
                continue  # the daemon's main: the only one that knows both halves
            for name in INCLUDE.findall(source.read_text()):
                target = resolve(source, name)
                if target is None:
                    continue  # generated, or a system header in quotes: the compiler's business
                other = folder_of.get(str(target.parent))
                if other is None or other in below[floor]:
                    joins = (
                        folder == "bus"
                        and source.stem in STAGES
                        and target.stem in STAGES - {source.stem}
                        and target.parent == source.parent
                    )
                    if not joins:
                        continue
                    why = "a stage may not know another; wire them in bus.c"
                else:
                    why = f"{floor} stands on {', '.join(sorted(below[floor] - {floor})) or 'nothing'}, not on {other}"
                faults += 1
                print(f"{source}: includes {target}: {why}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
