"""Labels put right: the suspects are the wrong ones, and asked about in other words."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.core.data import Archive
from underdog.core.errors import UnderdogError
from underdog.runtime.registry import build
from underdog.teach.distil.repair import asked_differently, repair, suspicions


@pytest.fixture(name="noisy", scope="module")
def _noisy():
    """Reviews of which every eighth has a wrong label; the archive knows the right ones."""
    right = moods(200, noise=300).labels
    noisy = moods(200, noise=8)
    columns = {"gold": right, "price": (0.01,) * 200}
    return replace(noisy, archive=Archive(noisy.texts, columns))


def test_wrong_labels_look_wrong_and_are_put_right(noisy):
    wrong = np.array(
        [a != b for a, b in zip(noisy.labels, noisy.archive.columns["gold"], strict=True)]
    )
    mended = repair(noisy, ud.Bayes(), ud.Recorded("gold", price="price"), share=0.15)
    assert wrong[mended.rows].mean() > 0.7 > wrong.mean()
    assert mended.changed == wrong[mended.rows].sum()
    assert mended.price == pytest.approx(0.30)
    assert f"changed {mended.changed}: $0.30" in mended.sentence()
    assert list(mended.suspicion[mended.rows]) == sorted(mended.suspicion[mended.rows])[::-1]
    model = build("repaired(bayes(), recorded('gold', price='price'))").fit(noisy)
    assert (
        model.answer(noisy.texts).values == ud.Bayes().fit(mended.data).answer(noisy.texts).values
    )


def test_suspicion_is_cleanlabs_normalised_margin(noisy):
    rank = pytest.importorskip("cleanlab.rank")
    numbered = replace(noisy, columns={"row": tuple(range(len(noisy)))})
    probs = np.zeros((200, 2))
    for train, test in numbered.folds(5, 0):
        rows = list(test.columns["row"])
        probs[rows] = ud.Bayes().fit(train).answer(test.texts).matrix(noisy.task.labels)
    theirs = rank.get_label_quality_scores(noisy.targets, probs, method="normalized_margin")
    assert 1 - suspicions(ud.Bayes(), noisy) == pytest.approx(theirs)


def test_nothing_is_asked_when_nothing_may_be(noisy):
    mended = repair(noisy, ud.Bayes(), ud.Recorded("gold"), share=0.0)
    assert (mended.changed, len(mended.rows)) == (0, 0)
    assert mended.data.labels == noisy.labels


def test_a_question_is_put_in_other_words():
    prompted = ud.FewShot(build("scripted([])"), k=0).fit(moods(20))
    again = asked_differently(prompted)
    assert "doubted" in again.prompt("a film")
    assert again.prompt("a film").index("- pos") < again.prompt("a film").index("- neg")
    assert asked_differently(ud.Bayes()) == ud.Bayes()


def test_labels_must_be_there():
    with pytest.raises(UnderdogError, match="no label to repair"):
        repair(ud.Dataset.of(["a", "b"], [None, None]), ud.Bayes(), ud.Recorded("gold"))
