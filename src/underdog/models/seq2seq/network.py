"""The encoder-decoder that writes labels, as torch trains it."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from ...core.errors import UnderdogError
from ...runtime.extras import require
from ..features.windows import Ints, Vectors, WindowReader
from ..transformers.configuration import checked, parsed
from ..transformers.pretrained import fetch, window_reader
from .trie import Trie

SUPPORTED_TYPES = ("t5", "mt5", "umt5", "longt5")
"""Model types of transformers that are supported.

They use relative positions, so several labels can be decoded side by side in one sequence, and a
text that was read in windows can be attended to as a whole.
"""

WINDOWS_AT_ONCE = 64
"""Windows per encoder pass of an answer."""


class LabelWriter(torch.nn.Module):
    """An encoder, a decoder that attends to all windows of a text, and the forks of a `Trie`.

    The score of a token is the dot product of the decoder's vector and the token's row of ``head``;
    ``rows`` holds that row for each choice of the trie.

    ``forward`` takes the tensors of `Windows.padded`, ``[windows, tokens]``, and the index of each
    window's text, ``[windows]``; windows of one text are adjacent. It gives log probabilities of
    the labels, ``[texts, labels]``.
    """

    tokens: torch.Tensor
    sees: torch.Tensor
    where: torch.Tensor
    fork: torch.Tensor
    takes: torch.Tensor
    rows: torch.Tensor

    def __init__(
        self, body: Any, trie: Trie, head: torch.nn.Parameter, rows: Ints, scale: float = 1.0
    ) -> None:
        super().__init__()
        self.body, self.head, self.scale = body, head, scale
        self.register_buffer("rows", torch.from_numpy(rows), persistent=False)
        for name in ("tokens", "sees", "where", "fork", "takes"):
            part = torch.from_numpy(getattr(trie, name))
            self.register_buffer(name, part, persistent=False)

    @classmethod
    def of(cls, body: Any, trie: Trie) -> LabelWriter:
        """A network to be trained; ``body`` is an encoder-decoder of transformers."""
        return cls(body, trie, body.lm_head.weight, trie.token, _scale(body))

    @property
    def head_arrays(self) -> Vectors:
        """The output vectors of the tokens to choose from, ``[choices, width]``."""
        arrays: Vectors = (self.head[self.rows] * self.scale).detach().cpu().numpy()
        return arrays

    def forward(self, ids: Any, mask: Any, types: Any, sides: Any, owner: Any) -> torch.Tensor:
        """Log probabilities ``[texts, labels]``; ``types`` and ``sides`` are unused, as special
        tokens separate the sides.
        """
        return self.score_labels(*gather_windows(self.read(ids, mask), mask, owner))

    def read(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The encoder's token vectors, ``[windows, tokens, width]``."""
        read: torch.Tensor = self.body.get_encoder()(ids, mask).last_hidden_state
        return read

    def score_labels(self, memory: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log probabilities of the labels, ``[texts, labels]``.

        ``memory`` holds the token vectors of each text, ``[texts, tokens, width]``, and ``mask``
        which exist, ``[texts, tokens]``.
        """
        rows = len(memory)
        hidden = torch.finfo(memory.dtype).min * (~self.sees).to(memory.dtype)
        decoded = self.body.get_decoder()(
            input_ids=self.tokens.expand(rows, -1),
            attention_mask=hidden.expand(rows, 1, -1, -1),
            encoder_hidden_states=memory,
            encoder_attention_mask=mask,
            use_cache=False,
        ).last_hidden_state
        states = decoded[:, self.where[self.fork]].float()
        scores = (states * self.head[self.rows]).sum(dim=2) * self.scale
        chosen = scores - self._total(scores)[:, self.fork]
        with torch.autocast(chosen.device.type, enabled=False):  # sums need 32 bits
            log_probs: torch.Tensor = chosen @ self.takes.T
        return log_probs

    def _total(self, scores: torch.Tensor) -> torch.Tensor:
        """The log-sum-exp of the scores at each fork."""
        fork = self.fork
        empty = scores.new_full((len(scores), len(self.where)), -torch.inf)
        top = empty.scatter_reduce(1, fork.expand_as(scores), scores.detach(), "amax")
        powers = (scores - top[:, fork]).exp()
        return torch.zeros_like(top).index_add(1, fork, powers).log() + top


def gather_windows(
    read: torch.Tensor, mask: torch.Tensor, owner: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The token vectors of each text, window after window, ``[texts, tokens, width]``, and their
    mask.

    Each window was encoded separately, and the decoder attends to all of them: fusion in the
    decoder (Izacard & Grave, EACL 2021).
    """
    is_token = mask.bool()
    text = owner[:, None].expand_as(is_token)[is_token]
    counts = torch.bincount(text)
    place = torch.arange(len(text), device=text.device) - (counts.cumsum(0) - counts)[text]
    memory = read.new_zeros(len(counts), int(counts.max()), read.shape[2])
    memory[text, place] = read[is_token]
    exists = torch.arange(memory.shape[1], device=text.device) < counts[:, None]
    return memory, exists.long()


def label_scores(writer: LabelWriter, *padded: torch.Tensor) -> torch.Tensor:
    """Log probabilities ``[texts, labels]`` for an answer, for any number of windows per text."""
    ids, mask, _, _, owner = padded
    with torch.inference_mode():
        parts = [slice(i, i + WINDOWS_AT_ONCE) for i in range(0, len(ids), WINDOWS_AT_ONCE)]
        read = torch.cat([writer.read(ids[part], mask[part]) for part in parts])
        return writer.score_labels(*gather_windows(read, mask, owner))


def pretrained(name: str, length: int) -> tuple[Any, WindowReader]:
    """The network called ``name`` (a folder or a name on the hub) and the reader of its texts.

    Raises `UnderdogError` if there is no such model, or if its type is not supported.
    """
    hint = (
        "name the folder of one, as in seq2seq('models/t5-small'); or, with no download at all: "
        "encoder('minilm')"
    )
    config, body, tokenizer = fetch(name, partial(_model_class, name), f"no model {name!r}", hint)
    return body, window_reader(tokenizer, config, length, name)


def _model_class(name: str, transformers: Any, config: Any) -> Any:
    if config.model_type not in SUPPORTED_TYPES:
        raise UnderdogError(
            f"{name!r} is of the type {config.model_type}, which is not supported",
            f"choose one of these types: {', '.join(SUPPORTED_TYPES)}; or encoder({name!r})",
        )
    return transformers.AutoModelForSeq2SeqLM


def rebuild(config: str, arrays: dict[str, Vectors]) -> Any:
    """The encoder and decoder described by a configuration (JSON), with the given weights.

    Raises `UnderdogError` if the configuration cannot be read or does not fit the weights.
    """
    transformers = require("transformers", "torch")
    build = partial(transformers.AutoModel.from_config, trust_remote_code=False)
    read = checked(parsed(config), arrays, build)
    with torch.random.fork_rng(devices=[]):  # weights are drawn, only to be replaced
        body = build(read)
    own = dict(body.named_parameters())
    if own.keys() != arrays.keys():
        raise UnderdogError(
            "the saved weights are not those that this version of transformers asks for",
            "fit the model again: underdog fit …",
        )
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(torch.tensor(arrays[name]))
    return body.eval()


def weights(body: Any) -> dict[str, Vectors]:
    """The weights that `rebuild` needs, by name, such as ``[width, width]``: all but the output
    vectors.
    """
    named = body.named_parameters()
    return {k: p.detach().numpy() for k, p in named if not k.startswith("lm_head.")}


def start_and_end(config: Any) -> tuple[int, int]:
    """The token ids that begin and end a written label."""
    start = getattr(config, "decoder_start_token_id", None)
    return (config.pad_token_id or 0) if start is None else start, config.eos_token_id


def _scale(body: Any) -> float:
    """The factor of the decoder's vectors before they meet the output vectors.

    It differs between model types and versions of transformers, so it is measured.
    """
    observed: list[torch.Tensor] = []
    hooks = (
        body.get_decoder().register_forward_hook(
            lambda *a: observed.append(a[2].last_hidden_state)
        ),
        body.lm_head.register_forward_pre_hook(lambda *a: observed.append(a[1][0])),
    )
    start, end = (torch.tensor([[token]]) for token in start_and_end(body.config))
    with torch.inference_mode():
        body(input_ids=end, decoder_input_ids=start)
    for hook in hooks:
        hook.remove()
    return float(observed[1].norm() / observed[0].norm())
