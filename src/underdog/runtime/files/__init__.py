"""Files that are whole or absent, and that replace nothing but what underdog wrote itself.

whole.py      writes a file or a folder beside its place, then moves it there
home.py       says where underdog keeps what outlives a command
database.py   opens SQLite files that several processes share
ownership.py  says which files underdog wrote, and refuses to replace any other
"""

from .ownership import MARKER, check_file, check_files, check_folder, resolved
from .whole import alone, explained, file, folder, steady, writable, write

__all__ = [
    "MARKER",
    "alone",
    "check_file",
    "check_files",
    "check_folder",
    "explained",
    "file",
    "folder",
    "resolved",
    "steady",
    "writable",
    "write",
]
