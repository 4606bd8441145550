from dataclasses import replace

import pytest
from conftest import moods

from underdog.core.data import Archive
from underdog.core.errors import UnderdogError
from underdog.data.dates import monthly_volume
from underdog.models.recorded import Recorded
from underdog.report import html
from underdog.runtime.registry import build
from underdog.study import compare
from underdog.study.bill.terms import at_price, volume_of
from underdog.study.verdict import KEEP


def log(price=None, **columns):
    data = moods(300)
    swap = {"pos": "neg", "neg": "pos"}
    said = [swap[y] if i % 11 == 0 else y for i, y in enumerate(data.labels)]
    cells = {"gpt_answer": tuple(said), **columns}
    if price is not None:
        cells["gpt_cost"] = (price,) * len(data)
    return replace(data, columns=cells, archive=Archive(data.texts, cells))


@pytest.fixture(scope="module")
def cheap():
    """A study in which the large model costs seven cents a thousand."""
    return compare(["bayes()"], log(0.00007), against="gpt_answer", volume=40_000).results()


def test_a_verdict_is_priced_in_three_ways_and_a_small_saving_is_called_small(cheap):
    bill = cheap["bill"]
    assert bill["spec"] == "bayes()"
    assert bill["large"] == pytest.approx(2.80)
    assert [w["name"] for w in bill["ways"]] == [
        "inside your process",
        "on a shared machine",
        "on a machine of its own",
    ]
    assert bill["ways"][2]["total"] > 73 > 2.80 > bill["ways"][0]["total"]
    assert "At 40,000 texts a month (as given)" in bill["says"][0]
    assert "not for the money" in bill["says"][1]
    assert "A machine of its own costs more than the large model below" in bill["says"][1]
    assert "nothing leaves the house" in bill["says"][2]
    assert "cheaper per answer" not in cheap["verdict"]["sentence"]


def test_what_is_kept_is_not_talked_out_of_by_money():
    study = compare(["majority()"], log(0.01), against="gpt_answer", volume=40_000)
    assert study.verdict.decision == KEEP
    _, saving = study.results()["bill"]["says"]
    assert saving.startswith("That would save $39")
    assert saving.endswith(" a month inside your process, and lose accuracy.")


def test_the_report_shows_the_bill_with_a_slider(cheap):
    page = html(cheap)
    assert 'id="bill-title"' in page
    assert 'type="range"' in page
    assert "on a machine of its own" in page
    assert 'id="bill-title"' not in html({**cheap, "bill": None})


def test_a_price_per_token_prices_recorded_answers():
    archive = log().archive
    large = at_price(Recorded("gpt_answer"), archive, 1.0, 10.0)
    tokens = sum(len(t) for t in archive.texts) / 4 / 300
    assert large.price == pytest.approx((tokens + 10 * 3 / 4) / 1e6, rel=1e-3)
    with pytest.raises(UnderdogError, match="that answered in a column"):
        at_price(None, archive, 1.0, 0.0)


@pytest.mark.parametrize(
    ("typed", "priced"),
    [
        ("decide('m')", "decide('m', price=0.1)"),
        ("fewshot(decide('m'), k=2)", "fewshot(decide('m', price=0.1), k=2)"),
        ("calibrated(decide('m'))", "calibrated(decide('m', price=0.1))"),
        ("fewshot(chat('m'))", "fewshot(chat('m', price=[0.1, 2.0]))"),
    ],
)
def test_a_live_model_without_a_list_price_is_asked_at_the_price_that_is_typed(typed, priced):
    assert at_price(build(typed), log().archive, 0.1, 2.0) == build(priced)


def test_without_a_price_the_bill_says_what_to_type():
    found = compare(["majority()"], log(), against="gpt_answer").results()["bill"]
    assert not found["ways"]
    assert "--price-in" in found["says"][0]


@pytest.mark.parametrize(
    "cells",
    [
        [f"2026-11-{1 + i % 10:02}T10:00:00" for i in range(90)],
        [1_790_000_000 + 86_400 * (i % 10) for i in range(90)],
        [1_790_000_000_000 + 86_400_000 * (i % 10) for i in range(90)],
    ],
    ids=["iso", "seconds", "milliseconds"],
)
def test_the_volume_comes_from_the_dates_of_the_log(cells):
    volume, name = monthly_volume({"n": tuple(range(90)), "createdAt": tuple(cells)})
    assert (round(volume), name) == (round(90 / 9 * 30.4375), "createdAt")
    assert volume_of(None, {"date": tuple(cells)}).source == "by the dates in 'date'"


def test_what_is_no_column_of_dates_says_nothing():
    assert monthly_volume({"date": ("yes", "no") * 40, "datetime": ("2026-11-01",) * 80}) is None
    assert volume_of(None, {}).texts == 100_000
    with pytest.raises(UnderdogError, match="have no bill"):
        volume_of(0, {})
