"""The one exception meant for people, not for programmers."""

from __future__ import annotations


class UnderdogError(Exception):
    """Something the user can put right.

    ``problem`` says what happened, ``hint`` what to type next. The command line prints the
    two and no traceback; the gateway answers with status 400.

    >>> print(UnderdogError("no column 'lable'", "name it: --label label"))
    no column 'lable'
      hint: name it: --label label
    """

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(f"{problem}\n  hint: {hint}" if hint else problem)
        self.problem = problem
        self.hint = hint
