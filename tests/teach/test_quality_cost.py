import pytest
from teach.worlds import world

from underdog.runtime.registry import build
from underdog.teach.deferral.quality_cost import curve

DATA = world(1500)
FIT, REST = (DATA.take(rows) for rows in (range(1000), range(1000, 1500)))


@pytest.fixture(scope="module")
def model():
    return build("frugal(bayes(), recorded('llm', price='dollars'), risk=0.1)").fit(FIT)


def test_the_curve_runs_from_all_large_to_all_small(model):
    points = curve(model, REST)
    assert (points[0].coverage, points[-1].coverage) == (0.0, 1.0)
    coverage = [point.coverage for point in points]
    dollars = [point.dollars_per_1000 for point in points]
    assert coverage == sorted(coverage)
    assert dollars == sorted(dollars, reverse=True)


def test_its_ends_are_the_two_models(model):
    small, large = model.cascade.stages
    points = curve(model, REST)
    for point, stage in ((points[0], large), (points[-1], small)):
        said = stage.answer(REST.texts).values
        right = sum(a == b for a, b in zip(said, REST.labels, strict=True)) / len(REST)
        assert point.accuracy == pytest.approx(right)
    assert points[0].dollars_per_1000 == pytest.approx(
        1000 * large.answer(REST.texts).total.dollars / len(REST), rel=0.05
    )


def test_one_point_is_certified_and_it_is_the_cascade_itself(model):
    (point,) = (point for point in curve(model, REST) if point.certified)
    answers = model.answer(REST.texts)
    kept = sum(len(path) == 1 for path in answers.paths) / len(REST)
    right = sum(a == b for a, b in zip(answers.values, REST.labels, strict=True)) / len(REST)
    assert (point.coverage, point.accuracy) == (kept, pytest.approx(right))


def test_without_prices_and_gold_the_curve_says_what_it_can(model):
    bare = build("frugal(bayes(), recorded('llm'), risk=0.1)").fit(FIT)
    points = curve(bare, REST.relabelled([None] * len(REST)))
    assert points[0].dollars_per_1000 is None
    assert points[0].accuracy == 1.0
