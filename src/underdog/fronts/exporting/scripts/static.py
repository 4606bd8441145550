"""Two layers on the token vectors of a text and on filters; needs numpy and tokenizers."""

import json
from itertools import groupby
from pathlib import Path
from zlib import crc32

import numpy as np
from tokenizers import Tokenizer

HERE = Path(__file__).parent
TOLD = json.loads((HERE / "told.json").read_text("utf-8"))
TABLE = np.load(HERE / "table.npy").astype(np.float32)
FILTERS, LAYERS = np.load(HERE / "filters.npy"), np.load(HERE / "layers.npz")
TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
TOKENIZER.no_truncation()
TOKENIZER.no_padding()


def grams(word: str) -> list[int]:
    """The rows of the character n-grams of a word."""
    word = f" {word.lower()} "
    found = [word[i : i + n] for n in (3, 4, 5) for i in range(len(word) - n + 1)][:64]
    return [TOLD["grams"] + crc32(gram.encode()) % TOLD["buckets"] for gram in found]


def rows(text: str) -> list[int]:
    """The row of the table for each token; where told so, n-grams stand for unknown words."""
    read = TOKENIZER.encode(text, add_special_tokens=False)
    if not TOLD["grams"]:
        return read.ids
    found = []
    for _, same in groupby(range(len(read.ids)), lambda i: read.word_ids[i]):
        part = list(same)
        word = text[read.offsets[part[0]][0] : read.offsets[part[-1]][1]]
        found += grams(word) if len(part) > 1 else [read.ids[part[0]]]
    return found


def seen(text: str) -> np.ndarray:
    """The mean of the token vectors, and the greatest response of each filter."""
    vectors = TABLE[rows(text)]
    n, nothing = len(vectors), np.zeros_like(TABLE[:1])
    around = np.concatenate([nothing, vectors, nothing])
    heard = sum(around[i : i + n] @ FILTERS[i] for i in range(3)) + LAYERS["filters_bias"]
    return np.concatenate([vectors.sum(axis=0) / max(n, 1), heard.max(axis=0, initial=0)])


def probabilities(text: str) -> np.ndarray:
    """The probability of each label."""
    text = text.encode("utf-8", "replace").decode()
    parts = [seen(t) for t in ([*text.split("\t", 1), ""][:2] if TOLD["pairs"] else [text])]
    u, v = parts[0], parts[-1]
    inputs = np.concatenate([u, v, abs(u - v), u * v]) if TOLD["pairs"] else u
    hidden = np.maximum(inputs @ LAYERS["inner"] + LAYERS["inner_bias"], 0)
    margins = (hidden @ LAYERS["outer"] + LAYERS["outer_bias"]).astype(np.float64)
    powers = np.exp(margins - margins.max())
    return powers / powers.sum()
