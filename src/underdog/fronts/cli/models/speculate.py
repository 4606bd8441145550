"""`underdog speculate TARGET DRAFT FILE`: would a draft make a language model faster here?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import File, JsonOption, QuietOption, TextOption


def speculate(
    target: Annotated[str, typer.Argument(help="The model to speed up: \"causal('smollm2')\".")],
    draft: Annotated[
        str, typer.Argument(help="What drafts for it: 'lookup()', 'ngram()' or another model.")
    ],
    file: File,
    text: TextOption = None,
    prompts: Annotated[
        int, typer.Option("--prompts", min=1, help="Number of prompts to measure on.")
    ] = 10,
    tokens: Annotated[
        int, typer.Option("--tokens", min=2, help="Tokens to write after each prompt.")
    ] = 64,
    chat: Annotated[
        bool, typer.Option("--chat", help="Put prompts into the target's chat template.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure on prompts of FILE whether speculative decoding pays.

    Tells how many drafted tokens are kept, what reading several tokens at once costs, and the
    speed-up that follows for each number of drafted tokens; then measures the best one. A draft
    that has to be fitted, such as ngram(), is fitted on the rows that are not measured on.
    """
    from ....combine.decoding.advice import advise
    from ....combine.decoding.writers import prompts as tokenized
    from ....core.language import gives_scores
    from ....runtime.registry import build

    large: Any = build(target)
    if not gives_scores(large):
        raise UnderdogError(
            f"{target} does not give the scores of next tokens",
            "name a model that does: \"causal('smollm2')\"",
        )
    texts = _texts(file, text)
    with terminal.working(as_json):
        small = _fitted(build(draft), draft, texts[prompts:])
        ids = list(tokenized(large.tokenizer, texts[:prompts], chat))
        advice = advise(large, small, ids, tokens)
    found = asdict(advice) | {"pays": advice.pays, "reason": advice.reason}
    terminal.tell(found, as_json, *_lines(advice))


def _texts(file: str, text: list[str] | None) -> list[str]:
    from ....data.guess import guess_text
    from ....data.read import sheet_of

    sheet = sheet_of(file)
    names = text or list(sheet.text or guess_text(sheet, ()))
    if missing := [name for name in names if name not in sheet.columns]:
        known = ", ".join(sheet.columns)
        raise UnderdogError(f"{file} has no column {missing[0]!r}", f"its columns: {known}")
    columns = [sheet.columns[name] for name in names]
    rows = ["\n\n".join(str(c) for c in row if c is not None) for row in zip(*columns, strict=True)]
    return [row for row in dict.fromkeys(rows) if row.strip()]


def _fitted(draft: Any, spec: str, texts: list[str]) -> Any:
    from ....combine.decoding.drafts import Drafter
    from ....core.data import Dataset
    from ....core.language import gives_scores
    from ....core.protocols import Learner

    if isinstance(draft, Learner):
        draft = draft.fit(Dataset.of(texts, [None] * len(texts)))
    if not (gives_scores(draft) or isinstance(draft, Drafter)):
        raise UnderdogError(f"{spec} cannot draft", "draft with 'lookup()' or another causal model")
    return draft


def _lines(advice: Any) -> list[str]:
    n = advice.differing
    head = (
        f"{advice.prompts:,} prompts, {advice.tokens:,} tokens written, {1000 * advice.step:.1f} ms"
        " a plain step"
    )
    rows = [
        f"  {c.gamma:>5} {100 * c.accepted:>7.0f} % {c.per_call:>16.2f} {c.verify:>8.2f}"
        f" {c.draft:>8.2f} {c.speedup:>9.2f}x"
        for c in advice.choices
    ]
    differing = "1 completion differs" if n == 1 else f"{n:,} completions differ"
    ties = f"; {differing}, first where two tokens are within {advice.gap:.2g} nats" if n else ""
    return [
        head,
        "  gamma     kept  tokens per call   verify    draft  predicted",
        *rows,
        advice.reason,
        f"measured with gamma={advice.best.gamma}: {advice.measured:.2f} times as fast{ties}",
    ]
