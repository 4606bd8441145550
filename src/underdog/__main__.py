"""`python -m underdog` is the `underdog` command."""

from .fronts.cli import main

main()
