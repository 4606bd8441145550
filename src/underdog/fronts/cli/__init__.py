"""The `underdog` command. A file per verb: it parses, calls one public function and prints.

app.py      the command itself: --version, --help, shell completion, errors as one sentence
options.py  arguments and options that several verbs share
studies/    compare, demo, plan, audit, report
models/     fit, show, answer, certify
searching/  index, search
about/      list, doctor, clean
"""

from .app import main

__all__ = ["main"]
