"""Recorded logs through the door from cold: how much is answered locally, and how soon."""

from __future__ import annotations

import sys
import time
from statistics import fmean

import underdog as ud
from benchmarks.gateway.load import measure, request
from benchmarks.gateway.processes import gateway, recorded
from benchmarks.gateway.replay import Log, Replayed, hate_speech, in_pieces, overruling, replay
from underdog.fronts.gateway.tasks.likeness import Likeness, Nearness
from underdog.models.transformers.embeddings import embed

PIECE = 240.0
"""Seconds after which the long replay stops, to go on when it is typed again."""

STRANGE = 250
"""Texts that are held against a gate."""

POOL = "[linear(), frozen()]"

CALLS = 10_000

TIMES = 5
"""Replays of OVERRULING, which takes some seconds."""


def of_overruling() -> list[str]:
    """OVERRULING, by the openai SDK, several times: audits are drawn at random."""
    log = overruling()
    found = [replay(log, len(log.texts)) for _ in range(TIMES)]
    asked = "≥ 60 % local, agreement ≥ .95, accuracy within .005"
    what = f"{log.name}, {len(log.texts):,} requests by the openai SDK, {TIMES} times"
    near = sum(one.accuracy >= one.large - 0.005 for one in found)
    reached = (
        f"{_spread([one.local for one in found], '.1%')} local; agreement "
        f"{_spread([one.agreement for one in found], '.3f')}; accuracy "
        f"{_spread([one.accuracy for one in found], '.3f')}, within .005 of the large model's "
        f"{found[0].large:.3f} in {near} of {TIMES}"
    )
    return [what, "from cold, `--mode serve`", asked, reached]


def _spread(values: list[float], how: str) -> str:
    """The mean, the least and the most of ``values``, written as the format ``how`` says."""
    mean, least, most = (format(v, how) for v in (fmean(values), min(values), max(values)))
    return f"{mean} ({least} to {most})"


def of_hate_speech(student: str = POOL) -> list[str]:
    """hate_speech18, in pieces, with small models of this recipe."""
    log = hate_speech()
    found = in_pieces(log, PIECE, "--student", student)
    if found is None:
        sys.exit("not finished; its progress is kept\n  hint: type the same command again")
    return [
        f"{log.name}, {len(log.texts):,} requests",
        f"from cold, `--mode serve --student '{student}'`",
        "≤ 45 % passed on, agreement ≥ .95" if student == POOL else "",
        _said(found),
    ]


def _said(found: Replayed) -> str:
    return (
        f"{found.local:.1%} local, {1 - found.local:.1%} passed on; "
        f"agreement {found.agreement:.3f}; accuracy {found.accuracy:.3f}, "
        f"the large model's {found.large:.3f}; recall of the rare label {found.recall:.3f}, "
        f"its {found.large_recall:.3f}"
    )


def learned_from_a_log() -> list[str]:
    """How soon a task is served after its first request, where requests come fast."""
    log = hate_speech()
    replies = dict(zip(log.texts, log.large, strict=True))
    asked = [_request(log, text) for text in log.texts]
    with recorded(replies) as upstream, gateway(upstream, "--mode", "serve") as door:
        began = time.perf_counter()
        failures = measure(door.port, asked[: CALLS - 500], 32).failures
        heard, at = time.perf_counter() - began, CALLS - 500
        while not (tasks := door.tasks()) or tasks[0]["state"] != "serving":
            failures += measure(door.port, asked[at : at + 20], 4).failures
            at = at + 20 if at + 40 < len(asked) else CALLS - 500
            time.sleep(0.2)
        seconds = time.perf_counter() - began
        fitted = sum(task["labels_heard"] for task in tasks)
    return [
        f"{CALLS:,} recorded calls of hate_speech18",
        "found, small model trained, certified, compared, serving",
        "≤ 60 s",
        f"{seconds:.0f} s, of which {heard:.0f} s to send them; {fitted:,} replies heard, "
        f"{failures} failures",
    ]


def _request(log: Log, text: str) -> bytes:
    messages = [{"role": "system", "content": log.instruction}, {"role": "user", "content": text}]
    body = {"model": "gpt-4-0613", "temperature": 0, "messages": messages}
    return request("/v1/chat/completions", body)


def strange() -> list[list[str]]:
    """Which texts the gate takes for strange: those of another task, and those of its own."""
    logs = (overruling(), hate_speech())
    return [
        _strange(own, other, how)
        for how in ("words", "sentence vectors, as with frozen()")
        for own, other in (logs, logs[::-1])
    ]


def _strange(own: Log, other: Log, how: str) -> list[str]:
    half = len(own.texts) // 2
    learned = own.texts[:half]
    index = Likeness.of(learned) if how == "words" else Nearness.of(learned, "minilm")
    if isinstance(index, Nearness):  # many at once are read sooner, and looked up below
        embed([*own.texts[half : half + STRANGE], *other.texts[:STRANGE]])
    shares = [
        sum(index.strange(text) for text in texts[:STRANGE]) / STRANGE
        for texts in (own.texts[half:], other.texts)
    ]
    name, far = own.name.partition(",")[0], other.name.partition(",")[0]
    reached = f"{shares[0]:.1%} of its own held-out texts, {shares[1]:.1%} of those of {far}"
    what = f"gate for strange texts, learned on {name}, by {how}"
    return [what, f"{STRANGE} texts each", "about 1 % of its own", reached]


def confidence_is_not_enough() -> list[str]:
    """How many texts of another task a small model is sure of, without the gate and with it."""
    own, other = overruling(), hate_speech()
    model = ud.build("linear()").fit(ud.Dataset.of(own.texts, own.large), 0)
    sure = model.answer(other.texts[:1000]).confidence >= 0.9
    index = Likeness.of(own.texts)
    left = sum(bool(s) and not index.strange(t) for s, t in zip(sure, other.texts, strict=False))
    what = "`linear()` learned OVERRULING and reads hate_speech18"
    reached = f"{sure.mean():.1%} by confidence, {left / 1000:.1%} behind the gate"
    return [what, "share answered at a confidence of .9", "0", reached]
