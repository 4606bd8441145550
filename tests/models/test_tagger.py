"""The tagger: pieces found and named, sequences of tags, and what it refuses."""

import json
import random

import numpy as np
import pytest
from scipy.special import logsumexp
from tiny_encoders import tiny_encoder

from underdog.core.data import Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.core.graders import Entities, Exact, grader_for
from underdog.core.values import as_pieces, is_pieces, pieces
from underdog.models.tagger import Tagger
from underdog.models.tagger.model import likeliest
from underdog.models.tagger.tokens import pieces_of, tags, tokens
from underdog.runtime.persist import load, save

FIRST = ("Ada", "Alan", "Grace", "Linus", "Barbara", "Donald")
LAST = ("Lovelace", "Turing", "Hopper", "Liskov", "Knuth", "Backus")
CITIES = ("London", "Paris", "Rome", "Oslo", "Vienna", "Prague")


def sentences(n, seed=0):
    """Sentences with people and places, and some with neither."""
    draw = random.Random(seed)
    texts, gold = [], []
    for i in range(n):
        who, where = f"{draw.choice(FIRST)} {draw.choice(LAST)}", draw.choice(CITIES)
        text, found = draw.choice(
            [
                (f"{who} moved to {where} in {1900 + i}.", [("person", who), ("place", where)]),
                (f"In {where}, item {i} met {who}.", [("place", where), ("person", who)]),
                (f"Nothing of note happened in year {i}.", []),
            ]
        )
        texts.append(text)
        gold.append(as_pieces(found))
    return Dataset(Task("people", (), kind="text"), tuple(texts), tuple(gold))


@pytest.fixture(name="model", scope="module")
def _model():
    return Tagger().fit(sentences(120))


def test_pieces_are_found_and_named_in_texts_that_were_not_learned(model):
    test = sentences(60, seed=1)
    answers = model.answer(test.texts)
    assert Entities().grade(test.texts, answers.values, test).mean() > 0.97
    said = model.answer(["Later Grace Turing came to Oslo."])[0].value
    assert pieces(said) == (("person", "Grace Turing"), ("place", "Oslo"))
    assert model.answer([""])[0].value == "[]"
    assert ((answers.sure > 0) & (answers.sure <= 1)).all()


def test_an_encoder_reads_the_tokens_too(tmp_path):
    pytest.importorskip("torch")
    encoder = tiny_encoder("bert", tmp_path)
    model = Tagger(cost=1, encoder=encoder).fit(sentences(25))
    assert model.dense.shape == (16, len(model.tags))
    assert np.abs(model.dense).sum() > 0
    texts = [*sentences(20, seed=2).texts, "", "x" * 700]
    said = model.answer(texts)
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").answer(texts).values == said.values
    assert model.answer(texts[:1]).values == said.values[:1]


def test_vectors_of_tokens_are_the_means_of_those_of_their_parts(tmp_path):
    pytest.importorskip("torch")
    from underdog.models.tagger.vectors import SCALE, vectors_of
    from underdog.models.transformers.layers import layer_vectors

    encoder = tiny_encoder("bert", tmp_path)
    [rows] = vectors_of(["great film"], [[(0, 5), (6, 10)]], encoder)
    [read] = layer_vectors(["great film"], encoder)
    assert len(read.vectors) == 4, "each word is one token between two that begin and end"
    assert rows == pytest.approx(SCALE * read.vectors[1:3])


def test_a_saved_tagger_answers_the_same(model, tmp_path):
    texts = sentences(20, seed=2).texts
    save(model, tmp_path / "m")
    again = load(tmp_path / "m")
    assert again.answer(texts).values == model.answer(texts).values
    assert np.array_equal(again.answer(texts).sure, model.answer(texts).sure)


def test_the_sequence_is_the_likeliest_of_all():
    rng = np.random.default_rng(0)
    scores, steps = rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    every = np.stack(np.meshgrid(*[range(3)] * 5, indexing="ij"), -1).reshape(-1, 5)

    def total(path):
        before = [0, *path[:-1]]
        return scores[range(5), path].sum() + steps[before, path].sum()

    assert likeliest(scores, steps).tolist() == max(every.tolist(), key=total)
    assert logsumexp(scores) == pytest.approx(np.log(np.exp(scores).sum()))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Rome, Rome and Romeo", [("place", "Rome"), ("place", "Rome")]),
        ("a New York-based firm", [("place", "New York")]),
        ("Zoë met 東京 (Tokyo)", [("person", "Zoë"), ("place", "Tokyo")]),
        ("nothing", []),
    ],
)
def test_tags_and_pieces_are_the_same_thing(text, named):
    places = tokens(text)
    said = tags(text, places, named)
    assert pieces_of(text, places, said) == named


def test_a_piece_that_is_no_whole_token_or_not_there_cannot_be_tagged():
    for piece in ("Rom", "Paris", ""):
        assert tags("Romeo and Rome", tokens("Romeo and Rome"), [("place", piece)]) is None


@pytest.mark.parametrize(
    ("wrote", "read"),
    [
        ('[["person", "Ada"]]', (("person", "Ada"),)),
        ('{"person": ["Ada"], "place": []}', (("person", "Ada"),)),
        ('{"entities": [{"type": "person", "text": "Ada"}]}', (("person", "Ada"),)),
        (
            'Here you are:\n```json\n[{"entity": "Ada", "label": "person"}]\n```',
            (("person", "Ada"),),
        ),
        ("person: Ada\n- place: Oslo", (("person", "Ada"), ("place", "Oslo"))),
        ("[]", ()),
        ("I found no person.", None),
        ('["Ada", 3]', None),
        ('{"person": "Ada"}', None),
    ],
)
def test_what_a_language_model_wrote_is_read(wrote, read):
    assert pieces(wrote) == read


def test_answers_are_graded_however_they_are_written():
    data = sentences(3)
    right = [json.dumps({kind: [piece] for kind, piece in pieces(y)}) for y in data.labels]
    assert isinstance(grader_for(data), Entities)
    assert Entities().grade(data.texts, right, data).tolist() == [1.0] * 3
    assert Exact().grade(data.texts, right, data).tolist() == [1.0] * 3
    two = Dataset(data.task, ("x",), (as_pieces([("a", "One  two"), ("b", "three")]),))
    assert Entities().grade(two.texts, ['[["a", "one two"]]'], two)[0] == pytest.approx(2 / 3)
    assert Entities().grade(two.texts, ["nothing readable"], two)[0] == 0
    assert not is_pieces("[1, 2]")


def test_a_task_without_pieces_is_refused():
    plain = Dataset(Task("t", (), kind="text"), ("a text",), ("an answer",))
    with pytest.raises(UnderdogError, match="no text here holds the pieces"):
        Tagger().fit(plain)
    with pytest.raises(UnderdogError, match="tagger learns tasks with a text"):
        Tagger().fit(Dataset.of(["a", "b"], ["x", "y"]))
