"""Further texts: written or edited, cleaned, and used only where they are shown to help."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.fake import Scripted
from underdog.runtime.registry import build, register
from underdog.teach.synthesis import prompts
from underdog.teach.synthesis.edits import Edits
from underdog.teach.synthesis.recipe import Augmented, joined, prove
from underdog.teach.synthesis.source import Made, cleaned, similarity
from underdog.teach.synthesis.writing import Paraphrased, Writer, judged, synthesise

DATA = moods(80)
ASKED = []


@register("author_for_tests")
@dataclass(frozen=True)
class Author:
    """Writes a text of the label that is asked for, longer with every prompt and draw."""

    temperature: float = 0.0
    seed: int = 0

    def answer(self, texts):
        ASKED.extend(texts)
        mood = [("lovely", "dull")["'neg'" in text] for text in texts]
        said = [
            f'Text: "a {m} thing {self.seed} {len(t)} {i}"'
            for i, (m, t) in enumerate(zip(mood, texts, strict=True))
        ]
        return ud.Answers.said(said, np.full((len(said), 6), 0.01), "author")


@pytest.mark.parametrize("how", ["attributed", "plain", "examples"])
def test_a_model_writes_equally_many_texts_for_each_label(how):
    ASKED.clear()
    made = Writer(Author(temperature=1.0), n=12, how=how).more(DATA)
    assert made.data.labels.count("pos") == made.data.labels.count("neg") == 6
    assert all(
        ("lovely" in t) == (y == "pos")
        for t, y in zip(made.data.texts, made.data.labels, strict=True)
    )
    assert made.data.texts[0].startswith("a ")
    assert made.cost.dollars == pytest.approx(0.12)
    assert len(set(made.data.texts)) == 12
    shown = [len(origin) for origin in made.origins]
    assert shown == [3 if how == "examples" else 0] * 12
    if how == "attributed":
        tones = [next(x for x in asked.splitlines() if x.startswith("Tone")) for asked in ASKED]
        assert len(set(tones)) == 6


def test_plain_prompts_need_a_model_that_draws():
    with pytest.raises(UnderdogError, match="same text each time"):
        Writer(Author(), n=6, how="plain").more(DATA)
    with pytest.raises(UnderdogError, match="by 'magic'"):
        Writer(Author(), how="magic")
    unlabelled = DATA.relabelled([None] * 80)
    with pytest.raises(UnderdogError, match="no example"):
        Writer(Author(), how="examples").more(unlabelled)


def test_texts_are_translated_there_and_back_or_made_queries():
    there = Scripted(
        [["Text: good film", "guter Film"], ["Text: guter Film", "a fine film"]],
        dollars_per_word=0.001,
    )
    some = Dataset.of(["good film"], ["pos"])
    made = Paraphrased(there, how="back", language="Danish").more(some)
    assert made.data.texts == ("a fine film",)
    assert made.origins == ((0,),)
    once = there.answer(["Text: good film"]).total.dollars
    assert made.cost.dollars > 1.5 * once
    asked = Paraphrased(Scripted([["search box", "Query: film review"]]), how="query").more(some)
    assert asked.data.texts == ("film review",)
    with pytest.raises(UnderdogError, match="cannot be rewritten"):
        Paraphrased(there, how="poem")


def test_paraphrases_come_from_the_texts_they_say_again():
    made = Paraphrased(Author(temperature=1.0), times=2).more(DATA.take(range(3)))
    assert made.origins == ((0,), (1,), (2,)) * 2
    assert made.data.labels == DATA.labels[:3] * 2


def test_empty_texts_copies_and_what_the_judge_denies_are_dropped_and_counted():
    pytest.importorskip("datasketch")
    real = DATA.take([0])
    texts = (
        "",
        real.texts[0].upper(),
        "a great novel about the sea",
        "a great novel about the sea!",
        "bad",
    )
    data = ud.Dataset(DATA.task, texts, ("pos",) * 5)
    made = cleaned(Made(data, ((),) * 5), real)
    assert made.data.texts == ("a great novel about the sea", "bad")
    assert dict(made.dropped) == {"empty": 1, "near duplicates": 2}
    kept = judged(made, build("keywords('neg', ['bad'])"))
    assert kept.data.texts == texts[2:3]
    assert kept.dropped[-1] == ("another label by the judge", 1)


def test_similarity_is_the_mean_cosine_of_pairs():
    assert similarity(["a b c", "a b c", "a b c"]) == pytest.approx(1)
    assert similarity(["aa", "zz"]) == pytest.approx(0)
    assert similarity(["one"]) == 0


def test_edits_keep_the_label_and_most_words():
    made = Edits(times=2, strength=0.3).more(DATA)
    assert len(made.data) == 160
    assert made.data.labels == DATA.labels * 2
    assert made.data.texts[:80] != made.data.texts[80:] != DATA.texts
    same = [
        len({*a.split()} & {*b.split()}) / len({*a.split()})
        for a, b in zip(DATA.texts, made.data.texts[:80], strict=True)
    ]
    assert 0.6 < np.mean(same) < 0.98
    assert Edits().more(DATA).data.texts == Edits().more(DATA).data.texts


def test_what_does_not_help_is_not_used():
    pytest.importorskip("datasketch")
    model = Augmented(ud.Bayes(), Edits()).fit(DATA)
    plain = ud.Bayes().fit(DATA)
    assert model.answer(DATA.texts).probs == pytest.approx(plain.answer(DATA.texts).probs)
    assert "do not augment" in model.describe([])[0].says
    assert "mean similarity" in model.verdict


def test_what_helps_is_used():
    """Three examples of a label, and a source that knows its other words."""
    pytest.importorskip("datasketch")
    few = _few()
    model = Augmented(ud.Bayes(), Knowing(), weight=1.0).fit(few)
    assert model.verdict.startswith("helped")
    assert model.used > 0
    both = joined(few, cleaned(Knowing().more(few), few), 1.0)
    assert model.answer(few.texts).values == ud.Bayes().fit(both).answer(few.texts).values


def _few():
    """Reviews whose words for the mood are all different."""
    words = [f"w{i}x{i}" for i in range(40)]
    return ud.Dataset.of(
        [f"a {w} film" for w in words], ["pos" if i % 2 else "neg" for i in range(40)]
    )


@register("knowing_for_tests")
@dataclass(frozen=True)
class Knowing:
    """Knows every word of `_few`, in other sentences."""

    def more(self, data, seed=0):
        few = _few()
        texts = tuple(
            f"{t.split()[1]} {t.split()[1]} it was number {i}" for i, t in enumerate(few.texts)
        )
        return Made(replace(few, texts=texts, task=data.task), ((),) * len(texts))


def test_a_text_made_from_a_held_out_one_takes_no_part():
    answers = replace(DATA, labels=tuple("pos" if i % 3 else "neg" for i in range(80)))
    copies = Made(answers, tuple((i,) for i in range(80)))
    proof = prove(ud.Bayes(), answers, copies, 1.0, 0)
    assert not proof.helped  # with copies of held-out texts it would be nearly perfect
    assert proof.low <= proof.gain <= proof.high


def test_attributes_are_used_equally_often():
    found = prompts.combinations((("A", ("x", "y")), ("B", ("p", "q", "r"))), 12, 0)
    assert [sum(row[0] == ("A", v) for row in found) for v in "xy"] == [6, 6]
    assert [sum(row[1] == ("B", v) for row in found) for v in "pqr"] == [4, 4, 4]


def test_a_real_language_model_writes_over_http(llama_url, monkeypatch):
    pytest.importorskip("datasketch")
    monkeypatch.setenv("OPENAI_BASE_URL", llama_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    task = ud.Task("news", ("sports", "business"))
    chat = ud.Chat("smollm2", max_tokens=24, temperature=0.8, concurrency=1)
    made = synthesise(task, chat, 4)
    assert 1 <= len(made.data) <= 4
    assert set(made.data.labels) <= {"sports", "business"}
    assert made.cost.tokens_out > 0
