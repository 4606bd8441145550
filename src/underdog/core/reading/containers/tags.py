"""HTML and XML in an answer: attributes, comments and tables made plain."""

from __future__ import annotations

import html
import json
import re

NAME = r"[a-zA-Z][\w:-]*"
ATTRIBUTE = re.compile(r"""\s+([\w:.-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))?""")
TAG = re.compile(rf"<(/?)({NAME})((?:{ATTRIBUTE.pattern})*)\s*(/?)>")
ALONE = re.compile(rf"{TAG.pattern}\s*(?:</{NAME}>)?")
"""One element without a text: what it says stands in its attributes."""

UNSAID = re.compile(
    r"<!--.*?(?:-->|\Z)|<\?xml\b.*?\?>|<!doctype\b[^>]*>|<(script|style|del|strike)\b[^>]*>.*?</\1>",
    re.I | re.S,
)
ROW = re.compile(r"<tr\b[^>]*>(.*?)(?:</tr>|(?=<tr\b)|(?=</table>)|\Z)", re.I | re.S)
CELL = re.compile(r"<t([dh])\b[^>]*>(.*?)(?:</t[dh]>|(?=<t[dh]\b)|\Z)", re.I | re.S)
TABLE = re.compile(r"<table\b.*?(?:</table>|\Z)", re.I | re.S)
LINES = re.compile(
    "(?:p|div|br|hr|h[1-6]|li|ul|ol|dl|dt|dd|section|article|header|main|html|body|head|pre|form"
    "|fieldset)"
)
"""Elements that stand on lines of their own."""

INLINE = re.compile("(?:span|i|em|u|font|a|small|mark|center|code|su[bp]|tt|kbd|img|input|wbr)")
BOLD = re.compile("(?:b|strong)")


def plain_tags(text: str) -> str:
    """``text`` without attributes, comments, and tags that only say how it looks.

    Tags that name what they hold stay. An element without a text becomes its attributes, as JSON;
    tables become Markdown tables.

    >>> plain_tags('<p class="x">The label is <b>spam</b>.</p>').strip()
    'The label is **spam**.'
    >>> plain_tags('<result label="spam" score="1"/>')
    '{"label": "spam", "score": "1"}'
    """
    if "<" not in text:
        return text
    text = UNSAID.sub(" ", text)
    alone = ALONE.fullmatch(text.strip())
    if alone and alone[3] and (alone[0].endswith("/>") or "</" in alone[0]):
        return json.dumps(_attributes(alone[3]), ensure_ascii=False)
    return TAG.sub(_shown, TABLE.sub(_table, text))


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(value.strip("\"'")) for name, value in ATTRIBUTE.findall(text)}


def _shown(tag: re.Match[str]) -> str:
    """A tag as plain text: a line's end, bold, nothing, or the tag without its attributes."""
    name = tag[2].casefold()
    if LINES.fullmatch(name):
        return "\n"
    if BOLD.fullmatch(name):
        return "**"
    if INLINE.fullmatch(name):
        return ""
    if tag[3] and tag[0].endswith("/>"):
        return tag[0]  # its attributes may be all that it says
    return f"<{tag[1]}{tag[2]}>" if tag[3] else tag[0]


def _table(table: re.Match[str]) -> str:
    """A table as Markdown; one of names and values gets a header that says so."""
    rows = [CELL.findall(row) for row in ROW.findall(table[0])]
    rows = [row for row in rows if row]
    if not rows:
        return table[0]
    lines = [f"| {' | '.join(' '.join(cell.split()) for _, cell in row)} |" for row in rows]
    width = len(rows[0])
    if not (width > 1 and all(kind.casefold() == "h" for kind, _ in rows[0])):
        names = ("field", "value") if width == 2 else [f"column {i}" for i in range(width)]
        lines.insert(0, f"| {' | '.join(names)} |")
    lines.insert(1, "|" + "---|" * width)
    return "\n" + "\n".join(lines) + "\n"
