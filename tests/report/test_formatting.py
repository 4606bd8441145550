import math

import pytest

from underdog.report import formatting

N = formatting.NBSP


@pytest.mark.parametrize(
    ("tell", "value", "words"),
    [
        (formatting.percent, 0.8931, f"89.3{N}%"),
        (formatting.points, -0.012, f"−1.2{N}points"),
        (formatting.points, 0.0042, f"+0.4{N}points"),
        (formatting.points, -0.0001, f"0.0{N}points"),
        (formatting.decimal, 0.97314, "0.973"),
        (formatting.count, 1234567, "1,234,567"),
        (formatting.count, 2.5, "2.5"),
        (formatting.money, 0.0, "$0"),
        (formatting.money, 0.000299, "$0.00030"),
        (formatting.money, 8.95, "$8.95"),
        (formatting.money, -3.5, "−$3.50"),
        (formatting.duration, 0.000113, f"113{N}µs"),
        (formatting.duration, 0.0042, f"4.2{N}ms"),
        (formatting.duration, 75.0, f"1{N}min{N}15{N}s"),
        (formatting.energy, 0.0, f"0{N}J"),
        (formatting.energy, 0.0123, f"12{N}mJ"),
        (formatting.energy, 999.0, f"1{N}kJ"),
        (formatting.energy, 3456.0, f"3.5{N}kJ"),
        (formatting.size, 312_000_000, f"312{N}MB"),
        (formatting.p_value, 0.00004, "< 0.001"),
        (formatting.p_value, 0.0312, "0.031"),
        (formatting.p_value, 0.0998, "0.10"),
        (formatting.p_value, 0.3, "0.30"),
    ],
)
def test_a_number_is_said_with_its_unit(tell, value, words):
    assert tell(value) == words


@pytest.mark.parametrize(
    "tell",
    ["percent", "points", "decimal", "count", "money", "duration", "energy", "size", "p_value"],
)
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_not_known_is_called_unknown_and_not_zero(tell, value):
    assert getattr(formatting, tell)(value) == "unknown"


def test_an_interval_says_its_unit_once_and_does_not_break():
    assert formatting.interval(0.881, 0.904, formatting.percent) == f"[88.1,{N}90.4{N}%]"
    assert formatting.interval(0.0005, 0.002, formatting.duration) == f"[500{N}µs,{N}2{N}ms]"
    assert formatting.interval(0.5, None, formatting.percent) == f"[50.0{N}%,{N}unknown]"
    assert formatting.interval(None, None, formatting.percent) == ""


def test_a_moment_is_said_in_utc():
    assert formatting.when("2026-11-21T03:00:00+00:00") == "21 November 2026, 03:00 UTC"
    assert formatting.when("2026-11-21T01:30:00-05:00") == "21 November 2026, 06:30 UTC"
    assert formatting.when("2026-11-21T01:30:00") == "21 November 2026, 01:30"
    assert formatting.when("some day") == "some day"
    assert formatting.when(None) == "unknown"


def test_a_sentence_keeps_numbers_and_units_on_one_line():
    assert formatting.joined("90.5 % of 12 texts, 3 ms") == f"90.5{N}% of 12 texts, 3{N}ms"


def test_a_clipped_text_has_the_length_asked_for():
    assert formatting.clip("abcdef", 6) == "abcdef"
    assert formatting.clip("abcdefg", 6) == "abcde…"
