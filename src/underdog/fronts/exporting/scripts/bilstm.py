"""A BiLSTM over the word vectors of a text; needs numpy and onnxruntime.

Where there is a tokenizer.json, it needs tokenizers as well.
"""

import json
import re
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).parent
TOLD = json.loads((HERE / "told.json").read_text("utf-8"))
TABLE = np.load(HERE / "table.npy").astype(np.float32)
GRAPH = onnxruntime.InferenceSession(HERE / "model.onnx", providers=["CPUExecutionProvider"])
if (HERE / "tokenizer.json").exists():
    from tokenizers import Tokenizer

    TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
    TOKENIZER.no_truncation()
else:
    WORDS = (HERE / "words.txt").read_bytes().decode("utf-8", "surrogatepass").split("\n")
    ROW = {word: i for i, word in enumerate(WORDS, 2)}


def rows(text: str) -> list[int]:
    """The row of the table for each word; 1 is an unknown word."""
    text = text[:200_000]
    if (HERE / "tokenizer.json").exists():
        return TOKENIZER.encode(text.encode("utf-8", "replace").decode()).ids or [0]
    return [ROW.get(w, 1) for w in re.findall(r"\w+|[^\w\s]", text.lower())] or [1]


def probabilities(text: str) -> np.ndarray:
    """The probability of each label."""
    sides = [rows(t) for t in ([*text.split("\t", 1), ""][:2] if TOLD["pairs"] else [text])]
    lengths = np.array([len(side) for side in sides], np.int32)
    padded = np.array([side + [0] * (lengths.max() - len(side)) for side in sides])
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.float32)
    logits = GRAPH.run(None, {"x": TABLE[padded], "mask": mask, "lengths": lengths})[0][0]
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()
