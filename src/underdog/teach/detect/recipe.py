"""The recipe of a detector: readers and trees, stacked on held-out texts; what it guarantees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.language import LanguageModel, require_language_models
from ...core.protocols import Learner, Model, pinned
from ...core.task import require_kind
from ...models.linear.recipe import Linear
from ...runtime.registry import register
from ...runtime.schema import Number
from .alarm import FalseAlarms, alarm_label, few_false_alarms
from .model import DetectorModel
from .seen import KINDS, Seen
from .stack import Rows, labelled, stacked
from .told import facts

RATE = 0.01
"""The rate of false alarms that a detector of machine-written text guarantees unless told."""

HELD_OUT = 0.3
"""The share of the texts that a guarantee rests on."""


TIE = 1e-6
"""How far above the threshold a score must be, so that rounding makes no alarm."""


@register("detector", sample="detector('machine')", holds={"false_alarms": Number(0, 0.5)})
@dataclass(frozen=True)
class Detector:
    """Says of an answer whether its source supports it, or of a text whether a machine wrote it.

    ``kind`` 'grounded' reads pairs (source, answer), whose labels say whether the answer is made
    up: shares of words, numbers and names that the source has, and, with an ``encoder`` such as
    'minilm' or an ``nli`` model, sentence vectors and entailment; the fitted model judges single
    sentences too. 'answer' reads pairs (question, answer) where there is no source: the style of
    both, and what they share. 'machine' reads single texts: style and, of language ``models``, the
    likelihoods, ranks and curvature, and the perplexity ratio of each two. Boosted trees weigh
    these beside the ``learners``, which read the words; all weights, with their signs, are fitted
    on held-out texts.

    ``alarm`` is the label that stands for an alarm (guessed by its name, else the rarer one). At
    most a share ``false_alarms`` of the other texts raise one, guaranteed on held-out texts (0:
    the likelier label is the answer); by default 0.01 for 'machine' and 0 for 'grounded'. With
    the column ``domain`` it also says how it does on domains that it did not learn from.
    """

    kind: str = "grounded"
    learners: tuple[Learner, ...] = (Linear(),)
    models: tuple[LanguageModel, ...] = ()
    encoder: str = ""
    nli: Model | None = None
    domain: str = ""
    alarm: str = ""
    false_alarms: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnderdogError(
                f"there is no detector {self.kind!r}",
                "detector('grounded'), detector('answer') or detector('machine')",
            )
        for name in ("learners", "models"):
            given: Any = getattr(self, name)
            if not isinstance(given, tuple):
                several = tuple(given) if isinstance(given, list) else (given,)
                object.__setattr__(self, name, several)
        require_language_models(*self.models)

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `DetectorModel`.

        Raises `UnderdogError` unless the labels are two, for texts of the wrong kind (single or
        pairs), and where the column ``domain`` is missing.
        """
        data = dataset(data)
        require_kind(data.task, "detector", "label")
        data = labelled(data)
        counts = np.bincount(data.targets, minlength=len(data.task.labels)).tolist()
        alarm = alarm_label(data.task.labels, counts, self.alarm)
        seen = Seen(self.kind, tuple(pinned(m) for m in self.models), self.encoder, self.nli)
        rows = Rows(data, seen.rows(data.texts)[0], data.task.labels.index(alarm))
        domains = self._domains(data)
        rate = self.false_alarms
        if rate is None:
            rate = RATE if self.kind == "machine" else 0.0
        learn, check = rows.divided(HELD_OUT if rate else 0.0, seed)
        made = stacked(self.learners, learn, seed)
        kept: FalseAlarms | None = None
        model = DetectorModel(
            data.task.labels, alarm, made.readers, made.trees, seen, made.weights, made.bias, 0.0
        )
        scores: Floats = made.held_out
        if rate:
            scores = made.scores(check)
            kept = few_false_alarms(scores[~check.mine], rate)
            model = replace(model, alarm_at=float(np.clip(kept.threshold + TIE, -1e6, 1e6)))
        else:
            check = learn
        others = {
            name: (apart.scores(there), there.mine)
            for name, there, apart in rows.apart(domains, self.learners, seed)
        }
        told = facts(alarm, check, scores, kept, others, made)
        return replace(model, facts=told)

    def _domains(self, data: Dataset) -> tuple[str, ...] | None:
        if not self.domain:
            return None
        if self.domain not in data.columns:
            raise UnderdogError(
                f"there is no column {self.domain!r} with domains",
                f"its columns: {', '.join(data.columns) or 'none beside text and label'}",
            )
        return tuple(str(cell) for cell in data.columns[self.domain])
