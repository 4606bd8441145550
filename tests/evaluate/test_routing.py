"""RouteLLM's measures, against numbers worked out by hand."""

import numpy as np
import pytest

from underdog.core.errors import UnderdogError
from underdog.evaluate.routing import CallCurve

WEAK = np.array([0, 0, 1, 1, 1, 0, 1, 1, 0, 1], float)
STRONG = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], float)


def test_the_curve_steps_through_the_texts_from_the_highest_score():
    """Scores 9 ... 0, ten steps: one more text for the strong model each time."""
    curve = CallCurve.of(np.arange(10.0)[::-1], WEAK, STRONG)
    np.testing.assert_allclose(curve.calls, np.arange(11) / 10)
    expected = [0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.9, 0.9, 0.9, 0.9, 0.8]
    np.testing.assert_allclose(curve.quality, expected)


def test_the_three_measures_by_hand():
    """The gap is 0.6 to 0.8. The area over 0.6: a tenth of the sum of trapezia."""
    curve = CallCurve.of(np.arange(10.0)[::-1], WEAK, STRONG)
    heights = np.array([0, 0.5, 1, 1, 1, 1, 1.5, 1.5, 1.5, 1.5, 1])
    assert curve.apgr == pytest.approx((heights.sum() - 0.5) / 10)
    assert curve.apgr == pytest.approx(1.10)
    assert curve.cpt(0.5) == pytest.approx(10)  # quality 0.7
    assert curve.cpt(0.8) == pytest.approx(16)  # quality 0.76, 3/5 of the way to the second
    assert curve.cpt(0.0) == 0


def test_a_straight_line_is_routing_at_random():
    line = CallCurve(np.linspace(0, 1, 11), np.linspace(0.68, 0.8, 11))
    assert line.apgr == pytest.approx(0.5)
    assert line.cpt(0.5) == pytest.approx(50)
    assert line.cpt(0.8) == pytest.approx(80)


def test_the_first_crossing_counts_where_the_curve_dips():
    curve = CallCurve(np.array([0, 0.25, 0.5, 1]), np.array([0.0, 0.6, 0.2, 1.0]))
    assert curve.cpt(0.3) == pytest.approx(12.5)
    assert curve.cpt(0.8) == pytest.approx(75)


def test_equal_scores_stay_together():
    curve = CallCurve.of(np.zeros(10), WEAK, STRONG)
    assert set(curve.calls) == {0.0, 1.0}
    assert curve.apgr == pytest.approx(0.5)


def test_a_strong_model_that_is_not_stronger_is_refused():
    curve = CallCurve.of(np.arange(10.0), STRONG, WEAK)
    with pytest.raises(UnderdogError, match="no better than the weak one"):
        _ = curve.apgr
    with pytest.raises(UnderdogError, match="no gap to recover"):
        curve.cpt(0.5)
