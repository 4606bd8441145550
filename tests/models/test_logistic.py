"""Logistic regression: soft labels of all labels at once give what a row for each would."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from underdog.models.training import logistic


@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_soft_labels_are_learned_as_a_weighted_row_for_each_label(form, monkeypatch):
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(120, 8))
    scores = np.exp(2 * rows @ draw.normal(size=(8, 5)))
    gold = np.insert(scores / scores.sum(axis=1, keepdims=True), 2, 0.0, axis=1)
    gold[:40] *= draw.random((40, 1))
    at_once = logistic.fit_head(form(rows), gold, 3.0)
    monkeypatch.setattr(logistic, "MANY_SOFT", np.inf)
    apart = logistic.fit_head(form(rows), gold, 3.0)
    seen = [0, 1, 3, 4, 5]
    for one, other in zip(at_once, apart, strict=True):
        assert np.allclose(one[..., seen], other[..., seen], atol=1e-3)
    assert at_once[1][2] == -np.inf
    assert not at_once[0][:, 2].any()
