"""Answer texts: ``python answer.py 'a text' …``, or a text a line on standard input.

Needs numpy, onnxruntime and tokenizers. A line of output is the label, a tab, its probability.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

HERE = Path(__file__).parent
TOLD = json.loads((HERE / "told.json").read_text("utf-8"))
WEIGHTS, BIAS = np.load(HERE / "weights.npy"), np.load(HERE / "bias.npy")
GRAPH = onnxruntime.InferenceSession(HERE / "model.onnx", providers=["CPUExecutionProvider"])
TOKENIZER = Tokenizer.from_file(str(HERE / "tokenizer.json"))
TOKENIZER.no_truncation()
TOKENIZER.no_padding()
ROOM = TOLD["length"] - TOKENIZER.num_special_tokens_to_add(False)


def windows(text: str) -> list:
    """The tokens of the text; of a long one, in several windows."""
    whole = TOKENIZER.encode(text)
    if len(whole.ids) <= TOLD["length"]:
        return [whole]
    bare = TOKENIZER.encode(text, add_special_tokens=False)
    bare.truncate(ROOM)
    return [TOKENIZER.post_process(part) for part in (bare, *bare.overflowing)]


def probabilities(text: str) -> np.ndarray:
    """The probability of each label."""
    total, tokens = 0.0, 0
    for window in windows(text.encode("utf-8", "replace").decode()):
        ids = np.array([window.ids or [TOLD["pad"]]], np.int64)
        fields = {"ids": ids, "mask": np.ones_like(ids), "sides": np.zeros_like(ids)}
        fields["types"] = np.array([window.type_ids or [0]], np.int64)
        total = total + GRAPH.run(None, {name: fields[name] for name in TOLD["inputs"]})[0][0, 0]
        tokens += ids.shape[1]
    logits = (total / tokens).astype(np.float64) @ WEIGHTS + BIAS
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


for line in sys.argv[1:] or sys.stdin:
    p = probabilities(line.rstrip("\n"))
    known = p.max() >= TOLD["threshold"]
    print(f"{TOLD['labels'][p.argmax()] if known else 'deferred'}\t{p.max():.6f}")
