"""Databases that are asked in words: the query is found, checked, and run with limits.

database.py   the retriever
layout.py     tables, columns, keys and values, as they are in the database
mentions.py   which tables, columns and values a question names
templates.py  questions that the user put to SQL, with slots
questions.py  from what a question names to a query
guard.py      which statements may run: those that read, and only functions that are known
execution.py  a query run read-only, with limits on time, rows and memory
"""
