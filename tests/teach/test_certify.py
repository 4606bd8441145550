import numpy as np
import pytest
from scipy.stats import binom

from underdog.runtime.persist import load, save
from underdog.teach.bounds import binomial_p, upper_bound
from underdog.teach.deferral.certificate import (
    Certificate,
    candidates,
    first_test,
    fixed_sequence,
    issue,
)
from underdog.teach.deferral.guarantees import MeanCost, Risk
from underdog.teach.deferral.paired_answers import PairedAnswers

LABELS = ("a", "b")


def sample(n, seed, slope=0.3):
    """Rows whose small model errs at ``slope`` times (1 - how sure it is); the risk above a
    threshold t is then slope (1 - t) / 2 exactly."""
    rng = np.random.default_rng(seed)
    sure, gold = rng.random(n), rng.integers(0, 2, n)
    small = np.where(rng.random(n) < slope * (1 - sure), 1 - gold, gold)
    return PairedAnswers(LABELS, sure, small, gold, gold, np.zeros(n), np.ones(n))


GRID = candidates(np.random.default_rng(99).random(2000))


def test_candidates_go_from_keeping_little_to_keeping_all_but_abstentions():
    assert (np.diff(GRID) < 0).all()
    assert 0 < GRID[-1] < 1e-300
    assert np.mean(np.random.default_rng(5).random(2000) >= GRID[0]) == pytest.approx(
        0.01, abs=0.01
    )
    reverse = candidates(np.array([0.0, 0.0, 0.5, 0.9]), harder_when_deferring=True)
    assert (np.diff(reverse) > 0).all()
    assert reverse[-1] == 2.0


def test_the_guarantee_is_broken_in_at_most_delta_of_all_draws():
    """Samples of a world whose truth is known: who keeps more than 5/6 breaks the guarantee."""
    broken, kept = 0, []
    for seed in range(150):
        at = fixed_sequence(Risk(0.05), sample(1500, seed, slope=0.12), GRID, 0.05)
        kept.append(0.0 if at is None else 1 - GRID[at])
        broken += kept[-1] > 5 / 6
    assert binom.sf(broken - 1, 150, 0.05) > 0.01
    assert np.mean(kept) > 0.6 * 5 / 6


def test_testing_stops_at_the_first_candidate_that_fails():
    """Outcomes that fail early and shine later must not be skipped over."""
    n = 2000
    sure = np.linspace(1, 0, n, endpoint=False)
    small = np.zeros(n, int)
    small[:400] = np.arange(400) % 8 == 0  # 12 % wrong among the surest, none after
    gold = np.zeros(n, int)
    seen = PairedAnswers(LABELS, sure, small, gold, gold, gold * 0.0, gold * 0.0)
    assert Risk(0.05).holds(seen, np.ones(n, bool), 0.05)
    assert fixed_sequence(Risk(0.05), seen, GRID, 0.05) is None


def test_the_start_looks_at_how_many_are_kept_and_at_nothing_else():
    kept = list(range(0, 1001, 10))
    risk = Risk(0.05)
    assert kept[first_test(kept, risk, 1000, 0.05)] == 250
    assert kept[first_test(kept, risk, 100, 0.05)] == 60  # below 59 nothing could pass
    assert first_test([0, 10, 20], risk, 1000, 0.05) == 3
    assert first_test(kept, MeanCost(0.1, 1.0), 1000, 0.05) == 0


def test_a_budget_is_tested_from_the_cheapest_on():
    seen = sample(800, 3)
    grid = candidates(np.random.default_rng(99).random(2000), harder_when_deferring=True)
    at = fixed_sequence(MeanCost(0.5, 2.0), seen, grid, 0.05)
    # a text that is handed over costs 1, so the mean cost is the share below the threshold
    assert 0.3 < grid[at] < 0.5


@pytest.fixture
def certificate(moods):
    return issue(Risk(0.1), sample(400, 1), moods, 0.6, 0.05)


def test_a_certificate_states_what_was_tested(certificate, moods):
    seen = sample(400, 1)
    kept = seen.confidence >= 0.6
    errors = int((seen.small[kept] != seen.gold[kept]).sum())
    assert certificate.bound == pytest.approx(upper_bound(errors, int(kept.sum()), 0.05))
    assert certificate.observed == errors / kept.sum()
    assert certificate.coverage == kept.mean()
    assert (certificate.n, certificate.data) == (400, moods.fingerprint)
    assert (binomial_p(errors, int(kept.sum()), 0.1) <= 0.05) == (certificate.bound <= 0.1)


def test_a_certificate_prints_its_guarantee_its_sample_and_what_voids_it(certificate):
    text = str(certificate)
    assert "at most 10.0% error among the small model's answers" in text
    assert "with probability 95%" in text
    assert f"400 rows, fingerprint {certificate.data}" in text
    assert text.count("assumes") == 2
    assert text.count("void by") == 2


def test_a_certificate_counts_the_gaps_of_the_large_model(moods):
    silent = sample(100, 1)
    silent.large[:3] = -1
    assert any(
        "3 rows without a label" in line
        for line in issue(Risk(0.5), silent, moods, 0.1, 0.05).assumes
    )


def test_a_certificate_is_saved_and_loaded_as_it_was(certificate, tmp_path):
    save(certificate, tmp_path / "it")
    assert load(tmp_path / "it") == certificate
    assert isinstance(load(tmp_path / "it"), Certificate)


def test_shuffling_keeps_rows_whole_and_is_repeatable():
    seen = sample(50, 0)
    mixed, again = seen.shuffled(4), seen.shuffled(4)
    assert mixed.confidence.tolist() == again.confidence.tolist() != seen.confidence.tolist()
    order = np.argsort(mixed.confidence)
    assert mixed.small[order].tolist() == seen.small[np.argsort(seen.confidence)].tolist()
