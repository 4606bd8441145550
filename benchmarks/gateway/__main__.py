"""Print the tables of the gateway: ``python -m benchmarks.gateway [--full]``.

By default a sample: the first 3,000 posts of hate_speech18, and shorter runs of load. Every ratio
is of numbers from one run on one machine, where the load, the upstream and the gateway share its
cores.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

import underdog as ud
from benchmarks.data import table
from benchmarks.gateway.load import Measured, measure, request
from benchmarks.gateway.processes import Program, gateway, program, recorded
from benchmarks.gateway.replay import Log, hate_speech, overruling, replay

ROUNDS = 7
WORDS = ("film", "plot", "cast", "song", "end", "scene", "great", "awful", "dull", "lovely")


def latencies(full: bool) -> Iterator[str]:
    """What the door adds to a request, and how many pass it."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 12)) + f" {i}" for i in range(2000 if full else 500)]
    path = "/v1/chat/completions"
    asked = [request(path, body(text)) for text in texts]
    replies = {text: "great" if "great" in text else "awful" for text in texts}
    with (  # one machine for all
        recorded(replies) as upstream,
        program("benchmarks.gateway.floor", str(upstream.port)) as floor,
        gateway(upstream) as door,
    ):
        idle = door.megabytes
        alone = interleaved({"upstream": upstream, "bare": floor, "door": door}, asked)
        many = {
            name: measure(where.port, asked * 8, 64)
            for name, where in (("upstream", upstream), ("bare", floor), ("door", door))
        }
        grown = door.megabytes
    base = alone["upstream"]
    rows = [
        [
            name,
            *(f"{found.at(q):.2f}" for q in (0.5, 0.99)),
            *(f"{found.at(q) - base.at(q):.2f}" for q in (0.5, 0.99)),
            f"{many[name].rate:,.0f}",
            f"{many[name].at(0.99):.1f}",
            str(many[name].failures + found.failures),
        ]
        for name, found in alone.items()
    ]
    header = ["through", "p50 ms", "p99 ms", "added p50", "added p99"]
    header += ["64 at once: per second", "p99 ms", "failures"]
    note = f"Memory of the door: {idle:.0f} MB idle, {grown:.0f} MB after the load."
    yield table("One request at a time, and 64", header, rows, note)


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


def served(full: bool) -> Iterator[str]:
    """How many texts a saved model answers over HTTP."""
    import tempfile
    from pathlib import Path

    from underdog.runtime.persist import save

    log = overruling()
    with tempfile.TemporaryDirectory() as folder:
        model = ud.build("linear()").fit(ud.core.data.Dataset.of(log.texts, log.gold))
        save(model, Path(folder) / "tickets", {"labels": sorted(set(log.gold))})
        with gateway(None, f"{folder}/tickets") as door:
            idle = door.megabytes
            asked = [
                request("/v1/answer", {"model": "tickets", "texts": [text]})
                for text in log.texts[: 2000 if full else 1000]
            ]
            alone, many = measure(door.port, asked, 1), measure(door.port, asked * 4, 64)
    row = [f"{alone.at(0.5):.2f}", f"{alone.at(0.99):.2f}", f"{many.rate:,.0f}"]
    row += [f"{many.at(0.99):.1f}", str(alone.failures + many.failures), f"{idle:.0f}"]
    header = ["linear() on OVERRULING", "p50 ms", "p99 ms", "64 at once: per second"]
    yield table("A model in a folder", [*header, "p99 ms", "failures", "idle MB"], [["", *row]])


def replays(full: bool) -> Iterator[str]:
    """Recorded logs from cold."""
    rows = []
    for log, limit in ((overruling(), 2160), (hate_speech(), 10_703 if full else 3000)):
        rows.append(row_of(log, limit))
    header = ["log", "requests", "local", "agreement", "accuracy", "large model's"]
    header += ["rare label's recall", "large model's", "seconds"]
    yield table("From cold, mode serve, at most 5 % may differ", header, rows)


def row_of(log: Log, limit: int) -> list[str]:
    """One log, replayed."""
    found = replay(log, limit)
    print(found.certificate, end="\n\n", flush=True)
    shares = (found.local, found.agreement, found.accuracy, found.large)
    cells = [f"{x:.3f}" for x in (*shares, found.recall, found.large_recall)]
    return [log.name, f"{min(limit, len(log.texts)):,}", *cells, f"{found.seconds:.0f}"]


def body(text: str) -> dict[str, object]:
    """A request for a completion."""
    system = {"role": "system", "content": "Say great or awful."}
    return {"model": "gpt-4-0613", "messages": [system, {"role": "user", "content": text}]}


def main() -> None:
    """Print the tables."""
    full = "--full" in sys.argv
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    for part in (latencies, served, replays):
        if not wanted or part.__name__ in wanted:
            for shown in part(full):
                print(shown, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
