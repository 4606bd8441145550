"""A head on the mean token vector of an encoder; needs numpy, onnxruntime and tokenizers."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

HERE = Path(__file__).parent
TOLD = json.loads((HERE / "told.json").read_text("utf-8"))
WEIGHTS, BIAS = np.load(HERE / "weights.npy"), np.load(HERE / "bias.npy")
GRAPH = onnxruntime.InferenceSession(HERE / "model.onnx", providers=["CPUExecutionProvider"])
TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
TOKENIZER.no_truncation()
TOKENIZER.no_padding()


def chunks(tokens: Encoding, room: int) -> list:
    """The tokens of one text in consecutive parts."""
    tokens.truncate(max(1, room))
    return [tokens, *tokens.overflowing]


def windows(*texts: str) -> list:
    """The tokens of a text, or of two side by side; of long ones, in several windows."""
    whole = TOKENIZER.encode(*texts)
    if len(whole.ids) <= TOLD["length"]:
        return [whole]
    one, *other = (TOKENIZER.encode(text, add_special_tokens=False) for text in texts)
    room = TOLD["length"] - TOKENIZER.num_special_tokens_to_add(bool(other))
    if not other:
        return [TOKENIZER.post_process(part) for part in chunks(one, room)]
    sizes = len(one.ids), len(other[0].ids)
    short = min(sizes)
    rooms = [room // 2 if short > room // 2 else n if n == short else room - short for n in sizes]
    seconds = chunks(other[0], rooms[1])
    return [TOKENIZER.post_process(a, b) for a in chunks(one, rooms[0]) for b in seconds]


def means(some: list) -> np.ndarray:
    """The mean vector of the tokens of both texts over some windows, [2, width]."""
    total, tokens = 0.0, np.zeros(2)
    for window in some:
        ids = np.array([window.ids or [TOLD["pad"]]], np.int64)
        side = np.maximum.accumulate([int(s or 0) for s in window.sequence_ids] or [0])
        fields = {"ids": ids, "mask": np.ones_like(ids), "sides": side[None].astype(np.int64)}
        fields["types"] = np.array([window.type_ids or [0]], np.int64)
        sums = GRAPH.run(None, {name: fields[name] for name in TOLD["inputs"]})[0][0]
        total = total + sums.astype(np.float64)
        tokens += len(side) - side.sum(), side.sum()
    return total / np.maximum(tokens, 1)[:, None]


def probabilities(text: str) -> np.ndarray:
    """The probability of each label."""
    text = text.encode("utf-8", "replace").decode()
    texts = [*text.split("\t", 1), ""][:2] if TOLD["pairs"] else [text]
    if TOLD["frozen"]:  # each text by itself, its first window, scaled to length 1
        vectors = [means(windows(one)[:1])[0] for one in texts]
        vectors = [vector / np.linalg.norm(vector) for vector in vectors]
    else:
        vectors = means(windows(*texts))
    u, v = vectors[0], vectors[-1]
    seen = np.concatenate([u, v, abs(u - v), u * v]) if TOLD["pairs"] else u
    margins = seen @ WEIGHTS + BIAS
    powers = np.exp(margins - margins.max())
    return powers / powers.sum()
