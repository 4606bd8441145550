"""A pool of documents: files and folders of any size, read again and again in pieces."""

from .pool import Held as Held
from .pool import Pool as Pool
from .pool import rows_of as rows_of
from .pool import sources_of as sources_of
