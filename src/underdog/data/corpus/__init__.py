"""A folder of documents or a table, as passages to search.

splitting.py  texts as passages of whole sentences
reading.py    files as passages, and what they held when they were read
"""

from .reading import Corpus, read_corpus

__all__ = ["Corpus", "read_corpus"]
