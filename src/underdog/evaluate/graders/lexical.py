"""Grades by shared words and letters: ROUGE, BLEU, chrF, overlap; and the length alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.graders import best
from ...runtime.extras import require
from ...runtime.registry import register
from ...runtime.schema import Number
from .reading import source, words

VARIANTS = ("1", "2", "L", "Lsum")
USUAL = 100
"""Words of an output whose length is graded 0.5."""


@register("rouge")
@dataclass(frozen=True)
class Rouge:
    """ROUGE F1 with the best reference, by rouge-score (Lin, 2004).

    ``variant`` is 1 or 2 (shared words, shared pairs of words), L (the longest common subsequence)
    or Lsum. Words of any script are read; English ones as rouge-score reads them. ``stem`` cuts
    English words down to their stems.
    """

    variant: str = "L"
    stem: bool = False
    needs: ClassVar[tuple[str, ...]] = ("reference",)

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise UnderdogError(
                f"there is no ROUGE-{self.variant}", f"one of {', '.join(VARIANTS)}: rouge('L')"
            )

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return f"ROUGE-{self.variant}"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where no reference is known."""
        name, scorer = f"rouge{self.variant}", _rouge(self.variant, self.stem)

        def score(said: str, right: str) -> float:
            return float(scorer.score(right, said)[name].fmeasure)

        return best(values, data, score)


@register("bleu")
@dataclass(frozen=True)
class Bleu:
    """BLEU of each output with all of its references, by sacrebleu (Post, WMT 2018).

    Of outputs shorter than four words, shorter n-grams count. ``tokenize`` is sacrebleu's way to
    cut words: 13a, intl, zh, ja-mecab, char.
    """

    tokenize: str = "13a"
    says: ClassVar[str] = "BLEU"
    needs: ClassVar[tuple[str, ...]] = ("reference",)

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where no reference is known."""
        metrics = require("sacrebleu.metrics", "judge")
        try:
            metric = metrics.BLEU(tokenize=self.tokenize, effective_order=True)
        except (LookupError, ValueError, RuntimeError, ImportError) as error:
            raise UnderdogError(
                f"sacrebleu has no tokenizer {self.tokenize!r}", "use one that it has: bleu('13a')"
            ) from error
        return _by_sacrebleu(metric, values, data)


@register("chrf")
@dataclass(frozen=True)
class ChrF:
    """chrF: the F-score of shared character n-grams, by sacrebleu (Popović, WMT 2015).

    ``words`` is the largest n of word n-grams that count too: 2 is chrF++.
    """

    words: int = 0
    needs: ClassVar[tuple[str, ...]] = ("reference",)

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return "chrF" + "+" * self.words

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where no reference is known."""
        metric = require("sacrebleu.metrics", "judge").CHRF(word_order=self.words)
        return _by_sacrebleu(metric, values, data)


@register("overlap", holds={"grams": Number(1, 100)})
@dataclass(frozen=True)
class Overlap:
    """The share of an output's words that its source has too: a baseline, and a good one.

    With ``against="reference"``, those that its best reference has. With ``grams=3`` runs of three
    words count in place of words: how much of an output is copied.
    """

    against: str = "source"
    grams: int = 1
    says: ClassVar[str] = "lexical overlap"
    by_sentence: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.against not in ("source", "reference"):
            raise UnderdogError(
                f"no overlap with {self.against!r}", "overlap('source') or overlap('reference')"
            )

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        return (self.against,)

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; NaN where there is no source, or no reference."""
        if self.against == "reference":
            return best(values, data, self._shared)
        found = [
            self._shared(value, source(text)) if source(text).strip() else np.nan
            for text, value in zip(texts, values, strict=True)
        ]
        return np.array(found, np.float64)

    def _shared(self, said: str, right: str) -> float:
        return shared(said, right, self.grams)


@register("word_count")
@dataclass(frozen=True)
class WordCount:
    """How long an output is: n words are graded n / (n + 100). The baseline to beat."""

    says: ClassVar[str] = "length"
    needs: ClassVar[tuple[str, ...]] = ()

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``."""
        counts = np.array([len(words(value)) for value in values], np.float64)
        return counts / (counts + USUAL)


def shared(said: str, right: str, grams: int = 1) -> float:
    """The share of the words of ``said`` that ``right`` has too, each as often; 0 without words.

    Of runs of ``grams`` words, or of the whole where ``said`` is shorter.

    >>> shared("the cat sat", "The cat!"), shared("the cat sat", "The cat!", 2)
    (0.6666666666666666, 0.5)
    """
    said_words, right_words = words(said), words(right)
    size = max(1, min(grams, len(said_words)))
    mine, theirs = (
        Counter(zip(*(some[k:] for k in range(size)), strict=False))
        for some in (said_words, right_words)
    )
    return (mine & theirs).total() / max(1, mine.total())


def _by_sacrebleu(metric: Any, values: Sequence[str], data: Dataset) -> Floats:
    scores = [
        metric.sentence_score(value, list(right)).score / 100.0 if right else np.nan
        for value, right in zip(values, data.right, strict=True)
    ]
    return np.minimum(np.array(scores, np.float64), 1.0)


class _Words:
    """Words for rouge-score: its own reading of English, and that of `reading.words` elsewhere."""

    def __init__(self, usual: Any) -> None:
        self._usual = usual
        self.tokenize = lru_cache(1024)(self._tokens)

    def _tokens(self, text: str) -> list[str]:
        if all(sign.isascii() for sign in text if sign.isalnum()):
            found: list[str] = self._usual.tokenize(text)
            return found
        return words(text)


@lru_cache
def _rouge(variant: str, stem: bool) -> Any:
    scoring = require("rouge_score.rouge_scorer", "judge")
    tokenizers = require("rouge_score.tokenizers", "judge")
    usual = tokenizers.DefaultTokenizer(stem)
    return scoring.RougeScorer([f"rouge{variant}"], use_stemmer=stem, tokenizer=_Words(usual))
