"""Reading a label out of what a language model wrote: one reader for recorded and live answers.

reader.py      the order of the steps, and the result: a label and how it was read
reasoning.py   what a model thinks aloud is removed first
containers/    API replies, chat templates, LaTeX and tags, unpacked to plain text
fields.py      JSON and Python dicts: the field that holds the label
spelling.py    an answer that is a label, but for case, separators and marks around it
mentions/      where labels stand in prose, and how they may be spelled
context.py     which mention is the answer: stated, only mentioned, negated, offered as an option
phrases.py     the words by which that is told
sets.py        several labels from one answer
numbers.py     a number from an answer
free.py        an answer that is a text of its own
refusals.py    answers that decline to answer
stated.py      what an answer states where no labels are known
tables/        labels one by one: scores, ticks, rows of a table
answers.py     whole columns of answers, and how many were read in which way
"""

from .answers import Tally, of_task, read_answers, read_column
from .reader import (
    BY_ORDER,
    EXACT,
    HOWS,
    NONE,
    NORMALISED,
    REFUSAL,
    UNREAD,
    Reader,
    Reading,
    reader,
)

__all__ = [
    "BY_ORDER",
    "EXACT",
    "HOWS",
    "NONE",
    "NORMALISED",
    "REFUSAL",
    "UNREAD",
    "Reader",
    "Reading",
    "Tally",
    "of_task",
    "read_answers",
    "read_column",
    "reader",
]
