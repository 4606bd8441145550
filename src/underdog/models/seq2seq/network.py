"""The network that writes labels, as torch trains it."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from ...core.errors import UnderdogError
from ...runtime.extras import require
from ..features.windows import Ints, Vectors, WindowReader
from ..transformers.configuration import checked, parsed
from ..transformers.pretrained import fetched, reader_of
from .trie import Trie

KINDS = ("t5", "mt5", "umt5", "longt5")
"""What transformers calls the networks that can be read here.

They know how far apart two tokens are and not where, so several labels may be written side by
side in one row, and a text that was read in windows may be looked at whole.
"""

WINDOWS = 64
"""Windows that are read at once for an answer."""


class Writer(torch.nn.Module):
    """An encoder, a decoder that looks at all windows of a text, and the forks of a `Trie`.

    The score of a token is the product of the decoder's vector and of the token's, a row of
    ``head``; ``rows`` says which one for each choice of the trie.

    ``forward`` takes windows as `Windows.padded` gives them and the place of each one's text,
    those of one text together; it gives log probabilities of the labels, ``[texts, labels]``.
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
    def of(cls, body: Any, trie: Trie) -> Writer:
        """A writer to be trained: ``body`` is a model of transformers that writes."""
        return cls(body, trie, body.lm_head.weight, trie.token, _scale(body))

    @property
    def decision(self) -> Vectors:
        """The vectors of the tokens that are chosen from, ``[choices, width]``."""
        found: Vectors = (self.head[self.rows] * self.scale).detach().cpu().numpy()
        return found

    def forward(self, ids: Any, mask: Any, types: Any, sides: Any, owner: Any) -> torch.Tensor:
        """``types`` and ``sides`` are not looked at: a marker tells these networks the sides."""
        return self.weighed(*gathered(self.read(ids, mask), mask, owner))

    def read(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The vectors of the tokens, ``[windows, tokens, width]``."""
        read: torch.Tensor = self.body.get_encoder()(ids, mask).last_hidden_state
        return read

    def weighed(self, memory: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """Log probabilities of the labels of texts whose tokens' vectors are ``memory``."""
        rows = len(memory)
        unseen = torch.finfo(memory.dtype).min * (~self.sees).to(memory.dtype)
        written = self.body.get_decoder()(
            input_ids=self.tokens.expand(rows, -1),
            attention_mask=unseen.expand(rows, 1, -1, -1),
            encoder_hidden_states=memory,
            encoder_attention_mask=known,
            use_cache=False,
        ).last_hidden_state
        at = written[:, self.where[self.fork]].float()
        scores = (at * self.head[self.rows]).sum(dim=2) * self.scale
        chosen = scores - self._total(scores)[:, self.fork]
        with torch.autocast(chosen.device.type, enabled=False):  # 16 bits are too few to add up
            said: torch.Tensor = chosen @ self.takes.T
        return said

    def _total(self, scores: torch.Tensor) -> torch.Tensor:
        """The logarithm of the summed exponentials of the scores at each fork."""
        fork = self.fork
        empty = scores.new_full((len(scores), len(self.where)), -torch.inf)
        top = empty.scatter_reduce(1, fork.expand_as(scores), scores.detach(), "amax")
        powers = (scores - top[:, fork]).exp()
        return torch.zeros_like(top).index_add(1, fork, powers).log() + top


def gathered(
    read: torch.Tensor, mask: torch.Tensor, owner: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The vectors of each text's tokens, window after window, and the mask of what is there.

    Every window was read by itself, and the decoder sees them all: fusion in the decoder (Izacard
    & Grave, EACL 2021).
    """
    real = mask.bool()
    text = owner[:, None].expand_as(real)[real]
    counts = torch.bincount(text)
    place = torch.arange(len(text), device=text.device) - (counts.cumsum(0) - counts)[text]
    memory = read.new_zeros(len(counts), int(counts.max()), read.shape[2])
    memory[text, place] = read[real]
    known = torch.arange(memory.shape[1], device=text.device) < counts[:, None]
    return memory, known.long()


def answered(writer: Writer, *padded: torch.Tensor) -> torch.Tensor:
    """`Writer.forward` for an answer, however many windows a text has."""
    ids, mask, _, _, owner = padded
    with torch.inference_mode():
        parts = [slice(i, i + WINDOWS) for i in range(0, len(ids), WINDOWS)]
        read = torch.cat([writer.read(ids[part], mask[part]) for part in parts])
        return writer.weighed(*gathered(read, mask, owner))


def pretrained(name: str, length: int) -> tuple[Any, WindowReader]:
    """The network called ``name``, a folder or a name on the hub, and the reader of its texts."""
    hint = (
        "name the folder of one, as in seq2seq('models/t5-small'); or, with no download at all: "
        "encoder('minilm')"
    )
    config, body, tokenizer = fetched(name, partial(_kind, name), f"no model {name!r}", hint)
    return body, reader_of(tokenizer, config, length, name)


def _kind(name: str, transformers: Any, config: Any) -> Any:
    if config.model_type not in KINDS:
        raise UnderdogError(
            f"{name!r} is of the kind {config.model_type}, which is not read here",
            f"a model of one of these kinds: {', '.join(KINDS)}; or encoder({name!r})",
        )
    return transformers.AutoModelForSeq2SeqLM


def rebuilt(config: str, arrays: dict[str, Vectors]) -> Any:
    """The encoder and decoder that a configuration (JSON) describes, with the given weights."""
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
    """What `rebuilt` needs of a model that writes: all but what its tokens are scored by."""
    named = body.named_parameters()
    return {k: p.detach().numpy() for k, p in named if not k.startswith("lm_head.")}


def markers(config: Any) -> tuple[int, int]:
    """The tokens that begin and end what is written."""
    start = getattr(config, "decoder_start_token_id", None)
    return (config.pad_token_id or 0) if start is None else start, config.eos_token_id


def _scale(body: Any) -> float:
    """What the decoder's vectors are multiplied by before they meet those of the tokens.

    It differs between the kinds, and between versions of transformers, so it is measured.
    """
    seen: list[torch.Tensor] = []
    hooks = (
        body.get_decoder().register_forward_hook(lambda *a: seen.append(a[2].last_hidden_state)),
        body.lm_head.register_forward_pre_hook(lambda *a: seen.append(a[1][0])),
    )
    start, end = (torch.tensor([[token]]) for token in markers(body.config))
    with torch.inference_mode():
        body(input_ids=end, decoder_input_ids=start)
    for hook in hooks:
        hook.remove()
    return float(seen[1].norm() / seen[0].norm())
