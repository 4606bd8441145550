"""Retrievers: indexes of passages by words and by vectors, and other things that are searched.

ranking.py  the best of many scores
words.py    texts as words to look up
bm25.py     an index of words
stored.py   an index on disk, by its name
"""
