"""Who races when nobody is named."""

from __future__ import annotations


def default() -> list[str]:
    """The specs of the default line-up: what needs no download, no key and no GPU."""
    return ["majority()", "bayes()", "linear()"]
