"""llama.cpp in this process: one engine per file of weights, asked through its own server."""

from __future__ import annotations

import json
import os
import secrets
import urllib.request
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require
from .weights import damaged

TOP = 1000
"""Tokens whose log-probabilities are asked for at once: one more costs 5 µs."""

FORCED = 1e4
"""The bias that makes the sampler write a token; its log-probability is told without the bias."""


SHORT = 512
"""Tokens of a context for which there is memory wherever there is memory for the weights."""


@dataclass(frozen=True, eq=False)
class Engine:
    """A model that llama.cpp has loaded, with a context of ``context`` tokens."""

    name: str
    context: int
    server: Any
    key: str

    def tokens(self, text: str, *, special: bool = False) -> list[int]:
        """The token ids of ``text``; with ``special``, control words in it are control tokens."""
        asked = {"content": text, "add_special": False, "parse_special": special}
        return [int(i) for i in self._post("/tokenize", asked)["tokens"]]

    @cached_property
    def start(self) -> list[int]:
        """The token that the model wants before a text, if it wants one."""
        return [
            int(i) for i in self._post("/tokenize", {"content": "", "add_special": True})["tokens"]
        ]

    @cached_property
    def end(self) -> int:
        """The token that ends a text."""
        return self.tokens(str(self._properties["eos_token"]), special=True)[0]

    def templated(self, text: str) -> str:
        """``text`` as a user's turn in the model's chat template, ready for the reply."""
        body = {"messages": [{"role": "user", "content": text}]}
        return str(self._post("/apply-template", body)["prompt"])

    @cached_property
    def has_template(self) -> bool:
        """Whether the file brings a chat template of its own."""
        return bool(str(self._properties.get("chat_template") or "").strip())

    def complete(self, ids: Sequence[int], **options: Any) -> dict[str, Any]:
        """What llama.cpp writes after the tokens ``ids``: the body of its reply.

        Raises `UnderdogError` if the prompt does not fit the context.
        """
        body = {"prompt": list(ids), "cache_prompt": True, **options}
        return self._checked(self.server.handle_completions(body))

    def next_logprobs(self, ids: Sequence[int], wanted: Sequence[int]) -> list[float]:
        """The log-probability of each token of ``wanted`` as the one after ``ids``."""
        body = self.complete(ids, max_tokens=1, n_probs=TOP, temperature=0.0)
        step = body["choices"][0]["logprobs"]["content"][0]
        found = {int(t["id"]): float(t["logprob"]) for t in step["top_logprobs"]}
        return [found[i] if i in found else self._forced(ids, i) for i in wanted]

    @cached_property
    def _properties(self) -> dict[str, Any]:
        return self._post("/props", None)

    def _forced(self, ids: Sequence[int], token: int) -> float:
        bias = [[token, FORCED]]
        body = self.complete(ids, max_tokens=1, n_probs=1, temperature=0.0, logit_bias=bias)
        return float(body["choices"][0]["logprobs"]["content"][0]["logprob"])

    def _checked(self, body: dict[str, Any]) -> dict[str, Any]:
        if (error := body.get("error")) is None:
            return body
        if error.get("type") == "exceed_context_size_error":
            needed = int(error["n_prompt_tokens"])
            raise UnderdogError(
                f"a prompt of {needed:,} tokens does not fit the context of {self.context:,}",
                f"llama({self.name!r}, context={1 << needed.bit_length()}), or shorter texts",
            )
        raise UnderdogError(f"llama.cpp: {error.get('message')}", "see: underdog list llama")

    def _post(self, path: str, body: Any) -> dict[str, Any]:
        request = urllib.request.Request(
            self.server.listening_address + path,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=60) as reply:
            found: dict[str, Any] = json.load(reply)
            return found


@cache
def engine(name: str, path: Path, context: int, threads: int, lookup: bool) -> Engine:
    """The engine of the weights at ``path``, loaded on the first call in this process.

    ``lookup`` lets the runtime draft tokens from n-grams of the context itself. Raises
    `UnderdogError` if the file cannot be loaded.
    """
    library = require("xllamacpp", "llama")
    warn_if_busy(threads)
    params = library.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel = context, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity, params.warmup, params.ui = -1, False, False
    params.cache_ram_mib = 0
    key = secrets.token_hex(16)  # its port is open to all users of this machine
    params.api_keys = [key]
    if lookup:
        params.speculative.types = [
            library.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE
        ]
    try:
        return Engine(name, context, library.Server(params), key)
    except RuntimeError as error:
        raise _refusal(library, params, name) from error


def warn_if_busy(threads: int) -> None:
    """Say that several threads are slower than one where other programs compute."""
    if threads > 1 and os.getloadavg()[0] > (os.cpu_count() or 1) - threads + 1:
        warnings.warn(
            f"{threads} threads on a busy machine are slower than one: threads=1", stacklevel=3
        )


def _refusal(library: Any, params: Any, name: str) -> UnderdogError:
    """What to say where the engine cannot be loaded: the context is too large, or the weights are
    at fault, which do not load with a short one either.
    """
    context, params.n_ctx = params.n_ctx, SHORT
    try:
        library.Server(params)
    except RuntimeError:
        return damaged(name)
    return UnderdogError(
        f"there is not enough memory for {name!r} with a context of {context:,} tokens",
        f"a shorter context: llama({name!r}, context={max(SHORT, context // 8)})",
    )
