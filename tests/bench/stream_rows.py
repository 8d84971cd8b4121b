"""The rows about watchers that are choosy, and about those that all come back at once."""

import json
import time
from statistics import median

from rig import Bellwired, Floor, Publisher, Storm, Watchers, mid, threads_cpu_s

STREAMS = ("bw-subscri", "bw-stream", "bw-replay")  # the threads between the bus and the sockets


def filtered(row, in_turns, frame, run_s):
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

    def sent(floor):
        watchers = Watchers(floor, clients, events // clients)
        before, started = floor.cpu_s(), time.monotonic()
        floor.tell(f"each {events} {rate}")
        report = watchers.report()
        if report["complete"] != clients or report["gaps"]:
            raise SystemExit(f"a watcher of the floor did not get exactly its own: {report}")
        return (floor.cpu_s() - before) / (time.monotonic() - started)

    ours, alone, floor = in_turns(
        (Bellwired, watched), (Bellwired, lambda s: publish(s, None)), (lambda: Floor(frame), sent)
    )
    share = mid(ours, "share")
    ratio = median(a["share"] / b for a, b in zip(ours, floor))
    row(
        f"{clients} connections that watch a task each, {rate} events/s over those: CPU of the streams",
        f"{share:.1%} of one core, {ratio:.1f} × floor ({median(floor):.1%}); {mid(alone, 'share'):.1%} with"
        f" nobody watching; the whole daemon {mid(ours, 'of_all'):.1%} against {mid(alone, 'of_all'):.1%};"
        f" p99 {mid(ours, 'p99_us') / 1000:.1f} ms",
        "< 25 %",
        share < 0.25,
    )


def storm(row, in_turns, frame, run_s):
    clients, back, live, rate, seconds = 10000, 1000, 100, 20, max(5, run_s)

    def cut(server, crowd):
        crowd.tell(f"cut {server.head()}")
        crowd.answer()
        return server.leave_behind(back)

    def resume(crowd, target):
        crowd.tell(f"resume {target} {back}")
        report = json.loads(crowd.answer())
        if report["caught_up"] != clients or report["wrong"] or report["lost"]:
            raise SystemExit(f"the storm lost events, or got some twice: {report}")
        return report

    def alone(server):
        server.leave_behind(1)  # so that they have a cursor
        crowd = Storm(server, clients)
        report = resume(crowd, cut(server, crowd))
        crowd.end()
        return report

    def live_p99(server, topic, act):
        """p99 of a few live watchers, and of as many of the floor, while `act` happens; what act returned."""
        subscribe = json.dumps({"type": "subscribe", "topic": topic})
        with Floor(frame) as bare:
            watchers = Watchers(server, live, rate * seconds, subscribe=subscribe)
            others = Watchers(bare, live, rate * seconds)
            publisher = Publisher(server.bus, topic, rate * seconds, rate)
            bare.emit(rate * seconds, rate)
            result = act()
            reports = watchers.report(), others.report()
            publisher.report()
        for report in reports:
            if report["complete"] != live or report["gaps"]:
                raise SystemExit(f"live watchers lost events in the storm: {report}")
        return *(report["p99_us"] for report in reports), result

    def beside_live(server, topic):
        server.leave_behind(1)
        crowd = Storm(server, clients)
        calm_us, floor_calm_us, _ = live_p99(server, topic, lambda: None)
        target = cut(server, crowd)
        p99_us, floor_us, report = live_p99(server, topic, lambda: resume(crowd, target))
        crowd.end()
        ours = {"calm_us": calm_us, "p99_us": p99_us}
        return {**report, **ours, "floor_calm_us": floor_calm_us, "floor_us": floor_us}

    def live_row(what, reports, most_s):
        p99 = median(report["p99_us"] / report["calm_us"] for report in reports)
        ms = {key: mid(reports, key) / 1000 for key in ("p99_us", "calm_us", "floor_us", "floor_calm_us")}
        row(
            f"the same with {rate} events/s {what}: p99 of these, to that before; and all caught up",
            f"{p99:.1f} × ({ms['p99_us']:.0f} against {ms['calm_us']:.1f} ms; those of the floor beside it"
            f" {ms['floor_us']:.0f} against {ms['floor_calm_us']:.1f} ms); {mid(reports, 'seconds'):.2f} s",
            f"≤ 5 ×{f'; < {most_s} s' if most_s else ''}",
            p99 <= 5 and not (most_s and mid(reports, "seconds") >= most_s),
        )

    ours, floor, beside, among = in_turns(
        (Bellwired, alone),
        (lambda: Floor(frame, threads=2), alone),
        (Bellwired, lambda server: beside_live(server, "live")),
        (Bellwired, lambda server: beside_live(server, "bench")),
    )
    ratio = median(a["seconds"] / b["seconds"] for a, b in zip(ours, floor))
    row(
        f"resume storm: {clients} clients come back at once, each {back} events behind",
        f"all caught up in {mid(ours, 'seconds'):.2f} s (handshakes {mid(ours, 'shaken_s'):.2f} s), each"
        f" event once and in order; {ratio:.2f} × floor ({mid(floor, 'seconds'):.2f} s)",
        "< 3 s",
        mid(ours, "seconds") < 3,
    )
    live_row(f"to {live} who watch another topic", beside, 3)
    live_row(f"to {live} more of the same topic, and to all who come back", among, None)
