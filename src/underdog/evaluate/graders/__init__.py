"""Graders of outputs: by references, by the source, by a language model, by ratings.

A grader says in ``needs`` what it cannot do without. References are the right answers of the data
set, the source is the text that was asked about (the last of a pair), and everything else is a
column of the data set by that name: ``samples``, ``rating``. Whatever follows this protocol can be
a score of ``underdog judge``, the ``--grader`` of a study, and what a cascade defers on.
"""
