"""A recorded log through the door, by the openai SDK, from cold: who answered, and how well."""

from __future__ import annotations

import http.client
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import openai

import underdog as ud
from benchmarks.data import root
from benchmarks.gateway.processes import Program, gateway, recorded

PATIENCE = 10
"""Requests between two looks whether a small model is being trained."""


@dataclass(frozen=True)
class Log:
    """Texts, gold labels, and what the large model answered; ``labels`` are its words."""

    name: str
    instruction: str
    texts: Sequence[str]
    gold: Sequence[str]
    large: Sequence[str]

    @property
    def rarest(self) -> str:
        """The label with the fewest texts."""
        return min(set(self.gold), key=list(self.gold).count)


@dataclass(frozen=True)
class Replayed:
    """What came of a log: shares between 0 and 1, and ``seconds`` in all."""

    local: float
    agreement: float
    accuracy: float
    large: float
    recall: float
    large_recall: float
    seconds: float
    certificate: str


def overruling() -> Log:
    """The 2,160 sentences of OVERRULING, with GPT-4's answers, shuffled."""
    data = ud.read(root() / "optllm_overruling" / "overruling_12llms.csv", label="label").data
    large = ud.Recorded("gpt-4_answer").fit(data).answer(data.texts).values
    instruction = "Does the sentence overrule an earlier decision? Reply with yes or no only."
    return shuffled("OVERRULING, GPT-4", instruction, data, [value or "none" for value in large])


def hate_speech() -> Log:
    """The 10,703 posts of hate_speech18, with GPT-3.5's answers, shuffled."""
    path = root() / "hate_speech18_llm" / "hate_speech18_with_llm.csv"
    data = ud.read(path, split="").data
    codes = [str(c).strip().partition(".")[0] for c in data.columns["gpt35_turbo_1106"]]
    large = ["hate" if code == "1" else "noHate" for code in codes]
    instruction = "Is the post hateful? Reply with hate or noHate only."
    return shuffled("hate_speech18, GPT-3.5", instruction, data, large)


def shuffled(name: str, instruction: str, data: ud.Dataset, large: Sequence[str]) -> Log:
    """A log in random order; equal texts got the answer that the first of them got."""
    order = np.random.default_rng(0).permutation(len(data))
    texts, gold = [str(data.texts[i]) for i in order], [str(data.labels[i]) for i in order]
    first: dict[str, str] = {}
    said = [first.setdefault(text, large[i]) for text, i in zip(texts, order, strict=True)]
    return Log(name, instruction, texts, gold, said)


def replay(log: Log, limit: int, *options: str) -> Replayed:
    """Send the first ``limit`` texts of a log through a gateway in the mode serve, one by one."""
    replies = dict(zip(log.texts, log.large, strict=True))
    with recorded(replies) as upstream, gateway(upstream, "--mode", "serve", *options) as door:
        began = time.perf_counter()
        said, local = _sent(log, door, limit)
        seconds = time.perf_counter() - began
        certificates = [t["certificate"] for t in door.tasks()]
    return _replayed(log, said, local, seconds, certificates)


def _replayed(
    log: Log, said: list[str], local: list[bool], seconds: float, certificates: list[str]
) -> Replayed:
    """What came of the first requests of a log."""
    n, replies = len(said), dict(zip(log.texts, log.large, strict=True))
    gold, large, rare = log.gold[:n], [replies[t] for t in log.texts[:n]], log.rarest
    return Replayed(
        sum(local) / n,
        sum(a == b for a, b in zip(said, large, strict=True)) / n,
        sum(a == b for a, b in zip(said, gold, strict=True)) / n,
        sum(a == b for a, b in zip(large, gold, strict=True)) / n,
        _recall(said, gold, rare),
        _recall(large, gold, rare),
        seconds,
        certificates[0] if certificates else "",
    )


def in_pieces(log: Log, seconds: float, *options: str) -> Replayed | None:
    """All of a log, over plain HTTP, for ``seconds`` at a time; None while some of it is left.

    The gateway is ended after each piece, and goes on from its database in the next.
    """
    kind = crc32(" ".join(options).encode())
    folder = Path(tempfile.gettempdir()) / f"underdog-replay-{log.rarest}-{kind:08x}"
    folder.mkdir(exist_ok=True)
    progress = folder / "progress.json"
    said, local, spent = [], [], 0.0
    if progress.exists():
        said, local, spent = json.loads(progress.read_text("utf-8"))
    replies, began = dict(zip(log.texts, log.large, strict=True)), time.perf_counter()
    store = folder / "gateway.sqlite"
    serve = ("--mode", "serve", *options)
    with recorded(replies) as upstream, gateway(upstream, *serve, store=store) as door:
        with closing(http.client.HTTPConnection("127.0.0.1", door.port, timeout=60)) as connection:
            try:
                while len(said) < len(log.texts) and time.perf_counter() - began < seconds:
                    answer, own = _plain(connection, log.instruction, log.texts[len(said)])
                    said.append(answer)
                    local.append(own)
                    if len(said) % PATIENCE == 0:
                        _wait(door)
            finally:  # also where it was stopped: the gateway keeps what it learned
                spent += time.perf_counter() - began
                progress.write_text(json.dumps([said, local, spent]), "utf-8")
        certificates = [t["certificate"] for t in door.tasks()]
    print(f"{len(said):,} of {len(log.texts):,} requests, {sum(local):,} local", flush=True)
    if len(said) < len(log.texts):
        return None
    shutil.rmtree(folder)
    return _replayed(log, said, local, spent, certificates)


def _plain(connection: http.client.HTTPConnection, instruction: str, text: str) -> tuple[str, bool]:
    messages = [{"role": "system", "content": instruction}, {"role": "user", "content": text}]
    body = json.dumps({"model": "gpt-4-0613", "temperature": 0, "messages": messages})
    connection.request("POST", "/v1/chat/completions", body, {"authorization": "Bearer sk-1"})
    reply = connection.getresponse()
    by, data = reply.headers["x-underdog-answered-by"], json.loads(reply.read())
    return str(data["choices"][0]["message"]["content"]), by.startswith("local")


def _sent(log: Log, door: Program, limit: int) -> tuple[list[str], list[bool]]:
    said, local = [], []
    base = f"http://127.0.0.1:{door.port}/v1"
    with openai.OpenAI(base_url=base, api_key="sk-1", max_retries=0) as sdk:
        for text in log.texts[:limit]:
            messages: Any = [
                {"role": "system", "content": log.instruction},
                {"role": "user", "content": text},
            ]
            raw = sdk.chat.completions.with_raw_response.create(
                model="gpt-4-0613", temperature=0, messages=messages
            )
            said.append(str(raw.parse().choices[0].message.content))
            local.append(raw.headers["x-underdog-answered-by"].startswith("local"))
            if len(said) % PATIENCE == 0:
                _wait(door)
    return said, local


def _wait(door: Program) -> None:
    """Wait while a small model is trained: a real upstream takes long enough for that."""
    while any(task["fitting"] for task in door.tasks()):
        time.sleep(0.05)


def _recall(said: Sequence[str], gold: Sequence[str], label: str) -> float:
    mine = [a == label for a, b in zip(said, gold, strict=True) if b == label]
    return sum(mine) / len(mine) if mine else 0.0
