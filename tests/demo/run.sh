#!/usr/bin/env bash
# Starts the daemon on ./var, runs Bellwire's own unit-test build as a task so that the page has
# something real to show, and stays until Ctrl-C.
set -euo pipefail

http=${BELLWIRE_HTTP:-127.0.0.1:8080}
data=${BELLWIRE_DATA:-./var}
bus=${BELLWIRE_BUS:-ipc://$data/bus}
log=$data/bellwired.log
mkdir -p "$data"

build/bellwired --data "$data" --http "$http" --bus "$bus" 2>>"$log" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; echo; echo "Stopped. The journal stays in $data; \`make run\` goes on from there."' EXIT
trap 'exit 0' INT TERM

ready() { # whether GET /readyz answers 200
    exec 3<>"/dev/tcp/${http%:*}/${http##*:}" || return 1
    printf 'GET /readyz HTTP/1.0\r\nHost: %s\r\n\r\n' "$http" >&3
    read -r -t 5 _ status _ <&3 || status=0
    exec 3>&-
    [ "$status" = 200 ]
} 2>/dev/null

until ready; do
    if ! kill -0 "$daemon" 2>/dev/null; then
        echo "bellwired did not start; the last lines of $log:"
        tail -5 "$log"
        trap - EXIT
        exit 1
    fi
    sleep 0.1
done

cat <<END

  Bellwire is running:   http://$http/
  Journal and log:       $data/journal.db, $log
  Stop it:               Ctrl-C

  Now building Bellwire's unit tests once more, as a task: watch its progress and its log on the page.

END

rm -rf build/demo
if build/bellwire --bus "$bus" run --title "Building Bellwire's unit tests" --type build \
    --owner "${USER:-$(id -un)}" --resource bellwire -- \
    make --no-print-directory -j2 VARIANT=demo COUNT=1 unit; then
    echo
    echo "  The task is complete. The page stays up at http://$http/ until Ctrl-C. Give it more to show:"
    echo "    build/bellwire run -- COMMAND…"
else
    echo
    echo "  The build failed; the page shows how. It stays up at http://$http/ until Ctrl-C."
fi
wait "$daemon"
