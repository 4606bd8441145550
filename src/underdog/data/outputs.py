"""Outputs that exist: which columns hold them, their references, sources, samples and ratings."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.data import Column, Dataset, Task, Text, normal
from ..core.errors import UnderdogError
from .guess import check, listed, plain_name, quoted
from .lists import elements
from .ratings import Ratings, read_ratings
from .read import sheet_of
from .sheet import Sheet, shown

ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "output": (
        ("output", "model_output", "system_output", "generated", "generation", "completion"),
        ("response", "answer", "summary", "prediction", "hypothesis", "candidate", "translation"),
    ),
    "reference": (
        ("reference", "references", "reference_answer", "reference_summary", "right_answer"),
        ("gold", "gold_answer", "gold_answers", "ground_truth", "expected", "ideal", "highlights"),
    ),
    "source": (
        ("source", "source_text", "document", "article", "passage", "context", "knowledge"),
        ("evidence", "text", "input_text", "report", "transcript"),
    ),
    "question": (
        ("question", "query", "user_query", "prompt", "instruction"),
        ("input", "request", "message"),
    ),
    "samples": (("samples", "other_answers", "sampled_answers", "generations", "drafts"), ()),
    "rating": (
        ("rating", "ratings", "human_rating", "human_score", "judgement", "judgment"),
        ("label", "quality", "correct", "is_correct", "hallucination", "grade", "stars", "score"),
    ),
    "logprobs": (("logprobs", "token_logprobs", "logprob", "output_logprob"), ()),
    "group": (("doc_id", "document_id", "source_id", "question_id"), ()),
}
"""What columns can be, and the names by which they are known: the surer ones first."""

ENDINGS = {
    "output": ("_output", "_response", "_answer", "_summary", "_completion"),
    "reference": ("_reference",),
    "rating": ("_rating",),
}
"""Endings that tell a role where no name does."""


@dataclass(frozen=True, eq=False)
class Outputs:
    """Outputs, row by row, and what is known of each.

    ``data`` has the sources as texts (or the questions, where there are no sources; a pair of
    question and source where there are both), the references as right answers, equal sources as
    groups, and every role as a column of its name beside the file's own columns. ``roles`` says
    which column has which role.
    """

    sheet: Sheet
    values: tuple[str, ...]
    data: Dataset
    ratings: Ratings | None
    roles: Mapping[str, str]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.values)


def read_outputs(
    source: Any, columns: Mapping[str, str] | None = None, good: str | None = None
) -> Outputs:
    """The outputs in ``source``: a path, a data frame, ``"hf:NAME"``, or a `Sheet`.

    ``columns`` names the column of a role (`ROLES`), "" says that there is none, and what is not
    named is guessed by its name. ``good`` is the least rating that is good, or the word that says
    so. Raises `UnderdogError` where no column can be told to hold the outputs, where a named one is
    missing, and where ratings cannot be read.
    """
    sheet = source if isinstance(source, Sheet) else sheet_of(source)
    roles, notes = _roles(sheet, columns or {})
    cells: dict[str, Column] = {role: sheet.columns[name] for role, name in roles.items()}
    values = tuple([shown(cell) for cell in cells["output"]])
    if not any(value.strip() for value in values):
        raise UnderdogError(
            f"all outputs in the column {roles['output']!r} of {sheet.name} are blank",
            "name the column that holds them: --output COLUMN",
        )
    ratings = None
    if "rating" in cells:
        ratings = read_ratings(cells["rating"], roles["rating"], good)
        notes += ratings.notes
        cells["rating"] = tuple([None if v != v else v for v in ratings.values.tolist()])
    elif good is not None:
        raise UnderdogError(
            f"--good {good} says which ratings are good, and {sheet.name} has none that are known",
            "name their column: --rating COLUMN",
        )
    return Outputs(sheet, values, _data(sheet, cells), ratings, roles, (*sheet.notes, *notes))


def _roles(sheet: Sheet, named: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The column of each role, and what was guessed."""
    if strange := [role for role in named if role not in ROLES]:
        near = difflib.get_close_matches(strange[0], ROLES, n=1)
        raise UnderdogError(
            f"no column of outputs has the role {strange[0]!r}",
            f"did you mean {near[0]!r}?" if near else f"roles: {', '.join(ROLES)}",
        )
    found = {role: check(sheet, name, role) for role, name in named.items() if name}
    notes, guessed = [], []
    for role in (role for role in ROLES if role not in named):
        taken = [name for other, name in found.items() if other != "group"]  # a source can group
        free = [name for name in sheet.columns if name not in taken]
        fits = _named_like(role, free)
        blank = [name for name in fits if not any(shown(c).strip() for c in sheet.columns[name])]
        if blank and role != "output":
            fits = [name for name in fits if name not in blank]
            notes.append(f"the column {blank[0]!r} is blank, so it is not taken for the {role}")
        if len(fits) == 1:
            found[role] = fits[0]
            guessed.append(f"{role} {fits[0]!r}")
        elif fits and role != "output":
            notes.append(
                f"several columns could be the {role}: {listed(fits)}; none is used, "
                f"name one: --{role} {quoted(fits[0])}"
            )
    if "output" not in found:
        free = [name for name in sheet.columns if name not in found.values()]
        fits = _named_like("output", free)
        could = f"it could be {listed(fits)}" if fits else "none is called like one"
        raise UnderdogError(
            f"cannot tell which column of {sheet.name} holds the outputs: {could}; "
            f"its columns: {listed(sheet.columns)}",
            f"name it: --output {quoted(fits[0]) if fits else 'COLUMN'}",
        )
    told = f"columns (guessed): {', '.join(guessed)}"
    return found, [told, *notes] if guessed else notes


def _named_like(role: str, names: Sequence[str]) -> list[str]:
    for rank in ROLES[role]:
        if fits := [name for name in names if plain_name(name) in rank]:
            return _plural(fits) if role == "reference" else fits
    endings = ENDINGS.get(role, ("\0",))
    human = "human_" if role == "rating" else "\0"
    bare = {name: plain_name(name) for name in names}
    return [name for name in names if bare[name].endswith(endings) or bare[name].startswith(human)]


def _plural(fits: list[str]) -> list[str]:
    """Of "reference" and "references", the column that holds several."""
    several = [name for name in fits if plain_name(name).endswith("s")]
    return several if len(several) == 1 else fits


def _data(sheet: Sheet, cells: Mapping[str, Column]) -> Dataset:
    rows = range(len(sheet))
    sources = [shown(cell) for cell in cells.get("source", (None,) * len(rows))]
    questions = [shown(cell) for cell in cells.get("question", (None,) * len(rows))]
    texts: list[Text]
    if "source" in cells and "question" in cells:
        texts = list(zip(questions, sources, strict=True))
    else:
        texts = list(sources if "source" in cells else questions)
    references = [_several(cell) for cell in cells.get("reference", (None,) * len(rows))]
    return Dataset(
        Task(sheet.name, (), kind="text"),
        tuple(texts),
        tuple([several[0] if several else None for several in references]),
        groups=_groups(cells, sources, questions),
        columns={**sheet.columns, **cells},
        references=tuple(references),
    )


def _groups(
    cells: Mapping[str, Column], sources: Sequence[str], questions: Sequence[str]
) -> tuple[str, ...]:
    """What must stay together: outputs about one source; else each output is on its own.

    So it is where all are about one source: there, what is found holds for that source alone.
    """
    if "group" in cells:
        named = [shown(cell) for cell in cells["group"]]
    else:
        named = [normal(s if s.strip() else q) for s, q in zip(sources, questions, strict=True)]
    if len(set(named)) == 1:
        named = [""] * len(named)
    return tuple([name if name.strip() else f"row {i}" for i, name in enumerate(named)])


def _several(cell: str | float | None) -> tuple[str, ...]:
    """The references in a cell: several in a list, or one text; none if it is blank."""
    found = elements(cell)
    texts = [shown(cell)] if found is None else [shown(one) for one in found]
    return tuple([text for text in texts if text.strip()])


def as_cell(texts: Sequence[str]) -> str:
    """Several texts as the cell that reads as them."""
    return json.dumps(list(texts), ensure_ascii=False)
