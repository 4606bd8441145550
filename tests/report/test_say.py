import math

import pytest

from underdog.report import say

N = say.NBSP


@pytest.mark.parametrize(
    ("tell", "value", "words"),
    [
        (say.percent, 0.8931, f"89.3{N}%"),
        (say.points, -0.012, f"−1.2{N}points"),
        (say.points, 0.0042, f"+0.4{N}points"),
        (say.points, -0.0001, f"0.0{N}points"),
        (say.decimal, 0.97314, "0.973"),
        (say.count, 1234567, "1,234,567"),
        (say.count, 2.5, "2.5"),
        (say.money, 0.0, "$0"),
        (say.money, 0.000299, "$0.00030"),
        (say.money, 8.95, "$8.95"),
        (say.money, -3.5, "−$3.50"),
        (say.duration, 0.000113, f"113{N}µs"),
        (say.duration, 0.0042, f"4.2{N}ms"),
        (say.duration, 75.0, f"1{N}min{N}15{N}s"),
        (say.energy, 0.0, f"0{N}J"),
        (say.energy, 0.0123, f"12{N}mJ"),
        (say.energy, 999.0, f"1{N}kJ"),
        (say.energy, 3456.0, f"3.5{N}kJ"),
        (say.size, 312_000_000, f"312{N}MB"),
        (say.p_value, 0.00004, "< 0.001"),
        (say.p_value, 0.0312, "0.031"),
        (say.p_value, 0.0998, "0.10"),
        (say.p_value, 0.3, "0.30"),
    ],
)
def test_a_number_is_said_with_its_unit(tell, value, words):
    assert tell(value) == words


@pytest.mark.parametrize(
    "tell",
    [say.percent, say.points, say.decimal, say.count, say.money, say.duration, say.energy,
     say.size, say.p_value],
)  # fmt: skip
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_not_known_is_called_unknown_and_not_zero(tell, value):
    assert tell(value) == "unknown"


def test_an_interval_says_its_unit_once_and_does_not_break():
    assert say.interval(0.881, 0.904, say.percent) == f"[88.1,{N}90.4{N}%]"
    assert say.interval(0.0005, 0.002, say.duration) == f"[500{N}µs,{N}2{N}ms]"
    assert say.interval(0.5, None, say.percent) == f"[50.0{N}%,{N}unknown]"
    assert say.interval(None, None, say.percent) == ""


def test_a_moment_is_said_in_utc():
    assert say.when("2026-11-21T03:00:00+00:00") == "21 November 2026, 03:00 UTC"
    assert say.when("2026-11-21T01:30:00-05:00") == "21 November 2026, 06:30 UTC"
    assert say.when("2026-11-21T01:30:00") == "21 November 2026, 01:30"
    assert say.when("some day") == "some day"
    assert say.when(None) == "unknown"


def test_a_sentence_keeps_numbers_and_units_on_one_line():
    assert say.joined("90.5 % of 12 texts, 3 ms") == f"90.5{N}% of 12 texts, 3{N}ms"


def test_a_clipped_text_has_the_length_asked_for():
    assert say.clip("abcdef", 6) == "abcdef"
    assert say.clip("abcdefg", 6) == "abcde…"
