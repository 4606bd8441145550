"""Answers that are checked, and rewritten where they fail: `Refined`.

recipe.py      the recipe, and the fitted model
candidates.py  what several models said of a text, as a text to read and as columns
rewriters.py   what gives another answer: a stack, a scorer that picks, a model that writes
gate.py        which answers are rewritten, and the proof that it helps
"""
