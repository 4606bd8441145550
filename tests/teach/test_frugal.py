import json
from dataclasses import replace

import numpy as np
import pytest
from teach.worlds import with_column, world

from underdog.combine.confidence import Margin, Verifier
from underdog.core.cost import Ledger
from underdog.core.errors import UnderdogError
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec
from underdog.teach.deferral.certify import certify, renewed
from underdog.teach.deferral.infeasible import Infeasible
from underdog.testing import check_learner, check_model

LOGS, FRESH = (
    world(2300).take(rows) for rows in (range(1500), range(1500, 2300))
)  # one file, so that the large model's answers to the traffic to come are on record too
LLM = "recorded('llm', price='dollars')"
RISK = f"frugal(bayes(), {LLM}, risk=0.05)"


@pytest.fixture(scope="module")
def model():
    return build(RISK).fit(LOGS)


def test_the_recipe_is_its_own_configuration():
    text = "frugal(linear(), recorded('gpt4_answer'), risk=0.02)"
    assert spec(build(text)) == text
    assert repr(build(RISK)) == RISK


def test_the_small_model_keeps_what_it_knows_and_defers_the_rest(model):
    kept = np.array([len(path) == 1 for path in model.answer(FRESH.texts).paths])
    plain = np.array(["plain" in text for text in FRESH.texts])
    assert kept[~plain].mean() > 0.95
    assert kept[plain].mean() < 0.15
    assert model.certificate.coverage == pytest.approx(kept.mean(), abs=0.07)
    assert model.certificate.bound <= 0.05


def test_the_fitted_model_keeps_the_contract_and_its_certificate(model, tmp_path):
    check_model(model, LOGS.texts[:12])
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.certificate == model.certificate
    assert again.answer(LOGS.texts[:50]).values == model.answer(LOGS.texts[:50]).values
    assert again.guarantee == model.guarantee


def test_the_learner_keeps_the_contract():
    check_learner(build(f"frugal(bayes(), {LLM}, budget=0.0012)"), world(300))


def test_the_cost_of_the_answers_is_what_the_ledger_has(model):
    with Ledger() as bill:
        answers = model.answer(LOGS.texts[:100])
    assert answers.total.dollars == pytest.approx(bill.total.dollars)


def test_it_explains_who_answered(model):
    told = model.reasons(FRESH.texts[:40])
    for text, sentence in zip(FRESH.texts, told, strict=False):
        assert sentence.startswith("bayes said '")
        assert ("at least" in sentence) == ("llm said" not in sentence), text


def test_without_gold_the_guarantee_is_about_agreement():
    bare = LOGS.relabelled([None] * len(LOGS))
    model = build(RISK.replace("0.05", "0.08")).fit(bare)
    assert model.certificate.metric == "disagreement with the large model"
    asked = build(RISK.replace("risk=0.05", "risk=0.08, against='large'")).fit(LOGS)
    assert asked.certificate.metric == "disagreement with the large model"


def test_few_gold_labels_and_many_answers_are_combined():
    data = world(4000, large=1.0)
    some = data.relabelled([y if i % 4 == 0 else None for i, y in enumerate(data.labels)])
    model = build(RISK.replace("0.05", "0.1")).fit(some)
    assert model.guarantee.against == "both"
    assert model.certificate.method.startswith("prediction-powered")
    assert model.certificate.bound <= 0.1


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "recall"])
def test_a_drop_is_guaranteed_for_every_metric(metric):
    model = build(f"frugal(bayes(), {LLM}, drop=0.1, metric='{metric}')").fit(LOGS)
    assert model.certificate.metric == metric
    assert model.certificate.bound <= 0.1
    assert model.certificate.coverage > 0.55
    seen = model.paired_answers(FRESH)
    assert model.guarantee.observed(seen, seen.confidence >= model.certificate.threshold) <= 0.1


def test_a_budget_is_kept_and_nearly_used():
    model = build(f"frugal(bayes(), {LLM}, budget=0.001)").fit(LOGS)
    dollars = model.answer(FRESH.texts).total.dollars / len(FRESH)
    assert 0.0005 < dollars <= 0.001
    assert model.certificate.bound <= 0.001
    assert "no answer costs more than $0.008" in " ".join(model.certificate.assumes)


def test_the_confidence_can_be_named():
    for name, kind in (("margin", Margin), ("acceptor", Verifier)):
        model = build(RISK[:-1] + f", sure='{name}')").fit(LOGS)
        assert isinstance(model.cascade.sure[0], kind)


def test_the_rows_that_certify_are_not_those_that_taught(model):
    rest = LOGS.split(0.4, 0)[1]
    assert model.certificate.data == rest.fingerprint
    assert model.certificate.n == len(rest)
    again = build(RISK).fit(LOGS)
    assert again.certificate == model.certificate


def test_the_large_model_is_asked_about_no_row_whose_label_is_known_but_those_that_certify():
    with Ledger() as bill:
        build(RISK).fit(LOGS)
    assert bill.total.calls == len(LOGS.split(0.4, 0)[1])


def test_new_rows_renew_the_certificate_or_say_what_they_show(model):
    renewal = certify(model, FRESH)
    again = renewal.certificate
    assert (again.n, again.data, renewal.seen) == (800, FRESH.fingerprint, 0)
    assert again.threshold in model.candidates
    newer = renewed(model, again)
    assert newer.certificate == again
    assert newer.cascade.thresholds == (again.threshold,)
    (line,) = again.history
    assert "renewed; the threshold" in line
    assert f"{model.certificate.threshold:.4f}" in line
    assert len(certify(newer, FRESH).certificate.history) == 2
    upside = FRESH.relabelled(["neg" if y == "pos" else "pos" for y in FRESH.labels])
    with pytest.raises(UnderdogError, match=r"risk=0.05 cannot be guaranteed from 800"):
        certify(model, upside)


@pytest.mark.parametrize("rows", [range(1500), range(300), range(0, 1500, 7)])
def test_rows_that_took_part_in_fitting_cannot_certify(model, rows, tmp_path):
    save(model, tmp_path / "model")
    with pytest.raises(UnderdogError, match="took part in fitting this model"):
        certify(load(tmp_path / "model"), LOGS.take(rows))


def test_old_rows_among_new_ones_are_left_out_and_counted(model):
    whole = world(2300)
    shouted = replace(whole, texts=tuple(f" {text.upper()} " for text in whole.texts))
    with pytest.warns(UserWarning, match="1,500 of 2,300 rows took part"):
        renewal = certify(model, whole)
    assert (renewal.seen, renewal.certificate.n) == (1500, 800)
    assert "1,500 rows that took part in fitting were left out" in renewal.notes
    assert model.fitted_rows.contain(shouted)[:1500].all()
    assert not model.fitted_rows.contain(shouted)[1500:].any()


def test_a_model_without_row_hashes_says_that_rows_cannot_be_checked(model):
    old = replace(model, fitted_rows=None)
    renewal = certify(old, LOGS)
    assert renewal.seen is None
    assert "cannot be checked" in renewal.notes[0]
    assert "could not be checked" in renewal.certificate.assumes[-1]


def test_the_hashes_do_not_hold_texts_and_differ_between_models(model):
    other = build(RISK).fit(LOGS.take(range(1400)))
    assert not np.isin(model.fitted_rows.hashes, other.fitted_rows.hashes).any()
    assert int(model.fitted_rows.hashes.max()) < 2**40


def test_a_model_saved_before_fields_were_renamed_still_loads(model, tmp_path):
    save(model, tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    tree = json.loads(path.read_text())
    del tree["digest"]  # older versions wrote none
    parts = tree["model"]["with"]
    parts["promise"] = parts.pop("guarantee")
    del parts["fitted_rows"]
    old = parts["certificate"]["with"]
    old["promise"] = old.pop("guarantee")
    del old["history"]
    path.write_text(json.dumps(tree))
    again = load(tmp_path / "model")
    assert again.certificate == model.certificate
    assert again.guarantee == model.guarantee
    assert again.fitted_rows is None


def test_a_total_limits_errors_among_all_requests_and_keeps_more_than_a_risk():
    total, risk = (build(RISK.replace("risk=", f"{name}=")).fit(LOGS) for name in ("total", "risk"))
    assert total.certificate.coverage > risk.certificate.coverage
    seen = total.paired_answers(FRESH)
    local = seen.confidence >= total.certificate.threshold
    assert total.guarantee.observed(seen, local) == pytest.approx(
        float((local & (seen.small != seen.gold)).mean())
    )
    assert total.certificate.bound <= 0.05
    assert "as a share of all requests" in total.certificate.sentence


def test_of_several_students_the_one_that_answers_most_is_chosen():
    model = build(f"frugal([majority(), bayes()], {LLM}, risk=0.05)").fit(LOGS)
    alone = build(RISK).fit(LOGS)
    assert model.certificate.coverage >= alone.certificate.coverage - 0.03
    text = f"frugal([bayes(), linear()], {LLM}, total=0.05)"
    assert spec(build(text)) == text


def test_the_rows_that_certify_are_capped():
    model = build(RISK[:-1] + ", calibration_rows=300)").fit(LOGS)
    assert 200 < model.certificate.n < 400


def refusal(text, data=LOGS):
    with pytest.raises(UnderdogError) as caught:
        build(text).fit(data)
    return caught.value


def test_an_infeasible_guarantee_says_how_many_rows_would_probably_be_enough():
    few = world(160)
    error = refusal(RISK.replace("0.05", "0.03"), few)
    assert isinstance(error, Infeasible)
    low, high = error.rows
    assert len(few) < low
    assert f"{low:,}" in error.hint
    assert high is None or low <= high
    enough = build(RISK.replace("0.05", "0.03")).fit(world(low * 2))
    assert enough.certificate.bound <= 0.03


def test_a_limit_that_no_number_of_rows_would_meet_is_said():
    noise = world(1500)
    flipped = np.random.default_rng(0).random(1500) < 0.3
    other = {"pos": "neg", "neg": "pos"}
    labels = [other[y] if f else y for y, f in zip(noise.labels, flipped, strict=True)]
    error = refusal(RISK, with_column(noise.relabelled(labels), "llm", labels))
    assert "where the small model is most confident" in str(error)
    assert error.rows is None


def test_a_large_model_worse_than_the_small_one_is_not_worth_asking():
    error = refusal(RISK, world(1500, hard=0.02, large=0.8))
    assert "the large model is less accurate than the small one" in str(error)
    assert "use the small one alone: underdog fit FILE 'bayes()'" in error.hint


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", "takes one guarantee, and was given 0"),
        ("risk=0.1, drop=0.1", "takes one guarantee, and was given 2"),
        ("risk=0.0", "between 0 and 1, got 0"),
        ("drop=1.5", "between 0 and 1, got 1.5"),
        ("budget=-1.0", "must be more than \\$0 per answer, got -1"),
        ("drop=0.1, metric='bleu'", "metric='bleu' is unknown"),
        ("risk=0.1, against='me'", "against='me' is unknown"),
        ("risk=0.1, delta=0.0", "delta=0 is not between 0 and 1"),
        ("risk=0.1, share=1.0", "share=1 is not between 0 and 1"),
        ("risk=0.1, sure='luck'", "no confidence is called 'luck'"),
    ],
)
def test_what_cannot_be_meant_is_said(options, said):
    with pytest.raises(UnderdogError, match=said):
        build(f"frugal(bayes(), {LLM}, {options})").fit(LOGS)


def test_too_few_rows_are_said():
    assert "to certify are too few" in str(refusal(RISK, world(40)))


def test_gaps_in_the_recorded_answers_are_said():
    gappy = with_column(
        LOGS, "llm", ["" if i % 5 == 0 else y for i, y in enumerate(LOGS.columns["llm"])]
    )
    error = refusal(RISK.replace("risk=0.05", "risk=0.05, against='large'"), gappy)
    assert "the large model gave no label on" in str(error)


def test_unknown_prices_cannot_be_budgeted():
    unknown = with_column(
        LOGS, "dollars", [None if i % 9 == 0 else 0.002 for i in range(len(LOGS))]
    )
    assert "is unknown" in str(refusal(f"frugal(bayes(), {LLM}, budget=0.001)", unknown))
    assert "is unknown" in str(refusal("frugal(bayes(), recorded('llm'), budget=0.001)"))


def test_a_budget_below_the_small_models_own_cost_is_refused():
    assert "is not certified to cost" in str(refusal(f"frugal(bayes(), {LLM}, budget=1e-12)"))
