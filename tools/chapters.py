"""Print docs/chapters.md, the map of the field: ``python -m tools.chapters > docs/chapters.md``."""

from __future__ import annotations

import sys

from underdog.fronts.chapters.page import markdown

if __name__ == "__main__":
    sys.stdout.write("\n".join(markdown()))
