"""Prices of further answers, learned from earlier ones."""

import numpy as np
import pytest

from underdog.runtime.tariff import Tariff


def test_a_price_by_length_is_found_and_carried_on():
    sizes = np.arange(100, 400, 10)
    tariff = Tariff.learn(sizes, 0.002 + 1e-5 * sizes)
    assert (tariff.base, tariff.rate) == pytest.approx((0.002, 1e-5))
    assert tariff.total([1000, 2000]) == pytest.approx((0.034, 0.034, 0.034))


def test_the_interval_holds_what_it_says():
    draw, inside = np.random.default_rng(0), 0
    for _ in range(200):
        sizes = draw.integers(50, 500, size=240)
        prices = 0.001 + 2e-5 * sizes + draw.gamma(2.0, 0.002, size=240)
        _, low, high = Tariff.learn(sizes[:40], prices[:40]).total(sizes[40:])
        inside += low <= prices[40:].sum() <= high
    assert 0.88 <= inside / 200 <= 0.99


def test_few_or_unknown_prices_teach_nothing():
    assert Tariff.learn([10] * 9, np.ones(9)) is None
    assert Tariff.learn([10] * 30, np.full(30, np.nan)) is None
    assert Tariff.learn([10] * 30, np.zeros(30)).total([10]) == (0, 0, 0)
