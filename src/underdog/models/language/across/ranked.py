"""What a teacher of another tokenizer says where both have read the same text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ....core.language import Ids, LanguageModel, Tokenizer, log_softmax
from ....runtime import progress
from .pieces import pieces_of


def ranked(teacher: LanguageModel, own: Tokenizer, rows: Ids, k: int) -> NDArray[np.float16]:
    """The ``k`` largest log-probabilities of the next token by ``teacher``, largest first, after
    each token of ``rows``, ``[rows, tokens]``, which ``own`` has cut: ``[rows, tokens, k]``.

    NaN after tokens that end where no token of the teacher ends. Which tokens they are is not
    told: the two vocabularies name them differently (Boizard et al., TMLR 2025).
    """
    ours, theirs = pieces_of(own), pieces_of(teacher.tokenizer)
    found = np.full((*rows.shape, k), np.nan, np.float16)
    with progress.step("asking the teacher", len(rows)) as advance:
        for row, ids in enumerate(rows.tolist()):
            for first, ends, text in _texts(ids, ours, own.end):
                cut = [teacher.tokenizer.end, *teacher.tokenizer.encode(text)]
                logits, _ = teacher.extend(np.array([cut], np.int64))
                best = -np.sort(-log_softmax(logits[0]), axis=-1)[:, :k]
                at = np.cumsum([0, *(len(theirs[i]) for i in cut[1:])])
                places = {int(place): best[i] for i, place in enumerate(at)}
                for i, end in enumerate(ends):
                    if end in places:
                        found[row, first + i, : len(places[end])] = places[end]
            advance(1)
    return found


def _texts(
    ids: list[int], pieces: Sequence[bytes], end: int
) -> Iterator[tuple[int, list[int], str]]:
    """Each text in ``ids``: where it begins, where in its bytes each token ends, and the text.

    The token before a text counts as its beginning; letters that are cut off are left out.
    """
    starts = [0, *(i for i, token in enumerate(ids) if token == end and i)]
    for first, last in zip(starts, [*starts[1:], len(ids)], strict=True):
        spelled = [pieces[i] for i in ids[first:last]]
        raw = b"".join(spelled)
        lead = next((i for i, byte in enumerate(raw) if byte & 0xC0 != 0x80), len(raw))
        ends = (np.cumsum([len(piece) for piece in spelled]) - lead).tolist()
        yield first, ends, raw[lead:].decode("utf-8", "ignore")
