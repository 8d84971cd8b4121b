"""python -m conformance --url http://host:port: checks a server and reports. See README.md."""

import argparse
import sys

from .feeds import TRANSPORTS
from .rules import RULES, check
from .server import Patience, Server


def arguments():
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--url", required=True, help="base URL of the server, http://host:port")
    parser.add_argument("--rules", metavar="N,N", help="only these")
    parser.add_argument("--transports", metavar="NAME,NAME", help=f"only these of: {', '.join(TRANSPORTS)}")
    parser.add_argument("--require", metavar="NAME,NAME", default="", help="transports that must be offered")
    parser.add_argument("--patience-s", type=float, default=Patience.seconds, help="what takes longer does not come")
    return parser.parse_args()


def offered(server, options):
    wanted = options.transports.split(",") if options.transports else list(TRANSPORTS)
    unknown = [name for name in wanted + options.require.split(",") if name and name not in TRANSPORTS]
    if unknown:
        raise SystemExit(f"unknown transport: {', '.join(unknown)}; there are {', '.join(TRANSPORTS)}")
    found = {name: TRANSPORTS[name] for name in wanted if TRANSPORTS[name].is_offered(server)}
    missing = [name for name in options.require.split(",") if name and name not in found]
    for name in wanted:
        if name not in found:
            print(f"{'FAIL' if name in missing else 'none'}           {name} is not offered")
    return found, len(missing)


def main():
    options = arguments()
    Patience.seconds = options.patience_s
    server = Server(options.url)
    transports, failed = offered(server, options)
    checked = 0
    for number, name, function, over in RULES:
        if options.rules and str(number) not in options.rules.split(","):
            continue
        for where in [name for name in transports if name in over] if over else [None]:
            broken = check(function, server, transports.get(where))
            checked += 1
            failed += broken is not None
            print(f"{'FAIL' if broken else 'ok  '}  {number:2}  {name}{' over ' + where if where else ''}", flush=True)
            if broken:
                print(f"        rule      {function.__doc__}\n        saw       {broken.saw}\n        expected  {broken.expected}")
    print(f"{checked} checks over {', '.join(transports)}: {failed or 'none'} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
