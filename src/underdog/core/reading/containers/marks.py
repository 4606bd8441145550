"""Chat templates, LaTeX, Markdown and tags, unpacked: what the model wrote, as plain text."""

from __future__ import annotations

import re

from .tags import plain_tags

SPECIAL = re.compile(
    r"<\|(?:im_start|start_header_id)\|>\s*\w*\s*(?:<\|end_header_id\|>)?"
    r"|<\|[\w/ -]{1,40}\|>|<｜[^｜<>]{1,40}｜>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>(?:model\b)?"
    r"|<(?:eos|bos|pad|unk)>",
    re.I,
)
SPEAKER = re.compile(r"^\s*(?:\*\*)?(?:assistant|model|ai|bot|gpt|chatgpt)(?:\*\*)?\s*:\s*", re.I)
BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
LATEX = re.compile(
    r"\\(?:text|textbf|mathrm|mathbf|textit|texttt|emph|operatorname)\s*\{([^{}]*)\}"
)
DOUBLE = re.compile(r"\[\[([^\[\]\n]{1,60})\]\]")
PROMPTED = re.compile(
    r"\A.*(?:\[/INST\]|<\|im_start\|>assistant|<start_of_turn>model|<\|assistant\|>"
    r"|^\s*(?:system|user|human)\b.*\n\s*(?:\*\*)?(?:assistant|ai|model)(?:\*\*)?\s*:)(?=.*\w)",
    re.I | re.S,
)
"""A prompt that was recorded with the answer."""

FENCE = re.compile(r"(?:```|~~~)[\w+-]*[ \t]*\n?(.*?)(?:```|~~~|\Z)", re.S)
HASHES = re.compile(r"^\s*####\s*(.+)$", re.M)
FINAL_TAG = re.compile(r"<(final_?answer|answer|final|ans|solution)>\s*(.*?)\s*</\1>", re.S | re.I)
FIELD_TAG = re.compile(
    r"<((?:predicted_?)?(?:label|category|class|classification|intent|sentiment|topic|tag|prediction"
    r"|output|result|response|verdict|decision|choice))>\s*(.*?)\s*</\1>",
    re.S | re.I,
)
CONTINUED = re.compile(
    r"\n\s*(?:\*\*)?(?:text|input|first text|premise|user|human|question|q|example|review|message"
    r"|sentence|tweet|ticket|comment|post|email|document|passage)(?:\s+\d+)?(?:\*\*)?\s*:"
    r"|\n\s*#{3,}\s*\n|<eos>|</s>|<\|(?:endoftext|im_end|eot_id|end_of_text)\|>|<end_of_turn>",
    re.I,
)
STRUCK = re.compile(r"~~[^~\n]+~~")


def unpacked(text: str) -> str:
    """``text`` without the marks of chat templates, LaTeX and tags; final answers on own lines."""
    text = plain_tags(text)
    text = DOUBLE.sub(r"\nFinal answer: \1\n", text)
    text = SPEAKER.sub("", SPECIAL.sub(" ", STRUCK.sub(" ", text)))
    text = LATEX.sub(r"\1", text)
    text = BOXED.sub(lambda m: f"\nFinal answer: {m[1].strip()}\n", text)
    text = re.sub(r"\$+(?=\s*\nFinal answer:)|(?<=\n)\$+", "", text)
    text = FINAL_TAG.sub(r"\nFinal answer: \2\n", text)
    text = FIELD_TAG.sub(r"\nLabel: \2\n", text)
    return HASHES.sub(r"Final answer: \1", text).strip()


def first_turn(text: str) -> str:
    """``text`` behind a prompt that was recorded with it, and up to where the model goes on with a
    text of its own, as base models do."""
    text = PROMPTED.sub("", text)
    found = CONTINUED.search(text)
    if found is None or not (turn := text[: found.start()]).strip():
        return text
    return text if CONTINUED.match(f"\n{turn}") else turn  # "Ticket 1: x, Ticket 2: y"
