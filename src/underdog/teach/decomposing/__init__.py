"""Questions taken apart: sub-questions for a solver, chosen by what the solver can answer.

plans.py   the ways of splitting a question and of joining the answers
recipe.py  `Decomposed`, which learns from the solver's answers which way fits which question
"""
