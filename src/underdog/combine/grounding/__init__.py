"""Answers from what was retrieved: passages in a prompt, citations that are checked, shorter texts.

context.py     passages beside a text: delimited, and marked where they read like instructions
shortening.py  whole sentences chosen from a text
citations.py   which passages an answer cites, and whether they support it
recipe.py      the recipe `Grounded`, and the fitted model
knowledge.py   small models that write background in the place of a retriever
retrieved.py   a retriever as a model
compressed.py  any model, asked with shorter texts
"""
