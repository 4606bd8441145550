"""`underdog show MODEL`: what a saved model is, and what it was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ... import terminal
from ..options import JsonOption, ModelFolder, QuietOption


def show(model: ModelFolder, quiet: QuietOption = False, as_json: JsonOption = False) -> None:
    """Show what a saved model is: spec, data, score, date, command, certificate."""
    from ....core.description import describe
    from ....runtime.persist import load_model, record_of

    fitted = load_model(model)
    told = record_of(model)
    certificate = getattr(fitted, "certificate", None)
    facts = [fact.says for fact in describe(fitted, ())]
    found = {
        "model": str(model),
        **told,
        "facts": facts,
        "certificate": str(certificate) if certificate else None,
    }
    terminal.tell(found, as_json, *_lines(str(model), told, facts, found["certificate"]))


def _lines(
    model: str, told: Mapping[str, Any], facts: list[str], certificate: Any
) -> Iterator[str]:
    yield f"{model}: {told.get('spec', 'saved by an older underdog, which kept no record')}"
    try:
        yield from _made(told) if told else ()
    except (LookupError, TypeError, ValueError, AttributeError):
        yield "  the record of how it was made is damaged"
    yield from (f"  fact      {fact}" for fact in facts)
    if certificate:
        yield from str(certificate).splitlines()


def _made(told: Mapping[str, Any]) -> list[str]:
    """The lines on data, score and command; raises if the record lacks one of them."""
    data = told["data"]
    return [
        f"  data      {data['name']}: {data['rows']:,} rows, fingerprint {data['fingerprint']}",
        f"  labels    {', '.join(told['labels'])}",
        f"  score     {_score(told['score'])}",
        f"  made      {told['created']} by underdog {told['version']}, seed {told['seed']}",
        f"  command   {told['command']}",
    ]


def _score(score: Mapping[str, Any]) -> str:
    if score.get("accuracy") is None:
        return f"not measured: {score['why']}"
    return (
        f"{100 * score['accuracy']:.1f} % right on {score['rows']:,} held-out rows ({score['how']})"
    )
