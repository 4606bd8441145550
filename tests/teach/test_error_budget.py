"""The room that a promise has: for all answers, and label by label."""

from __future__ import annotations

import numpy as np
import pytest

from underdog.teach.online.error_budget import Account
from underdog.teach.online.undetected_errors import affordable, unseen


def account(each: bool = False, within: int = 10_000) -> Account:
    return Account.empty(2, risk=0.05, delta=0.05, audit=0.05, within=within, each=each)


def test_an_account_is_closed_before_it_is_endowed_and_open_after() -> None:
    ours = account()
    assert ours.open == (False, False)
    ours.endow()
    assert ours.open == (True, True)


def test_it_closes_when_the_bound_passes_the_credit_and_opens_when_there_are_more_answers() -> None:
    ours = account(within=4_000)
    ours.endow()
    while unseen(ours.found[0], 0.05, 0.05) <= 200:
        assert ours.open == (True, True)
        ours.find(0)
    assert ours.open == (False, False)
    ours.answers = 8_000
    assert ours.open == (True, True)


def test_missing_one_label_closes_the_others_and_not_that_one() -> None:
    ours = account(each=True)
    ours.heard = [900, 100]
    ours.endow()
    assert ours.least == [9_000.0, 1_000.0]
    assert ours.open == (False, True)  # 50 of the rare label may be missed; 84 may be unseen
    ours.risk = 0.1
    assert ours.open == (True, True)


def test_a_reply_that_names_no_label_counts_against_every_label() -> None:
    ours = account(each=True)
    ours.find(-1)
    ours.find(1)
    assert ours.found == [1, 2]


def test_what_is_allowed_spends_the_credit_evenly_and_luck_is_not_spent() -> None:
    ours = account()
    ours.endow()
    even = affordable(500.0, 0.05, 0.05) / 10_000 / 0.05
    assert ours.allowed() == pytest.approx(np.full(2, even), rel=1e-6)
    ours.answers = 5_000
    assert ours.allowed() == pytest.approx(np.full(2, even), rel=1e-6)
    ours.found = [12]
    assert (ours.allowed() < even / 2).all()


def test_each_label_may_spend_what_the_others_have_room_for() -> None:
    ours = account(each=True)
    ours.risk, ours.heard = 0.2, [900, 100]
    ours.endow()
    first, second = ours.allowed()
    assert first < second  # giving the common label misses the rare one
    rare = affordable(0.2 * 1_000, 0.05, 0.025) / 10_000 / 0.05
    assert first == pytest.approx(rare, rel=1e-6)


def test_the_share_that_may_differ_is_no_more_than_the_small_model_answered() -> None:
    ours = account()
    ours.answers, ours.given = 100, [3, 2]
    assert ours.share == pytest.approx(0.05)
