"""What a model thinks aloud before it answers, removed."""

from __future__ import annotations

import re

NAMES = (
    r"(?:[\w-]{1,20}[:_-]|ant)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|rationale|scratch_?pad|reflection|reflect"
    r"|analysis|inner_?monologue|monologue|internal|cot|chain_?of_?thought|deliberation|planning"
    r"|explanation|justification|explain|steps?|seed_think|reasoning_content)"
)
OPEN = (
    rf"(?:<\|?\s*(?:begin_of_|start_of_|start_)?{NAMES}(?:\s[^>\n]*)?\|?>|\[{NAMES}\]|◁{NAMES}▷"
    r"|<unused94>(?:thought)?)"
)
CLOSE = (
    rf"(?:</\s*{NAMES}\s*>|<\|/?\s*(?:end_of_|end_|/){NAMES}\|?>|\[/{NAMES}\]|◁/{NAMES}▷"
    r"|<unused95>)"
)
OPENING, CLOSING = re.compile(OPEN, re.I), re.compile(CLOSE, re.I)
ANSWER_CHANNEL = re.compile(
    r"<\|channel\|>\s*final\s*(?:<\|constrain\|>[^<]*)?<\|message\|>|assistantfinal"
    r"|\[BEGIN FINAL RESPONSE\]",
    re.I,
)
ASIDE = re.compile(rf"```{NAMES}[ \t]*\n.*?(?:```|\Z)|<details\b.*?(?:</details>|\Z)", re.I | re.S)
"""Reasoning in a code fence that is named after it, and what a chat window folds away."""

OTHER_CHANNEL = re.compile(r"<\|channel\|>\s*(?:analysis|commentary)\b|^\s*analysis(?=[A-Z])", re.I)
CONCLUSION = re.compile(
    r"(?:final\s+(?:answer|label|category|classification)\b|\\boxed\{|<answer>|<label>)", re.I
)


def without_reasoning(text: str) -> tuple[str, bool]:
    """``text`` without its reasoning, and whether it ended while the model still reasoned.

    A closing mark without an opening one ends reasoning that began in the prompt. Reasoning that
    is never closed is cut off, unless it states a final answer: that part then stays.
    """
    if (shown := ASIDE.sub("\n", text)).strip():
        text = shown
    if found := [*ANSWER_CHANNEL.finditer(text)]:
        return text[found[-1].end() :], False
    if (open_ := OTHER_CHANNEL.search(text)) is not None:
        return _concluded(text[: open_.start()], text[open_.end() :])
    marks = sorted(
        [(m.start(), m.end(), 1) for m in OPENING.finditer(text)]
        + [(m.start(), m.end(), -1) for m in CLOSING.finditer(text)]
    )
    kept, at, unclosed = _outside(text, marks)
    if not unclosed:
        return kept + text[at:], False
    closed = [end for _, end, step in marks if step < 0]
    if closed and not kept.strip():
        return text[closed[-1] :], False  # an opening mark was only mentioned
    return _concluded(kept, text[at:])


def _outside(text: str, marks: list[tuple[int, int, int]]) -> tuple[str, int, bool]:
    """What stands outside of all pairs of ``marks`` (start, end, 1 or -1) but for the end, where
    that begins, and whether a pair is still open there."""
    depth, kept, at = 0, "", 0
    for start, end, step in marks:
        if step > 0:
            if depth == 0:
                kept += text[at:start]
            depth, at = depth + 1, end
        elif depth <= 1:
            if depth == 0:
                kept = ""  # all before it was reasoning, begun in the prompt
            depth, at = 0, end
        else:
            depth -= 1
    return kept, at, depth > 0


def _concluded(before: str, reasoning: str) -> tuple[str, bool]:
    """What stands before reasoning that was not closed, or the final answer that it states."""
    if before.strip():
        return before, False
    if found := [*CONCLUSION.finditer(reasoning)]:
        return reasoning[found[-1].start() :], False
    return "", True
