"""Labelling a whole file with a saved model: streamed, resumable, in any table format.

rows.py     reads a file in parts of bounded size
journal.py  keeps finished rows, so that a stopped run continues
output.py   writes the finished rows as CSV, TSV, JSONL, Parquet or Excel
replace.py  puts another large model in the place of a recorded one
unfitted.py makes a model of a spec that needs no fit
run.py      `answer_file`, which does all of it
"""

from .run import answer_file

__all__ = ["answer_file"]
