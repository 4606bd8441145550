"""Ten bills, each computed by hand; sums are exact but for the last bits of a float."""

import pytest

from underdog.evaluate.bill import Job, bill, machines_needed, worth_a_ratio

HAND = {
    # volume, large, seconds, hour, deferred, labels, training
    #   -> large; in process, shared, own machine; volumes from which each is cheaper
    "nothing but answers": (
        Job(100_000, 0.001, 0.036, 0.10),
        (100.0, 1.10, 1.40, 74.0),
        (0.0, 0.0, 73 / 0.00099),
    ),
    "labels count for a twelfth": (
        Job(100_000, 0.001, 0.036, 0.10, labels=120),
        (100.0, 11.10, 11.40, 84.0),
        (10 / 0.000989, 10 / 0.000986, 83 / 0.00099),
    ),
    "five fits in the first year": (
        Job(100_000, 0.001, 0.036, 0.10, training=12),
        (100.0, 6.10, 6.40, 79.0),
        (5 / 0.000989, 5 / 0.000986, 78 / 0.00099),
    ),
    "a fifth is passed on": (
        Job(100_000, 0.001, 0.036, 0.10, deferred=0.2),
        (100.0, 21.10, 21.40, 94.0),
        (0.0, 0.0, 73 / 0.00079),
    ),
    "forty thousand decisions": (
        Job(40_000, 0.00007, 0.0, 0.10, labels=0.252),
        (2.80, 0.049, 0.049, 73.049),
        (0.021 / 0.0000693, 0.021 / 0.0000693, 73.021 / 0.0000693),
    ),
    "a slow model on a dear machine": (
        Job(10_000, 0.01, 3.6, 1.0),
        (100.0, 11.0, 41.0, 731.0),
        (0.0, 0.0, 730 / 0.0099),
    ),
    "a free large model": (
        Job(1_000_000, 0.0, 0.0036, 0.10),
        (0.0, 0.10, 0.40, 73.0),
        (None, None, None),
    ),
    "all is passed on": (
        Job(1_000, 0.01, 0.0, 0.10, deferred=1.0),
        (10.0, 10.1, 10.1, 83.1),
        (None, None, None),
    ),
    "everything at once": (
        Job(500_000, 0.002, 0.072, 0.20, deferred=0.1, labels=600, training=24),
        (1000.0, 172.0, 178.0, 316.0),
        (60 / 0.001776, 60 / 0.001764, 206 / 0.00178),
    ),
    "two machines": (
        Job(1_000_000, 0.001, 1.0, 0.10),
        (1000.0, 10 + 1e6 / 36_000, 10 + 1e6 / 9_000, 156.0),
        (0.0, 0.0, 73 / 0.00099),
    ),
}


@pytest.mark.parametrize("name", HAND)
def test_the_bill_is_that_of_a_person_with_a_pencil(name):
    job, sums, volumes = HAND[name]
    found = bill(job)
    large, *ways = sums
    assert found.large == pytest.approx(large, rel=1e-12)
    assert [way.total for way in found.ways] == pytest.approx(ways, rel=1e-12)
    assert [way.saves for way in found.ways] == pytest.approx([large - w for w in ways])
    for way, volume in zip(found.ways, volumes, strict=True):
        assert way.cheaper_from == (volume if volume is None else pytest.approx(volume, rel=1e-9))


@pytest.mark.parametrize("name", HAND)
def test_at_the_volume_from_which_it_is_cheaper_both_cost_the_same(name):
    job, *_ = HAND[name]
    for k, way in enumerate(bill(job).ways):
        if way.cheaper_from:
            there = Job(**{**job.__dict__, "volume": way.cheaper_from})
            assert bill(there).ways[k].saves == pytest.approx(0, abs=1e-9)


def test_machines_are_sized_for_the_busiest_hour():
    month = 730 * 3600
    assert machines_needed(1, 1e-6) == 1
    assert machines_needed(month / 4, 1.0) == 1
    assert machines_needed(month / 4 + 1, 1.0) == 2


def test_a_dedicated_machine_that_costs_more_than_it_answers_never_pays():
    assert bill(Job(1000, 1e-7, 10.0, 1.0)).ways[2].cheaper_from is None


def test_a_saving_of_two_dollars_is_no_reason_and_no_headline():
    small = bill(HAND["forty thousand decisions"][0])
    assert round(small.best.saves, 2) == 2.75
    assert not small.pays
    assert bill(HAND["everything at once"][0]).pays
    assert not worth_a_ratio(0.0000001, 0.00007, 40_000)
    assert worth_a_ratio(0.0000001, 0.00895, 40_000)
    assert not worth_a_ratio(None, None, 40_000)
