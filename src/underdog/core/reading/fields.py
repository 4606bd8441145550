"""JSON and Python dicts in an answer: found, parsed, and the label taken from the right field."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

FINAL = re.compile(r"final|chosen|selected|best|predicted|top_?1")
LABEL = re.compile(
    r"label|categor|class|answer|intent|sentiment|predict|verdict|decision|choice|topic|tag"
    r"|output|result|response|stance|emotion|severity|priority|urgency|polarity|tone|rating|score|stars|department|queue|etikett?|kategorie"
    r"|categor[ií]a|réponse|respuesta|antwort|标签|类别|分类|答案|结果"
)
EXPLAINS = re.compile(
    r"reason|explan|rationale|thought|thinking|analys|justif|evidence|comment|note|summary|detail"
    r"|^text$|input|question|prompt|option|alternativ|candidate|possible|second|runner|other"
    r"|reject|exclud|previous|consider|available|allowed|all_?labels|instruction|quote|keyword"
    r"|confid|probab|certain|message|context|wrong|incorrect|not_|begründung|explica|raison|理由|解释"
)
SCORE = re.compile(r"score|confid|prob|weight|certain|likelihood")
PAIR = re.compile(
    r"[\"'“”]?([\w -]{1,40}?)[\"'“”]?\s*[:=]\s*"
    r"(?:(\"(?:[^\"\\]|\\.)*\"|'[^']*')(?=\s*(?:[,}\n\]]|\Z))"
    r"|([\d.]+|[^\W\d][^\"',:{}\[\]\n]{0,60})(?=\s*[,}\n\]]))"
)
"""A name and its value, in JSON that cannot be parsed; a value without quotes must be closed."""

IS = re.compile(r"^(?:is|has)[_ ]|(?:[_ ](?:flag|score|prob))$", re.I)
"""What may stand around a label in the name of its field: ``is_spam``, ``spam_score``."""

TICKS = {"yes": 1.0, "true": 1.0, "✓": 1.0, "✅": 1.0, "no": 0.0, "false": 0.0, "✗": 0.0, "❌": 0.0}

DEEPEST = 8
FEW_WORDS = 4
"""Words that may stand beside a list of values that is the whole answer."""

Bare = Callable[[str], frozenset[str]]
"""The labels that a text spells as a whole."""


def objects(text: str) -> tuple[list[Any], str, bool]:
    """The JSON and Python containers in ``text``, the text around them, and whether one is cut."""
    found: list[Any] = []
    around, at = "", 0
    while (start := _next(text, at)) >= 0:
        thing, end = _parsed(text, start)
        if end < 0:
            if _begins(text, start) and not text[at:start].strip(" \n`json"):
                loose = dict(_pairs(text[start:]))
                return ([*found, loose] if loose else found), around + text[at:start], True
            around += text[at : start + 1]
            at = start + 1
            continue
        around += text[at:start]
        beside = len(f"{text[:start]} {text[end:]}".split())
        if isinstance(thing, list) and not _speaks(thing, beside):
            around += text[start:end]
        else:
            found.append(thing)
        at = end
    return found, around + text[at:], False


def _next(text: str, at: int) -> int:
    places = [p for p in (text.find("{", at), text.find("[", at)) if p >= 0]
    return min(places, default=-1)


def _begins(text: str, start: int) -> bool:
    """Whether a container seems to begin at ``start``, and is never closed."""
    return re.match(r"[\[{]\s*(?:[\[{]\s*)?[\"'“]", text[start:]) is not None


def _speaks(thing: list[Any], beside: int) -> bool:
    """Whether a list is the answer, and not a remark such as "[1]" among ``beside`` words."""
    nested = any(isinstance(item, dict | list) for item in thing)
    return bool(thing) and (nested or beside <= FEW_WORDS)


def _parsed(text: str, start: int) -> tuple[Any, int]:
    """The container that begins at ``start`` and where it ends; -1 if it cannot be read."""
    try:
        thing, end = json.JSONDecoder(strict=False).raw_decode(text, start)
        return thing, end
    except (ValueError, RecursionError):
        pass
    end = _closing(text, start)
    if end < 0:
        return None, -1
    body = text[start:end]
    for mended in (body, re.sub(r",\s*([}\]])", r"\1", body.translate(SMART))):
        try:
            return ast.literal_eval(mended), end
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            pass
        try:
            return json.loads(mended, strict=False), end
        except (ValueError, RecursionError):
            pass
    loose = dict(_pairs(body))
    return (None, -1) if all(SCORE.search(key.casefold()) for key in loose) else (loose, end)


SMART = str.maketrans("“”„’‘", '"""\'\'')


def _closing(text: str, start: int) -> int:
    depth = 0
    for i in range(start, len(text)):
        if text[i] in "{[":
            depth += 1
        elif text[i] in "}]":
            depth -= 1
            if depth == 0:
                return i + 1
    return -1


def _pairs(body: str) -> Iterator[tuple[str, str]]:
    for key, quoted, bare in PAIR.findall(body):
        yield key.strip(), (quoted or bare).strip("\"'")


def labels_in(thing: Any, bare: Bare) -> tuple[frozenset[str], list[str]]:
    """The labels that ``thing`` gives, and the prose of its label fields if they give none.

    A field that is named like a final label counts first, then one named like a label, then a
    list so named, then any other whose value is a label; an explanation never does.
    """
    ranked: dict[int, list[frozenset[str]]] = {0: [], 1: [], 2: [], 3: []}
    prose: list[str] = []
    if (scored := _scored(thing, bare)) is not None:
        return scored, []
    for rank, value in _leaves(thing, "", 0):
        found = bare(value)
        if found:
            ranked[rank].append(found)
        elif rank < 3 and value.strip():
            prose.append(value)
    for rank in (0, 1, 2):
        if ranked[rank]:
            return frozenset().union(*ranked[rank]), []
    if prose:
        return frozenset(), prose
    return frozenset().union(*ranked[3]), prose


def _leaves(thing: Any, key: str, depth: int) -> Iterator[tuple[int, str]]:
    """Every value that may be a label, with the rank of its field: 0 final, 1 label, 2 labels,
    3 other."""
    if isinstance(thing, dict) and depth < DEEPEST:
        for name, value in thing.items():
            inner = str(name).casefold().strip()
            if LABEL.match(inner) or not EXPLAINS.search(inner):
                yield from _leaves(value, _named(inner, key), depth + 1)
    elif isinstance(thing, list | tuple) and depth < DEEPEST:
        for value in thing:
            for rank, leaf in _leaves(value, key, depth + 1):
                yield (2 if rank == 1 and len(thing) > 1 and key else rank), leaf
    elif isinstance(thing, str) and depth < DEEPEST and thing.lstrip()[:1] in ("{", "["):
        things, _, _ = objects(thing)
        yield from _leaves(things, key, depth + 1) if things else [(_rank(key), thing)]
    elif thing is not None and not (SCORE.search(key) and isinstance(thing, float)):
        yield _rank(key), str(thing)


def _named(inner: str, outer: str) -> str:
    """The name by which a field is judged: its own, or that of the field around it."""
    return inner if not outer or LABEL.search(inner) or FINAL.search(inner) else outer


def _rank(key: str) -> int:
    if FINAL.search(key) and LABEL.search(key):
        return 0
    return 1 if LABEL.search(key) else 3


def _scored(thing: Any, bare: Bare) -> frozenset[str] | None:
    """The label of the highest score, of a table of scores or a list of scored labels."""
    if isinstance(thing, dict):
        named = [
            (bare(str(k)) or bare(IS.sub("", str(k))), _scored_as(v)) for k, v in thing.items()
        ]
        told = [(k, v) for k, v in named if k and v is not None]
        if len(told) >= 2 and len(told) == len(named):
            return _top(told)
        if told := _parallel(thing, bare):
            return _top(told)
        nested = [_scored(v, bare) for v in thing.values() if isinstance(v, dict | list)]
        plain = [bare(str(v)) for v in thing.values() if isinstance(v, str)]
        if not any(plain):
            return next((found for found in nested if found is not None), None)
    elif isinstance(thing, list | tuple) and len(thing) > 1 and all(map(_is_pair, thing)):
        told = [(one, float(x)) for name, x in thing if (one := bare(str(name)))]
        return _top(told) if len(told) == len(thing) else None
    elif isinstance(thing, list) and len(thing) > 1 and all(isinstance(x, dict) for x in thing):
        told = []
        for item in thing:
            score = [s for k, v in item.items() if (s := _scores(str(k), v)) is not None]
            label = [bare(str(v)) for k, v in item.items() if _scores(str(k), v) is None]
            if len(score) == 1 and len(found := [x for x in label if x]) == 1:
                told.append((found[0], score[0]))
        if len(told) == len(thing):
            return _top(told)
    return None


def _parallel(thing: dict[str, Any], bare: Bare) -> list[tuple[frozenset[str], float]]:
    """The scored labels of a dict that holds a list of labels and one of their scores."""
    lists = {str(k): v for k, v in thing.items() if isinstance(v, list) and len(v) > 1}
    for key, scores in lists.items():
        if SCORE.search(key.casefold()) and all(isinstance(x, int | float) for x in scores):
            for names in lists.values():
                told = [bare(name) for name in names if isinstance(name, str)]
                if len(told) == len(scores) and all(told):
                    return [*zip(told, map(float, scores), strict=True)]
    return []


def _is_pair(thing: Any) -> bool:
    """Whether a list is a name and its score."""
    pair = isinstance(thing, list | tuple) and len(thing) == 2 and isinstance(thing[0], str)
    return pair and isinstance(thing[1], int | float)


def _scores(key: str, value: Any) -> float | None:
    """The score in a field of a scored label: a number under a telling name, or a tick."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if SCORE.search(key.casefold()) else None
    return _score(value)


def _score(value: Any) -> float | None:
    """A number, a truth value or a tick as a number; None for anything else."""
    if isinstance(value, int | float):
        return float(value)
    return TICKS.get(value.strip().casefold()) if isinstance(value, str) else None


def _scored_as(value: Any) -> float | None:
    """As `_score`, of the value of a label: also a number in quotation marks."""
    if isinstance(value, str) and re.fullmatch(r"\s*\d*\.?\d+\s*", value):
        return float(value)
    return _score(value)


def _top(told: list[tuple[frozenset[str], float]]) -> frozenset[str]:
    best = max(score for _, score in told)
    return frozenset().union(*(label for label, score in told if score == best))
