"""What more labels are worth: from the learning curve inside the labelled rows, and a price."""

import json

import pytest
from conftest import moods

import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.evaluate.forecast import gains
from underdog.study.labels.label_budget import LabelBudget, label_budget
from underdog.study.labels.plan import plan


def test_a_power_law_is_carried_on():
    sizes = [100, 200, 400, 800]
    accuracy = [1 - 0.1 - 2 * n**-0.5 for n in sizes]
    found = gains(sizes, accuracy, 5000, [1600, 3200], 800)
    truth = [2 * 800**-0.5 - 2 * n**-0.5 for n in (1600, 3200)]
    for gain, right in zip(found, truth, strict=True):
        assert gain.low <= right <= gain.high
        assert gain.likely == pytest.approx(right, abs=0.01)
    assert gains(sizes, accuracy, 5000, [800], 800)[0].likely == pytest.approx(0)


def test_the_advice_ends_where_the_curve_is_flat():
    data = moods(160, noise=5)
    found = label_budget(ud.Bayes(), data, 0.002, left=200)
    assert [offer.examples for offer in found.offers] == [240, 360]
    assert all(o.low <= o.likely <= o.high for o in found.offers)
    assert f"{found.offers[0].examples - 160} more labels, $0.16" in "\n".join(found.lines())
    steep = LabelBudget("s", 100, 0.5, None, tuple(_offers((0.10, 0.15, 0.152))))
    assert steep.best.examples == 225
    assert "125 more labels, unknown, +15.0 ± 0.0 points expected; after that" in "\n".join(
        steep.lines()
    )
    flat = LabelBudget("s", 100, 0.5, None, tuple(_offers((0.001,))))
    assert "no more labels: the curve is flat" in "\n".join(flat.lines())


def _offers(gained):
    from underdog.evaluate.forecast import Gain

    return [Gain(round(100 * 1.5 ** (k + 1)), g, g, g) for k, g in enumerate(gained)]


def test_too_few_labels_are_refused():
    with pytest.raises(UnderdogError, match="too few"):
        label_budget(ud.Bayes(), moods(20), None, 10)


def test_a_plan_learns_from_answers_on_file(llm):
    from underdog.runtime.store import default_store

    llm(replies=[["great", "pos"]], otherwise="neg")
    data = moods(120)
    llm_ = ud.build("chat('tiny', price=[1.0, 2.0])")
    with default_store().open():
        rough = plan(llm_, data)
        assert rough.low < rough.cost.dollars < rough.high
        assert rough.minutes is None
        model = ud.FewShot(llm_, k=0).fit(data)
        model.answer(data.texts[:30])
        found = plan(llm_, data)
        assert (found.basis, found.cost.calls) == (30, 90)
        with ud.Ledger() as bill:
            model.answer(data.texts[30:])
    assert found.cost.dollars == pytest.approx(bill.total.dollars, rel=0.05)
    assert "from 30 answers on file" in "\n".join(found.lines())
    assert found.minutes > 0


def test_plan_and_budget_are_typed_as_one_command(sh, llm, tmp_path):
    llm(replies=[])
    data = moods(80)
    rows = [f"{text},{label}" for text, label in zip(data.texts, data.labels, strict=True)]
    (tmp_path / "some.csv").write_text("\n".join(["text,label", *rows]), "utf-8")
    words = ["plan", "some.csv", "--llm", "chat('tiny', price=[1.0, 2.0])", "--student", "bayes()"]
    code, said, _ = sh(*words)
    assert code == 0
    assert "more labels" in said
    assert json.loads(sh(*words, "--json")[1])["labels"]["labelled"] == 80
