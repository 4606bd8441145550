"""Decision models behind an API: `Decide`.

model.py      what a user builds: texts and labels in, probabilities and receipts out
questions.py  what is asked: a choice, yes or no, or a score; in which order of the options
dialects.py   OpenAI Decisions and System One: where they are spoken, and how a question is sent
readings.py   what came back, as probabilities of the options that were asked about
pooling.py    several decisions about one text as one: orders of the options, two stages
versions.py   which version of a model answered, and a warning where there were two
"""

from .model import Decide

__all__ = ["Decide"]
