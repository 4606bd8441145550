"""Load: what the door adds to a request, how many requests pass in a second, and memory.

Every ratio is of numbers from one run on one machine, where the load, the upstream and the gateway
share its cores.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import psutil

import underdog as ud
from benchmarks.gateway.load import Measured, measure, request
from benchmarks.gateway.processes import Program, gateway, program, recorded
from benchmarks.gateway.replay import overruling
from underdog.runtime.persist import save

ROUNDS, AT_ONCE = 7, 64
WORDS = ("film", "plot", "cast", "song", "end", "scene", "great", "awful", "dull", "lovely")

WORKERS = ("--workers", "2")
"""As many processes as the machine that is asked for has cores."""

GROWING = 30_000
"""Requests of one step, while the growth of memory is watched."""


def passed_through() -> list[list[str]]:
    """Latency that the door adds, and throughput, beside a bare pass-through of bytes."""
    asked, replies = traffic(500)
    with (  # one machine for all
        recorded(replies) as upstream,
        program("benchmarks.gateway.floor", str(upstream.port)) as floor,
        gateway(upstream) as door,
        gateway(upstream, *WORKERS) as workers,
    ):
        where = {"upstream": upstream, "bare": floor, "door": door}
        alone = interleaved(where, asked)
        where["workers"] = workers
        many = {name: measure(one.port, asked * 8, AT_ONCE) for name, one in where.items()}
        cpu = _seconds(door)
        n = measure(door.port, asked * 4, AT_ONCE).latencies.size
        cpu = (_seconds(door) - cpu) / n
    base, mine, bare = alone["upstream"], alone["door"], alone["bare"]
    added = [[one.at(q) - base.at(q) for q in (0.5, 0.99)] for one in (mine, bare)]
    assert not sum(one.failures for one in alone.values())
    return [
        ["latency added by the door, one request at a time", "beside a bare pass-through",
         "p50 ≤ .35 ms, p99 ≤ .75 ms",
         f"p50 {added[0][0]:.2f}, p99 {added[0][1]:.2f} ms; bare {added[1][0]:.2f}, "
         f"{added[1][1]:.2f} ms"],
        [f"passed through, {AT_ONCE} at a time", "beside a bare one, and the upstream alone",
         "≥ 4,000/s, p99 ≤ 20 ms, no error",
         f"{_said(many['door'])}; bare "
         f"{many['bare'].rate:,.0f}/s, upstream {many['upstream'].rate:,.0f}/s; "
         f"{1e6 * cpu:.0f} µs of CPU a request"],
        [f"the same with `{' '.join(WORKERS)}`", "beside one process",
         "≥ 4,000/s, p99 ≤ 20 ms, no error", _said(many["workers"])],
    ]  # fmt: skip


def interleaved(where: dict[str, Program], asked: list[bytes]) -> dict[str, Measured]:
    """Each program in turn, `ROUNDS` times: load from elsewhere on the machine hits all alike."""
    found: dict[str, list[Measured]] = {name: [] for name in where}
    for _ in range(ROUNDS):
        for name, there in where.items():
            found[name].append(measure(there.port, asked[: len(asked) // ROUNDS * 2], 1))
    return {
        name: Measured(
            np.concatenate([m.latencies for m in runs]),
            sum(m.seconds for m in runs),
            sum(m.failures for m in runs),
        )
        for name, runs in found.items()
    }


def _said(many: Measured) -> str:
    return f"{many.rate:,.0f}/s, p99 {many.at(0.99):.0f} ms, {many.failures} errors"


def answered() -> list[list[str]]:
    """How many texts a saved model answers over HTTP."""
    log = overruling()
    with tempfile.TemporaryDirectory() as folder:
        model = ud.build("linear()").fit(ud.Dataset.of(log.texts, log.gold))
        save(model, Path(folder) / "tickets", {"labels": sorted(set(log.gold))})
        with (
            gateway(None, f"{folder}/tickets") as door,
            gateway(None, f"{folder}/tickets", *WORKERS) as workers,
        ):
            asked = [
                request("/v1/answer", {"model": "tickets", "texts": [text]})
                for text in log.texts[:1000]
            ]
            alone, cpu = measure(door.port, asked, 1), _seconds(door)
            many = measure(door.port, asked * 4, AT_ONCE)
            cpu = (_seconds(door) - cpu) / many.latencies.size
            measure(workers.port, asked, AT_ONCE)
            both = measure(workers.port, asked * 4, AT_ONCE)
    reached = (
        f"{_said(many)}; alone p50 {alone.at(0.5):.2f} ms; {1e6 * cpu:.0f} µs of CPU a request"
    )
    what = f"`linear()` in a folder, `/v1/answer`, {AT_ONCE} at a time"
    limit = "≥ 8,000/s, p99 ≤ 20 ms, no error"
    return [
        [what, "one text a request", limit, reached],
        [f"the same with `{' '.join(WORKERS)}`", "one text a request", limit, _said(both)],
    ]


def memory() -> list[str]:
    """Memory of an idle door, and how it grows with requests."""
    asked, replies = traffic(3000)
    with recorded(replies) as upstream, gateway(upstream) as door:
        idle, steps = door.megabytes, []
        for _ in range(3):
            measure(door.port, asked * (GROWING // len(asked)), 16)
            steps.append(door.megabytes)
    later = (steps[2] - steps[1]) * 1e6 / GROWING
    how = f"after {GROWING:,}, {2 * GROWING:,} and {3 * GROWING:,} requests, 16 at a time"
    grown = ", ".join(f"{mb:.0f}" for mb in steps)
    reached = f"{idle:.0f} MB idle; {grown} MB; last step {later:.0f} MB a million"
    return ["memory of the door", how, "≤ 90 MB idle, ≤ 10 MB a million", reached]


def traffic(n: int) -> tuple[list[bytes], dict[str, str]]:
    """Requests for a completion, and the replies by text."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 12)) + f" {i}" for i in range(n)]
    replies = {text: "great" if "great" in text else "awful" for text in texts}
    return [request("/v1/chat/completions", body(text)) for text in texts], replies


def body(text: str) -> dict[str, object]:
    """A request for a completion."""
    system = {"role": "system", "content": "Say great or awful."}
    return {"model": "gpt-4-0613", "messages": [system, {"role": "user", "content": text}]}


def _seconds(where: Program) -> float:
    """Seconds of CPU that a program took so far."""
    times = psutil.Process(where.process.pid).cpu_times()
    return float(times.user + times.system)
