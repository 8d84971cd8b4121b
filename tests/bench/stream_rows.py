"""The rows about watchers that are choosy, and about those that all come back at once."""

import json
import time

from rig import Bellwired, Publisher, Storm, Watchers, mid, threads_cpu_s

STREAMS = ("bw-subscri", "bw-stream", "bw-replay")  # the threads between the bus and the sockets


def filtered(row, in_turns, run_s):
    clients, rate = 10000, 1000
    events = clients * max(1, run_s * rate // clients)
    each = '{"type":"subscribe","topic":"system","filter":{"task_id":"bench-#"}}'

    def publish(server, watchers):
        pid = server.process.pid
        before, of_all, started = threads_cpu_s(pid, *STREAMS), server.cpu_s(), time.monotonic()
        Publisher(server.bus, "system", events, rate, tasks=clients).report()
        report = watchers.report() if watchers else {}
        seconds = time.monotonic() - started
        report["share"] = (threads_cpu_s(pid, *STREAMS) - before) / seconds
        report["of_all"] = (server.cpu_s() - of_all) / seconds
        return report

    def watched(server):
        watchers = Watchers(server, clients, events // clients, subscribe=each)
        report = publish(server, watchers)
        if report["complete"] != clients or report["gaps"]:
            raise SystemExit(f"a filtered watcher did not get exactly its own: {report}")
        return report

    ours, alone = in_turns((Bellwired, watched), (Bellwired, lambda s: publish(s, None)))
    share = mid(ours, "share")
    row(
        f"{clients} connections that watch a task each, {rate} events/s over those: CPU of the streams",
        f"{share:.1%} of one core ({mid(alone, 'share'):.1%} with nobody watching; the whole daemon"
        f" {mid(ours, 'of_all'):.1%} against {mid(alone, 'of_all'):.1%}), p99 {mid(ours, 'p99_us') / 1000:.1f} ms",
        "< 25 %",
        share < 0.25,
    )


def storm(row, in_turns, run_s):
    clients, back, live, rate, seconds = 10000, 1000, 100, 20, max(5, run_s)

    def head(server):
        return json.loads(server.get("/api/v1/stats")[1])["data"]["topics"]["bench"]["head"]

    def live_p99(server, act):
        """p99 of a few live watchers, while `act` happens; what act returned."""
        watchers = Watchers(server, live, rate * seconds)
        publisher = server.emit(rate * seconds, rate)
        result = act()
        report = watchers.report()
        publisher.report()
        if report["complete"] != live or report["gaps"]:
            raise SystemExit(f"live watchers lost events in the storm: {report}")
        return report["p99_us"], result

    def cut_and_resume(server):
        crowd = Storm(server, clients)
        normal, _ = live_p99(server, lambda: None)
        crowd.tell("cut")
        crowd.answer()
        server.emit(back, 0).report()
        target = head(server)

        def resume():
            crowd.tell(f"resume {target}")
            return json.loads(crowd.answer())

        p99, report = live_p99(server, resume)
        crowd.end()
        if report["caught_up"] != clients or report["wrong"] or report["lost"]:
            raise SystemExit(f"the storm lost events, or got some twice: {report}")
        return {**report, "normal_us": normal, "p99_us": p99, "p99_ratio": p99 / normal}

    (reports,) = in_turns((Bellwired, cut_and_resume))
    row(
        f"resume storm: {clients} clients come back at once, each {back} events behind",
        f"all caught up in {mid(reports, 'seconds'):.2f} s"
        f" (handshakes {mid(reports, 'shaken_s'):.2f} s), each event once and in order",
        "< 3 s",
        mid(reports, "seconds") < 3,
    )
    row(
        f"the same: p99 of {live} live readers at {rate} events/s, to that before the storm",
        f"{mid(reports, 'p99_ratio'):.1f} × ({mid(reports, 'p99_us') / 1000:.0f}"
        f" against {mid(reports, 'normal_us') / 1000:.0f} ms)",
        "≤ 5 ×",
        mid(reports, "p99_ratio") <= 5,
    )
