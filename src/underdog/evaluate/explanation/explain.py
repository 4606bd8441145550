"""`explain`: why a model answers as it does, measured, and what would change the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ...core import given
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.explaining import Explanation, Overviewer, Surrounded, explained
from ...core.explaining.deletion import occlusion, shapley
from ...core.given import Data
from ...core.protocols import Model
from ...runtime.progress import step
from .counterfactual import counterfactual
from .faithful import faithfulness
from .neighbours import neighbours
from .words import words_of

Sums = dict[str, dict[str, list[float]]]
"""By answer and name, what was added to the answer each time."""

METHODS: Mapping[str, Callable[[Model, Sequence[Text]], list[Explanation]]] = {
    "own": explained,
    "occlusion": occlusion,
    "shapley": shapley,
}
"""How words are weighed: as the model tells itself, or by deleting them."""


def explain(
    model: Model,
    texts: Sequence[Text],
    data: Data | None = None,
    *,
    method: str = "own",
    faithful: bool = True,
    edits: bool = True,
) -> list[Explanation]:
    """Why ``model`` answers each of ``texts`` as it does.

    ``data``, a data set or what `underdog.read` reads, is what the model was trained on, or the
    like: the nearest examples come from there, and words for edits. ``method`` is "own" (the
    model's own explanation, or occlusion where it has none), "occlusion" or "shapley".
    ``faithful`` measures each explanation, ``edits`` looks for the fewest edits that change the
    answer; both ask the model again, up to a few hundred times a text. Raises `UnderdogError` for
    an unknown method, and for texts that the model cannot read.
    """
    if method not in METHODS:
        raise UnderdogError(f"no method {method!r}", f"one of: {', '.join(METHODS)}")
    asked = given.texts(texts)
    known = None if data is None else given.dataset(data)
    found = METHODS[method](model, asked)
    words = words_for(model, known) if edits else {}
    near = neighbours(asked, known) if known is not None else [[] for _ in asked]
    whole = []
    with step("explaining", len(found)) as advance:
        for one, examples in zip(found, near, strict=True):
            same = model.around(one.text) if isinstance(model, Surrounded) else model
            measured = faithfulness(same, one) if faithful else None
            edited = counterfactual(same, one, words) if edits else None
            notes = one.notes if one.tokens or one.reasons else ("there are no words in the text",)
            whole.append(
                replace(
                    one,
                    notes=notes,
                    faithfulness=measured,
                    neighbours=tuple(examples),
                    counterfactual=edited,
                )
            )
            advance(1)
    return whole


def words_for(model: Model, data: Dataset | None) -> dict[str, list[str]]:
    """Words that speak for each label: as the model tells, else as they occur in ``data``."""
    if isinstance(model, Overviewer):
        told = model.overview(40)
        return {k: [w for w, _ in v if w.isalpha()] for k, v in told.items()}
    if data is None:
        return {}
    return words_of(data.texts, data.labels, data.task.labels)


def overall(found: Sequence[Explanation], most: int = 10) -> dict[str, list[tuple[str, float]]]:
    """For each answer the words that speak most for it: the mean over the texts that have them.

    A word that occurs in one text only counts half.
    """
    sums: Sums = {}
    for one in found:
        mine = sums.setdefault(one.target, {})
        for token, value in zip(one.tokens, one.toward().tolist(), strict=True):
            mine.setdefault(token.text.casefold().strip(".,;:!?\"'()"), []).append(value)
    return _strongest(sums, most)


def columns(found: Sequence[Explanation], most: int = 10) -> dict[str, list[tuple[str, float]]]:
    """The same of what a model reads beside the words, such as columns.

    A value that is no number has a place of its own. Features of models whose words are not
    measured by deletion are left out: they are those words.
    """
    sums: Sums = {}
    for one in found:
        if one.scale != "probability":
            continue
        mine = sums.setdefault(one.target, {})
        for feature, value in zip(one.features, one.feature_toward().tolist(), strict=True):
            named = feature.value.replace(".", "", 1).isdigit() or not feature.value
            said = feature.name if named else f"{feature.name}: {feature.value}"
            mine.setdefault(said, []).append(value)
    return _strongest(sums, most)


def _strongest(sums: Sums, most: int) -> dict[str, list[tuple[str, float]]]:
    return {
        label: sorted(
            ((w, sum(v) / (len(v) + 1)) for w, v in words.items() if w and sum(v) > 0),
            key=lambda pair: (-pair[1], pair[0]),
        )[:most]
        for label, words in sums.items()
    }
