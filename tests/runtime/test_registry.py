import time
from dataclasses import dataclass

import pytest
from conftest import moods
from hypothesis import given
from hypothesis import strategies as st

from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority
from underdog.models.boosted import Boosted
from underdog.models.recorded import Recorded
from underdog.runtime.registry import build, contestant, lookup, names, register, spec

numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple), st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)


@register("box_for_tests")
@dataclass(frozen=True)
class Box:
    inside: object
    rest: object = ()


@given(values, values)
def test_building_a_spec_gives_the_thing_back(inside, rest):
    box = Box(inside, Box(rest))
    assert build(spec(box)) == box


def test_the_repr_is_the_configuration():
    assert repr(Majority()) == "majority()"
    assert repr(Recorded("gpt-4", price=0.5)) == "recorded('gpt-4', price=0.5)"
    assert spec(Box((Majority(), -1.5))) == "box_for_tests([majority(), -1.5])"


def test_a_bare_name_is_a_call_without_options():
    assert build("majority") == Majority()


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("majorty()", "'majorty'", "did you mean 'majority'"),
        ("recorded('x', prize=1)", "no option 'prize'", "options of recorded: column, price"),
        ("majority(1)", "more than 0 options", "options of majority: none"),
        ("recorded()", "missing 1 required", "options of recorded: column"),
        ("recorded(__import__('os').system('true'))", "not allowed", "read, never run"),
        ("majority().fit", "not allowed", "read, never run"),
        ("recorded('x' + 'y')", "not allowed", "read, never run"),
        ("recorded(f'{1}')", "not allowed", "read, never run"),
        ("recorded([x for x in 'ab'])", "not allowed", "read, never run"),
        ("recorded(column=lambda: 1)", "not allowed", "read, never run"),
        ("recorded(**{'column': 'x'})", "no option 'None'", "options of recorded"),
        ("recorded(", "cannot read", "name(option=value)"),
        ("a\0b", "cannot read", "name(option=value)"),
        ("", "cannot read", "name(option=value)"),
        ("(" * 5000, "cannot read", "name(option=value)"),
    ],
)
def test_a_bad_spec_says_what_to_do(text, problem, hint):
    with pytest.raises(UnderdogError) as caught:
        build(text)
    assert problem in caught.value.problem
    assert hint in caught.value.hint


def test_a_contestant_must_fit_or_answer():
    assert contestant("majority()") == Majority()
    with pytest.raises(UnderdogError, match="neither"):
        contestant("task('x', ['a'])")


def test_a_name_can_be_taken_once():
    with pytest.raises(ValueError, match="already registered"):
        register("majority")(Box)


def test_every_entry_point_brings_the_class_it_names():
    for name in names():
        assert lookup(name).__doc__, f"{name} has no docstring"


@pytest.mark.parametrize(
    "spec",
    [
        "ensemble(linear(), n=1e9)",
        "ensemble(linear(), n=1000000000)",
        "ensemble(linear(), n=1.5)",
        "ensemble(linear(), n=True)",
        "ensemble(linear(), n='5')",
        "ensemble(linear(), n=-3)",
        "bilstm(hidden=1e400)",
        "bilstm(hidden=10000000)",
        "fewshot(scripted([]), k=-5)",
        "chat('m', timeout=-1)",
        "chat('m', temperature=-1e400)",
        "ensemble(" * 60 + "linear()" + ")" * 60,
        "[" * 5000 + "]" * 5000,
    ],
    ids=lambda spec: spec[:40],
)
def test_an_option_beyond_its_type_or_range_is_refused_in_a_sentence(spec):
    start = time.perf_counter()
    with pytest.raises(UnderdogError) as caught:
        build(spec)
    assert time.perf_counter() - start < 2
    assert "\n" not in caught.value.problem
    assert caught.value.hint


def test_options_are_checked_in_python_too():
    from underdog import EnsembleOf, Linear

    with pytest.raises(UnderdogError, match=r"n must be a whole number, not 1\.5"):
        EnsembleOf(Linear(), n=1.5)
    with pytest.raises(UnderdogError, match="must be a number, not nan"):
        EnsembleOf(Linear(), n=float("nan"))


def test_fitted_models_differ_in_their_text_by_the_content_of_their_arrays():
    data = moods(80)
    fitted = [Boosted().fit(data.take(range(n))) for n in (60, 80)]
    one, other = map(spec, fitted)
    assert one != other
    assert spec(Boosted().fit(data.take(range(60)))) == one
    assert "array(" in one
    assert "..." not in one
