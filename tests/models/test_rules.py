"""Labelling functions: what they give, what they leave, and what cannot be one."""

from importlib.metadata import EntryPoint

import pytest

from underdog.core.errors import UnderdogError
from underdog.models import rules
from underdog.runtime.registry import build, spec


def test_keywords_are_whole_words_in_any_case():
    rule = build("keywords('spam', ['free', 'call now'])")
    asked = ["FREE entry", "freedom", "Call now!", "call me now", "", ("no", "it is free")]
    assert rule.answer(asked).values == ("spam", "", "spam", "", "", "spam")
    assert build(spec(rule)) == rule


def test_a_pattern_is_a_regular_expression():
    rule = build(r"pattern('spam', '\\d{5,}')")
    assert rule.answer(["text 80082", "at 8pm"]).values == ("spam", "")


def test_a_function_is_named_by_its_entry_point(monkeypatch):
    rules._entries.cache_clear()
    entry = EntryPoint("shouts", f"{__name__}:shouts", rules.GROUP)
    monkeypatch.setattr(rules, "entry_points", lambda group: [entry])
    try:
        assert build("function('shouts')").answer(["HELP", "help"]).values == ("angry", "")
        with pytest.raises(UnderdogError, match="no labelling function is called 'whispers'"):
            build("function('whispers')")
    finally:
        rules._entries.cache_clear()


def shouts(text):
    return "angry" if text.isupper() else None


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("keywords('spam', [])", "need words"),
        ("keywords('spam', [' '])", "need words"),
        ("pattern('spam', '(')", "no regular expression"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(wrong, problem):
    with pytest.raises(UnderdogError, match=problem):
        build(wrong)
