"""Graders of outputs: their numbers against the libraries they stand for, and what they refuse."""

import numpy as np
import pytest
from tiny_encoders import tiny_encoder

from underdog.core.data import Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.core.graders import needs
from underdog.evaluate.graders.lexical import Rouge, shared
from underdog.evaluate.graders.reading import samples, words
from underdog.runtime.registry import build, spec


def task(texts, references, **columns):
    return Dataset(
        Task("t", (), kind="text"),
        tuple(texts),
        (None,) * len(texts),
        references=tuple(references),
        columns={name: tuple(column) for name, column in columns.items()},
    )


DATA = task(
    ["The cat sat on the mat.", ("who?", "Rain fell in Oslo."), "", "犬が走る"],
    [("the cat sat", "a cat was sitting"), ("rain",), (), ("犬 が 走る",)],
)
SAID = ["A cat was sitting.", "Snow fell", "anything", "犬が走った"]


@pytest.mark.parametrize("name", ["rouge()", "rouge('2')", "bleu()", "chrf()", "chrf(2)"])
def test_a_grade_by_references_is_that_of_the_library_and_unknown_without_one(name):
    grader = build(name)
    grades = grader.grade(DATA.texts, SAID, DATA)
    assert np.isnan(grades).tolist() == [False, False, True, False]
    assert build(spec(grader)) == grader
    assert needs(grader) == ("reference",)
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU, CHRF

    said, right = SAID[0], DATA.right[0]
    if "rouge" in name:
        kind = f"rouge{grader.variant}"
        expected = max(RougeScorer([kind]).score(one, said)[kind].fmeasure for one in right)
    else:
        order = 2 if "2" in name else 0
        metric = CHRF(word_order=order) if "chrf" in name else BLEU(effective_order=True)
        expected = metric.sentence_score(said, list(right)).score / 100
    assert grades[0] == pytest.approx(expected)


def test_an_average_weighs_its_graders_and_knows_nothing_where_one_does_not():
    grader = build("average([overlap(), token_f1()], weights=[1, 3])")
    assert build(spec(grader)) == grader
    assert needs(grader) == ("source", "reference")
    one, two = (build(name).grade(DATA.texts, SAID, DATA) for name in ("overlap()", "token_f1()"))
    np.testing.assert_allclose(grader.grade(DATA.texts, SAID, DATA), (one + 3 * two) / 4)
    for wrong in ("[]", "[linear()]", "[overlap()], weights=[1, 2]", "[overlap()], weights=[0]"):
        with pytest.raises(UnderdogError):
            build(f"average({wrong})")


def test_words_of_every_script_count():
    assert words("Über 3 cafés, 犬!") == ["über", "3", "cafés", "犬"]
    assert build("rouge()").grade(DATA.texts, SAID, DATA)[3] > 0.5
    with pytest.raises(UnderdogError, match="no ROUGE-9"):
        Rouge("9")


def test_overlap_looks_into_the_source_and_length_at_nothing():
    found = build("overlap()").grade(DATA.texts, SAID, DATA)
    assert found[:2] == pytest.approx([1 / 4, 1 / 2])
    assert np.isnan(found[2])
    assert build("overlap('reference')").grade(DATA.texts, SAID, DATA)[0] == 1.0
    assert build("word_count()").grade(DATA.texts, ["", "a " * 100, "a", "b"], DATA)[
        :2
    ].tolist() == [
        0,
        0.5,
    ]
    assert shared("", "a") == 0


def test_samples_are_lists_or_texts_and_must_be_there():
    data = task(["x"] * 3, [()] * 3, samples=['["a", "", "b"]', None, "c"])
    assert samples(data) == [("a", "b"), (), ("c",)]
    with pytest.raises(UnderdogError, match="no column 'other'"):
        samples(data, "other")


@pytest.fixture(name="encoder")
def _encoder(tmp_path):
    pytest.importorskip("torch")
    return tiny_encoder("bert", tmp_path)


def _reference(encoder, layer, one, other):
    """BERTScore by the formula of the paper, with torch alone, on texts that fit in a window."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, body = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder)
    vectors = []
    for text in (one, other):
        ids = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            states = body.eval()(**ids, output_hidden_states=True).hidden_states[layer][0]
        vectors.append(torch.nn.functional.normalize(states, dim=-1))
    similar = vectors[0] @ vectors[1].T
    precision = similar.max(dim=1).values[1:-1].mean().item()
    recall = similar.max(dim=0).values[1:-1].mean().item()
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("layer", [1, 2])
def test_bertscore_is_that_of_the_formula_at_any_layer(encoder, layer):
    data = task(["a great film"] * 2, [("a dull plot and no joke", "lovely cast"), ("so bad",)])
    grades = build(f"bertscore({encoder!r}, layer={layer})").grade(
        data.texts, ["a great film and song", "very very poor hero"], data
    )
    first = max(
        _reference(encoder, layer, "a great film and song", right) for right in data.right[0]
    )
    second = _reference(encoder, layer, "very very poor hero", "so bad")
    assert grades == pytest.approx([first, second], abs=1e-5)


def test_bertscore_reads_long_texts_in_windows_and_blank_ones_as_nothing(encoder):
    long = " ".join(["great film", "dull song"] * 60)
    data = task([long, "", long], [(), ("film",), ()])
    source = build(f"bertscore({encoder!r}, against='source', part='precision')")
    grades = source.grade(data.texts, ["great film", "film", ""], data)
    assert 0 < grades[0] <= 1 + 1e-6
    assert np.isnan(grades[1])
    assert grades[2] == 0
    with pytest.raises(UnderdogError, match="no layer 9"):
        build(f"bertscore({encoder!r}, layer=9)").grade(data.texts, SAID[:3], data)
