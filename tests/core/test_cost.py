import threading
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdog.core.cost import FREE, Cost, Ledger, charge

costs = st.builds(Cost, *[st.one_of(st.none(), st.integers(0, 99)) for _ in range(6)])


@given(costs, costs, costs)
def test_costs_form_a_commutative_monoid_with_unknowns(a, b, c):
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + FREE == a


def test_unknown_is_contagious_field_by_field():
    total = Cost(joules=None, dollars=1.0) + Cost(joules=3.0, dollars=2.0)
    assert total.joules is None
    assert total.dollars == 3.0


@given(costs)
def test_a_receipt_survives_being_an_array(cost):
    assert Cost.of(cost.row()) == cost


def test_every_open_ledger_sees_every_charge():
    with Ledger() as outer:
        charge(Cost(dollars=1.0))
        with Ledger() as inner:
            charge(np.array([[1.0, 0, 2.0, 0, 0, 1], [1.0, 0, 3.0, 0, 0, 1]]))
    charge(Cost(dollars=100.0))
    assert inner.total == Cost(seconds=2.0, dollars=5.0, calls=2)
    assert astuple(outer.total)[2] == pytest.approx(6.0)


def test_a_ledger_does_not_hear_other_threads():
    with Ledger() as bill:
        thread = threading.Thread(target=charge, args=(Cost(calls=1),))
        thread.start()
        thread.join()
    assert bill.total == FREE
