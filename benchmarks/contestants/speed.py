"""Answers per second of an encoder: 8 bits, 32 bits, and transformers.pipeline, in one run.

Run as ``OMP_NUM_THREADS=1 python -m benchmarks.contestants.speed``. All texts have 64 tokens. The
encoder is trained on the first tweets only, about two minutes, so that its labels are better than
chance. The agreement of 8 and 32 bits is measured on all test tweets.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import process_time
from typing import Any

import numpy as np
import torch
import transformers

from benchmarks.contestants import tasks
from benchmarks.data import table
from underdog.core.data import Text
from underdog.models.features.windows import WindowReader
from underdog.models.transformers.encoder import Encoder, EncoderModel, TorchBody
from underdog.models.transformers.onnx_encoder import (
    CALIBRATION_TEXTS,
    OnnxBody,
    agreement,
    export_encoder,
    quantize_body,
)

TOKENS = 64
LEARN, EPOCHS, ASKED, ROUNDS = 3000, 3, 128, 5


def long(texts: Sequence[Text], reader: WindowReader) -> list[Text]:
    """Texts of exactly `TOKENS` tokens, made by joining consecutive texts."""
    joined = [" ".join(map(str, texts[i : i + 12])) for i in range(0, len(texts), 12)]
    windows = reader.windows(joined)
    whole = np.flatnonzero(np.bincount(windows.owner) > 1)
    tokenizer: Any = reader._tokenizer
    firsts = [windows.windows[int(np.flatnonzero(windows.owner == i)[0])][0] for i in whole]
    texts = [tokenizer.decode(ids) for ids in firsts]
    return [t for t in texts if set(reader.windows([t]).lengths.tolist()) == {TOKENS}][:ASKED]


def pipeline(model: EncoderModel) -> Callable[[list[Text]], object]:
    """transformers.pipeline with a classifier of the same architecture and size."""
    assert isinstance(model.body, TorchBody)
    config = model.body.network.config
    config.num_labels = len(model.labels)
    network = transformers.AutoModelForSequenceClassification.from_config(config).eval()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=model.reader._tokenizer, pad_token="[PAD]", model_max_length=TOKENS
    )
    ask: Callable[[list[Text]], object] = transformers.pipeline(
        "text-classification", model=network, tokenizer=tokenizer
    )
    return ask


def rates(ways: dict[str, Callable[[list[Text]], object]], texts: list[Text]) -> dict[str, float]:
    """Texts per CPU second: the best of `ROUNDS` rounds, in which all systems take turns.

    On one thread of an idle machine that is texts per second.
    """
    best = dict.fromkeys(ways, 0.0)
    for _ in range(ROUNDS):
        for name, ask in ways.items():
            start = process_time()
            ask(texts)
            best[name] = max(best[name], len(texts) / (process_time() - start))
    return best


def main() -> None:
    """Print the table."""
    train, test = tasks.tweets()
    model = Encoder("minilm", epochs=EPOCHS, length=TOKENS).fit(train.take(range(LEARN)))
    assert isinstance(model, EncoderModel)
    full = export_encoder(model, train.texts[:CALIBRATION_TEXTS], int8=False)
    assert isinstance(full.body, OnnxBody)
    seen = model.reader.windows(train.texts[:CALIBRATION_TEXTS])
    small = replace(
        full, body=quantize_body(full.body, seen)
    )  # whether or not onnx() would keep it
    texts = long(test.texts, model.reader)
    ask = pipeline(model)
    results = rates(
        {
            "transformers.pipeline": ask,
            "transformers.pipeline, batch_size=32": lambda t: ask(t, batch_size=32),  # type: ignore[call-arg]
            "encoder, torch": model.answer,
            "encoder, ONNX, 32 bits": full.answer,
            "encoder, ONNX, 8 bits": small.answer,
        },
        texts,
    )
    slow = results["transformers.pipeline"]
    rows = [[name, f"{rate:.1f}", f"{rate / slow:.2f}"] for name, rate in results.items()]
    same = agreement(full, small, test.texts)
    kept = agreement(full, small, train.texts[:CALIBRATION_TEXTS])
    notes = (
        f"{len(texts)} texts of {TOKENS} tokens, {torch.get_num_threads()} thread(s), seconds of "
        f"processor work. In 8 bits {same:.2%} of the labels of {len(test):,} test tweets stay "
        f"as they are, and {kept:.2%} of those of the {CALIBRATION_TEXTS} training tweets by "
        "which onnx() decides whether to keep them. Targets: ≥ 4 × the pipeline and ≥ 99 %."
    )
    print(table("Encoder answers per second", ["", "texts/s", "× pipeline"], rows, notes))


if __name__ == "__main__":
    sys.exit(main())
