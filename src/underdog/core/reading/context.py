"""Which mention of a label is the answer: one stated, mentioned, denied, or only offered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from . import phrases as say
from .mentions import NUMERALS, Finder, Mention

FINAL, LINE, STATED, PLAIN, HEDGED, NOTHING, DENIED = 5, 4, 3, 2, 1, 0, -1
"""How much a mention weighs: a stated final answer most, a denied label or an option nothing."""

END = re.compile(r"[.!?](?=[\s\"'*)]|$)|[。！？؟;；\n]")
REACH = 300
"""Characters before a mention in which words may govern it."""

MARKS = " *_`\"'#>-•"
LEADS = re.compile(r"^[\s\W_]*$")
LEADING_END = re.compile(
    r"^[\"'”’*_`)\]]*\s*(?:[.;:!(\n。，：]|,(?!\s*(?:but|yet|or|even|then)\b)|[-–—](?=\s)|\Z)", re.I
)


@dataclass(frozen=True)
class Group:
    """Mentions joined by nothing but commas and conjunctions, and how much they weigh."""

    mentions: tuple[Mention, ...]
    weight: int
    turned: bool = False
    """Whether a word such as "but" or "so" introduces it."""

    @property
    def labels(self) -> frozenset[str]:
        """The labels that are mentioned in the group."""
        return frozenset(m.label for m in self.mentions)


def weighed(text: str, found: Sequence[Mention], labels: int) -> list[Group]:
    """The mentions ``found`` in ``text``, grouped and weighed; a task has so many ``labels``."""
    groups: list[Group] = []
    bunches = _bunches(text, found)
    for i, bunch in enumerate(bunches):
        left = bunches[i - 1][-1].end if i else 0
        right = bunches[i + 1][0].start if i + 1 < len(bunches) else len(text)
        group = _supposed(text, groups, _weigh(text, bunch, (left, right), labels))
        after_denial = bool(groups) and groups[-1].weight == DENIED and group.turned
        if after_denial and NOTHING <= group.weight < STATED and len(group.labels) == 1:
            group = Group(group.mentions, STATED, True)  # "not x but y"
        groups.append(group)
    return groups


def _bunches(text: str, found: Sequence[Mention]) -> list[list[Mention]]:
    bunches: list[list[Mention]] = []
    for mention in found:
        if bunches and _joined(text, bunches[-1], mention):
            bunches[-1].append(mention)
        else:
            bunches.append([mention])
    return bunches


def _joined(text: str, bunch: list[Mention], mention: Mention) -> bool:
    between = text[bunch[-1].end : mention.start]
    if not say.JOINT.fullmatch(between):
        return False
    lead = text[max(0, bunch[0].start - 80) : bunch[0].start]
    if between.strip() == "," and re.search(
        r"\b(?:n?or|and)\b", text[bunch[0].end : bunch[-1].start]
    ):
        return False  # "neither x nor y, z": the list has ended
    again = mention.label in {m.label for m in bunch} and "\n" not in between
    if again or re.search(r"\)\W*:", between):
        return False
    if between.count(")") > between.count("(") and re.search(r"\([^()]*\w[^()]*$", lead):
        return False  # an aside ends in between
    if "(" in between and ")" not in between:  # an aside names a label only if it ends so
        return re.match(r"[\s\"'*_`]*\)", text[mention.end :]) is not None
    after = text[mention.end : mention.end + 60]
    if not set(between) & set(";:\n"):
        alone = "," in between and not re.match(r"\W*(?:are|were|do)\b", after)
        return not (alone and say.DENIED_AFTER.match(after))
    if say.HEDGED_AFTER.match(after) or say.DENIED_AFTER.match(after):
        return False
    return not say.DENIES.search(_clause(lead))  # "not x; y" are two statements


def _supposed(text: str, groups: list[Group], group: Group) -> Group:
    """``group`` as it weighs behind the ``groups`` before it where its sentence sets a condition.

    A condition says nothing of its labels. What follows from it is a guess, and none if the
    condition names another label: "if not x, then y".
    """
    first = group.mentions[0].start
    start = max([m.end() for m in END.finditer(text, 0, first)], default=0)
    *earlier, clause = say.THEN.split(text[start:first])
    if say.SUPPOSES.search(clause) and not say.CHOOSES.search(clause):
        return Group(group.mentions, NOTHING, group.turned)
    condition = re.sub(r"\b(?:even|as) if\b", " ", ",".join(earlier))
    begun = re.match(rf"\W*(?:\w+\W+)?{say.SUPPOSES.pattern}", condition, re.I)
    if begun is None or say.CHOOSES.search(condition) or "; " in text[start:first]:
        return group
    if groups and groups[-1].mentions[0].start >= start:
        return Group(groups[-1].mentions + group.mentions, NOTHING)
    unreal = re.search(r"\bwould\b|'d\b", clause) is not None
    return Group(group.mentions, min(group.weight, NOTHING if unreal else HEDGED), group.turned)


def _weigh(text: str, bunch: list[Mention], limits: tuple[int, int], labels: int) -> Group:
    first, last = bunch[0], bunch[-1]
    start = max([m.end() for m in END.finditer(text, 0, first.start)], default=0)
    cut = END.search(text, last.end)
    end = min(cut.start() if cut else len(text), limits[1])
    gap = text[max(start, limits[0]) : first.start][-REACH:]
    after = text[last.end : max(end, min(len(text), last.end + 2))]
    line_start = text.rfind("\n", 0, first.start) + 1
    line = text[line_start : first.start][-REACH:]
    distinct = {m.label for m in bunch}
    turned = bool(say.TURNS.search(gap)) or bool(
        re.search(r"\b(?:so|therefore|thus|hence)\b", gap, re.I)
    )
    mentions = tuple(bunch)
    echoed = None if re.search(r"→|[=-]+>", line) else say.ECHOES.match(line)
    if echoed and not say.KEY_LINE.match(line) and not say.KEY_LINE.match(gap):
        whole = echoed.end() >= len(line.rstrip()) and not after.partition("\n")[0].strip(MARKS)
        return Group(mentions, HEDGED if whole else NOTHING, turned)
    if _denied(gap, after, limits[0] > start):
        return Group(mentions, DENIED, turned)
    if len(distinct) > 1:
        offered = len(distinct) >= 3 or len(distinct) == labels
        if offered and (len(distinct) >= 3 or say.OFFERS.search(text[: first.start][-120:])):
            return Group(mentions, NOTHING, turned)
        only_mentioned = say.HEDGED_AFTER.match(after) is not None
        return Group(mentions, NOTHING if only_mentioned else HEDGED, turned)
    weight = _positive(text, bunch, gap, after, line)
    if weight in (PLAIN, HEDGED) and not _countable(text, bunch, gap, after):
        weight = NOTHING
    return Group(mentions, weight, turned)


def _denied(gap: str, after: str, compared: bool) -> bool:
    clause = _clause(say.DENYING.sub(" not ", say.AFFIRMS.sub(" ", gap)))
    if re.search(r"\b(?:wrong|incorrect|rejected)\s*:\W*$", gap, re.I):
        return True
    if re.search(r"\bless(?:er)?\W*$|[不没非未]$|\b(?:un|non|dis|anti)-$", clause, re.I):
        return True
    if say.DENIES.search(clause) or (compared and say.COMPARES.search(gap)):
        return True
    return say.DENIED_AFTER.match(after) is not None and "not only" not in after[:24]


def _clause(gap: str) -> str:
    """What of ``gap`` may govern a mention at its end: all after the last turn or comma."""
    turns = [m.end() for m in say.TURNS.finditer(gap)]
    gap = gap[turns[-1] :] if turns else gap
    return re.split(r"[;:,，]\s|\s[-–—]\s", gap)[-1]


def _positive(text: str, bunch: list[Mention], gap: str, after: str, line: str) -> int:
    """The weight of one label that is neither denied nor one of several."""
    before, rest = text[: bunch[0].start], text[bunch[-1].end :]
    clause = _clause(gap)
    if say.ADDRESSED.search(gap) and not say.STATED.search(gap):
        return NOTHING
    if asked := say.ASKED.match(rest):
        return DENIED if asked[1] else STATED
    if say.HEDGED_AFTER.match(after):
        return HEDGED
    if say.FINAL.search(gap) or (say.CORRECTS.search(gap) and before.strip()):
        return HEDGED if say.HEDGES.search(clause) else FINAL
    if say.EXPLAINS.match(line):
        return HEDGED
    if say.ECHOES.match(line + text[bunch[0].start : bunch[-1].end + 2]) and rest[1:].strip():
        return HEDGED  # "Question: what is it?", where a label is so named
    if _leads(before, rest, line, gap, bunch[-1].strict):
        return LINE
    if say.HEDGES.search(clause):
        return HEDGED
    if not line.strip(MARKS) and not rest.strip(MARKS + ".!)\n。"):
        return FINAL  # the last line
    return STATED if _states(before, rest, gap, after) else PLAIN


def _states(before: str, rest: str, gap: str, after: str) -> bool:
    """Whether words or marks around a mention say that it is the answer."""
    if say.ARROW.search(gap) and re.match(r"\W*?(?:\n|\Z)", rest):
        return True
    emphasised = before.endswith(("**", "__")) and rest.startswith(("**", "__", ".**"))
    return emphasised or bool(say.STATED.search(gap) or say.AFTERWARDS.match(after))


def _leads(before: str, rest: str, line: str, gap: str, strict: bool) -> bool:
    """Whether a mention is the value of a key such as "Label:", or what the answer begins with."""
    if not line.strip(MARKS) and _key_above(before):
        return True
    if say.KEY_LINE.match(line) or say.KEY_LINE.match(gap):
        return not re.match(r"[ \t*_`\"']+\w", rest)  # not "Topic: refund rules"
    bracketed = strict and re.match(r"[)\]]\s", rest)
    return bool(LEADS.match(before) and (bracketed or LEADING_END.match(rest)))


def _key_above(before: str) -> bool:
    lines = [line for line in before.split("\n") if line.strip(MARKS)]
    return bool(lines) and say.KEY_LINE.match(lines[-1].rstrip() + " ") is not None


def _countable(text: str, bunch: list[Mention], gap: str, after: str) -> bool:
    """Whether a bare mention counts: numbers and common words end a clause or stand alone."""
    if not any(m.strict for m in bunch) or _alone(gap, after):
        return True
    word = text[bunch[-1].start : bunch[-1].end].casefold()
    start = max([m.end() for m in END.finditer(text, 0, bunch[0].start)], default=0)
    if re.search(r"\d", _clause(text[start : bunch[0].start])):
        return False  # one of several numbers
    if after.strip(" *_`\"'.,!)”’]。，！"):
        return False
    if re.search(r"\ba\s+(?:\w+\s+)?$", gap):
        return True  # "a clear no"
    common = word in ("a", "i", "no", "not", "none", *NUMERALS)
    return not common and not say.COUNTS.search(gap)


def _alone(gap: str, after: str) -> bool:
    """Whether nothing else stands in the clause, so that even a common word is an answer."""
    clause = re.sub(r"\b(?:so|hence|thus|therefore)\b", "", _clause(gap))
    return not clause.strip(" *_`\"'(“‘") and not after.strip(" *_`\"'.!)”’。！")


def decided(groups: Sequence[Group], finder: Finder) -> tuple[frozenset[str], int]:
    """The labels that the heaviest groups give (one: the answer; several: unclear), the weight."""
    for weight in (FINAL, LINE, STATED, PLAIN, HEDGED):
        here = [group for group in groups if group.weight == weight]
        if not here:
            continue
        labels = frozenset().union(*(group.labels for group in here))
        if weight == PLAIN:  # what is left open at the end was not settled before
            later = groups[groups.index(here[-1]) + 1 :]
            labels |= frozenset().union(*(g.labels for g in later if len(g.labels) > 1 <= g.weight))
        if weight < LINE and all(len(group.labels) == 1 for group in here):
            labels = finder.widest(labels)
        if len(labels) == 1:
            return labels, weight
        if weight == FINAL or (weight < LINE and here[-1].turned and len(here[-1].labels) == 1):
            return here[-1].labels, weight
        return labels, weight
    denied = {m.label for group in groups if group.weight == DENIED for m in group.mentions}
    meant = frozenset(label for label, stem in finder.opposites.items() if stem in denied)
    return (meant, PLAIN) if len(meant) == 1 else (frozenset(), NOTHING)
