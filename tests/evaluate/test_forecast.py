"""Learning curves and what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underdog.core.errors import UnderdogError
from underdog.evaluate.forecast import forecast

SIZES = (500, 1000, 2000, 4000)


def law(n: float, floor: float = 0.05, scale: float = 4.0, exponent: float = 0.5) -> float:
    """Accuracy by a power law: .950 - 4 / sqrt(n)."""
    return 1 - floor - scale * n**-exponent


def test_a_curve_without_noise_is_carried_on_to_where_it_goes() -> None:
    found = forecast(SIZES, [law(n) for n in SIZES], 1_000_000, law(8_000))
    assert found.needed == pytest.approx(8_000, rel=0.05)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 8_000 <= found.high
    assert found.accuracy(8_000) == pytest.approx(law(8_000), abs=0.006)
    assert found.chance > 0.99


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """80 curves by one law, measured on 1,000 texts; below 80 % would be three s.e. off."""
    rng = np.random.default_rng(5)
    held = []
    for _ in range(80):
        seen = [rng.binomial(1000, law(n)) / 1000 for n in SIZES]
        if max(seen) >= law(12_000):
            continue
        found = forecast(SIZES, seen, 1000, law(12_000))
        held.append((found.low or np.inf) <= 12_000 <= (found.high or np.inf))
    assert len(held) > 70
    assert np.mean(held) > 0.8


def test_a_flat_curve_will_not_reach_a_higher_target() -> None:
    found = forecast(SIZES, [0.8, 0.8, 0.8, 0.8], 5000, 0.9)
    assert (found.low, found.needed, found.high) == (None, None, None)
    assert found.sentence.startswith("will not reach 90.0 %")
    assert found.chance < 0.05


def test_perfection_is_out_of_reach() -> None:
    found = forecast(SIZES, [0.8, 0.85, 0.9, 0.92], 1000, 1.0)
    assert found.needed is None
    assert found.chance < 0.05


def test_few_test_texts_leave_the_upper_end_open_and_say_so() -> None:
    found = forecast(SIZES, [0.80, 0.84, 0.865, 0.88], 200, 0.9)
    assert found.low is not None
    assert found.needed is not None
    assert found.high is None
    assert "perhaps never" in found.sentence
    assert "extrapolated from 500 to 4,000 labels" in found.sentence


def test_what_was_measured_is_not_forecast() -> None:
    found = forecast((2000, 500, 4000, 1000), (0.86, 0.80, 0.88, 0.84), 1000, 0.85)
    assert (found.low, found.needed, found.high, found.chance) == (2000, 2000, 2000, 1.0)
    assert found.sentence == "reached 85.0 % with 2,000 labels, as measured"


@pytest.mark.parametrize(
    ("examples", "accuracy"), [((100, 200), (0.5, 0.6)), ((100, 100, 200), (0.5, 0.5, 0.6))]
)
def test_two_sizes_are_too_few(examples: tuple[int, ...], accuracy: tuple[float, ...]) -> None:
    with pytest.raises(UnderdogError, match="3 sizes"):
        forecast(examples, accuracy, 100, 0.9)


def test_a_perfect_model_and_a_hopeless_one_are_no_trouble() -> None:
    assert forecast(SIZES, [1.0, 1.0, 1.0, 1.0], 50, 0.99).needed == 500
    assert forecast(SIZES, [0.0, 0.0, 0.0, 0.0], 50, 0.99).needed is None


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.3, 0.9), min_size=4, max_size=4),
    st.floats(0.905, 0.99),
    st.permutations(range(4)),
)
def test_a_higher_target_never_needs_fewer_labels(
    accuracy: list[float], target: float, order: list[int]
) -> None:
    near = forecast(SIZES, accuracy, 500, 0.901)
    far = forecast(SIZES, accuracy, 500, target)
    for closer, further in ((near.low, far.low), (near.needed, far.needed), (near.high, far.high)):
        assert (closer or np.inf) <= (further or np.inf)
    assert near.chance >= far.chance
    shuffled = forecast([SIZES[i] for i in order], [accuracy[i] for i in order], 500, target)
    assert shuffled == far
    assert (far.low or np.inf) >= SIZES[-1]
