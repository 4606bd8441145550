"""From completions to labels: prompts, demonstrations, and how the answer is read."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pytest

from underdog.combine.forms import filled
from underdog.combine.prompted import SHOWN, FewShot, Prompted
from underdog.core.answer import Answers
from underdog.core.cost import Ledger
from underdog.core.data import Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.models.chat import Chat
from underdog.models.fake import Scripted
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec
from underdog.testing import check_learner, check_model

MOODS = Task("moods", ("pos", "neg"), "How does the writer feel?")
PAIRS = Task("nli", ("contradiction", "not contradicted"))


def test_the_prompt_shows_question_labels_demonstrations_and_text():
    shots = (("good film", "pos"), ("bad film", "neg"))
    assert Prompted(Scripted(()), MOODS, shots).prompt("so-so") == (
        "How does the writer feel?\n"
        "Answer with one of these labels, spelled as it is here, and nothing else:\n"
        "- pos\n- neg\n\n"
        "Text: good film\nLabel: pos\n\nText: bad film\nLabel: neg\n\n"
        "Text: so-so\nLabel:"
    )


def test_pairs_are_shown_as_pairs():
    shots = ((("it rains", "it is dry"), "contradiction"),)
    prompt = Prompted(Scripted(()), PAIRS, shots).prompt(("a man runs", "a man moves"))
    assert "the two texts?" in prompt
    assert "First text: it rains\nSecond text: it is dry\nLabel: contradiction\n\n" in prompt
    assert prompt.endswith("First text: a man runs\nSecond text: a man moves\nLabel:")


def test_the_label_is_read_and_what_names_none_is_an_abstention():
    llm = Scripted((("rose", "It went Up."), ("fell", "**down**"), ("slept", "no idea")))
    task = Task("gold", ("up", "down"))
    answers = Prompted(llm, task).answer(["gold rose", "gold fell", "gold slept"])
    assert answers.values == ("up", "down", "")
    assert answers.probs is None
    assert answers.confidence.tolist() == [0, 0, 0]


def test_what_was_written_can_be_seen():
    llm = Scripted((("rose", "It went Up."),))
    model = Prompted(llm, Task("gold", ("up", "down")))
    assert model.completions(["gold rose", "gold slept"]) == ("It went Up.", "I cannot say.")


def test_costs_and_paths_are_those_of_the_model_that_was_asked():
    llm = Scripted((("good", "pos"),))
    with Ledger() as bill:
        answers = Prompted(llm, MOODS).answer(["good", "bad"])
    assert bill.total == answers.total
    assert answers.total.calls == 2
    assert set(answers.paths) == {("scripted",)}


@dataclass(frozen=True)
class Oracle:
    """A chooser that knows, and would not be understood if it were asked for a completion."""

    def answer(self, texts):
        return Answers.said(["?"] * len(texts), np.zeros((len(texts), 6)), "oracle")

    def choose(self, texts, labels):
        probs = np.array([[0.25, 0.75]] * len(texts)).reshape(-1, 2)
        return Answers.likeliest(tuple(labels), probs, np.zeros((len(texts), 6)), "oracle")


def test_a_chooser_is_told_the_labels_and_keeps_its_probabilities():
    answers = Prompted(Oracle(), MOODS).answer(["good", "bad"])
    assert answers.values == ("neg", "neg")
    assert answers.labels == ("pos", "neg")
    np.testing.assert_array_equal(answers.probs, [[0.25, 0.75]] * 2)


def test_demonstrations_are_even_over_the_labels_whatever_their_shares():
    texts = [f"text {i}" for i in range(300)]
    labels = ["rare" if i < 5 else "common" if i < 50 else "usual" for i in range(300)]
    model = FewShot(Scripted(()), k=9).fit(Dataset.of(texts, labels))
    assert Counter(label for _, label in model.shots) == {"rare": 3, "common": 3, "usual": 3}
    many = FewShot(Scripted(()), k=40).fit(Dataset.of(texts, labels))
    assert Counter(label for _, label in many.shots)["rare"] == 5
    assert len(many.shots) == len(set(many.shots)) == 40


def test_the_seed_draws_them_and_the_order_of_the_file_does_not_matter():
    texts = [f"text {i}" for i in range(60)]
    data = Dataset.of(texts, ["ab"[i % 2] for i in range(60)])
    shots = FewShot(Scripted(()), k=6).fit(data, seed=1).shots
    assert FewShot(Scripted(()), k=6).fit(data.take(range(59, -1, -1)), seed=1).shots == shots
    assert FewShot(Scripted(()), k=6).fit(data, seed=2).shots != shots
    assert FewShot(Scripted(()), k=4).fit(data, seed=1).shots == shots[:4]


def test_a_few_demonstrations_of_many_labels_are_not_always_of_the_same_ones():
    data = Dataset.of([f"text {i}" for i in range(100)], [f"label {i % 50}" for i in range(100)])
    shown = [{y for _, y in FewShot(Scripted(()), k=5).fit(data, s).shots} for s in range(4)]
    assert all(len(labels) == 5 for labels in shown)
    assert len(set.union(*shown)) > 10


def test_neither_unlabelled_nor_empty_texts_are_shown():
    data = Dataset.of(["", " \n", "a", "b", "c"], ["x", "y", "x", "y", None])
    assert set(FewShot(Scripted(()), k=9).fit(data).shots) == {("a", "x"), ("b", "y")}
    pairs = Dataset.of([("", " "), ("a", "")], ["x", "y"])
    assert FewShot(Scripted(()), k=9).fit(pairs).shots == ((("a", ""), "y"),)


def test_long_demonstrations_are_cut_so_that_all_fit():
    texts = ["word " * 5000 + str(i) for i in range(8)]
    data = Dataset.of(texts, ["ab"[i % 2] for i in range(8)])
    shots = FewShot(Scripted(()), k=8).fit(data).shots
    assert sum(len(text) for text, _ in shots) == SHOWN
    assert all(text.endswith("…") for text, _ in shots)
    pairs = Dataset.of([(text, text) for text in texts], list(data.labels))
    shots = FewShot(Scripted(()), k=8).fit(pairs).shots
    assert sum(len(a) + len(b) for (a, b), _ in shots) == SHOWN
    llm = Prompted(Scripted(()), data.task)
    assert texts[0] in llm.prompt(texts[0])  # the text that is asked about is never cut


def test_zero_demonstrations_are_zero_shot():
    data = Dataset.of(["good", "bad"], ["pos", "neg"])
    llm = Scripted((("good", "pos"), ("bad", "neg")))
    assert FewShot(llm, k=0).fit(data) == Prompted(llm, data.task)


def test_an_instruction_replaces_the_tasks_own():
    data = Dataset.of(["good", "bad"], ["pos", "neg"])
    model = FewShot(Scripted(()), k=0, instruction="Happy?").fit(replace(data, task=MOODS))
    assert model.task == replace(MOODS, instruction="Happy?")
    assert model.prompt("x").startswith("Happy?\n")


def test_no_labels_to_choose_from_is_an_error_with_a_remedy():
    with pytest.raises(UnderdogError, match="no labels") as error:
        FewShot(Scripted(())).fit(Dataset.of(["a"], [None]))
    assert "--labels" in error.value.hint


def test_it_keeps_the_contract_of_a_learner(moods):
    llm = Scripted((("great", "pos"), ("lovely", "pos"), ("awful", "neg"), ("dull", "neg")))
    check_learner(FewShot(llm, k=4), moods)
    check_model(Prompted(llm, moods.task), moods.texts[:5])


def test_specs_and_files_bring_back_the_same(tmp_path):
    data = Dataset.of([("a", "b"), ("c", "d")], ["x", "y"])
    recipe = FewShot(Chat("gpt-5-mini", price=(1, 2)), k=2)
    assert spec(recipe) == "fewshot(chat('gpt-5-mini', price=[1.0, 2.0]), k=2)"
    assert build(spec(recipe)) == recipe
    model = recipe.fit(data)
    assert build(spec(model)) == model
    save(model, tmp_path / "model")
    assert load(tmp_path / "model") == model


def test_a_live_model_gives_labels_probabilities_and_a_bill(llm):
    server = llm(
        replies=[["good", "pos"], ["bad", "neg"], ["odd", "Who knows?"]],
        probs={"pos": {"pos": 0.9, "neg": 0.1}, "neg": {"neg": 0.6, "po": 0.4}},
    )
    texts = [f"a {mood} film {i}" for i in range(3) for mood in ("good", "bad", "odd")]
    model = Prompted(Chat("tiny", price=(1.0, 1.0)), Task("moods", ("neg", "pos")))
    with Ledger() as bill:
        answers = model.answer(texts)
    assert answers.values == ("pos", "neg", "") * 3
    np.testing.assert_allclose(answers.confidence, [0.9, 0.6, 0] * 3)
    assert bill.total.tokens_in == sum(line["tokens_in"] for line in server.log)
    check_model(model, texts)


def test_the_name_fewshot_can_be_typed():
    assert build("fewshot(chat('gpt-5-mini'))") == FewShot(Chat("gpt-5-mini"), k=8)
    assert build("prompted(chat('m'), task('t', ['a', 'b']))") == Prompted(
        Chat("m"), Task("t", ("a", "b"))
    )


class Leaning:
    """A scorer that reads a number in the text, and otherwise leans to the first label."""

    def answer(self, texts):
        raise AssertionError("a scorer writes nothing here")

    def score(self, texts, continuations):
        tail = [text.rpartition("Text: ")[2].partition("\n")[0] for text in texts]
        lean = np.array([float(t) if t.lstrip("-").isdigit() else 0.0 for t in tail])
        return np.stack([-lean * 0 - 1.0, lean - 3.0], axis=1), np.zeros((len(texts), 6))


def test_calibration_takes_off_what_a_label_owes_to_the_prompt():
    data = Dataset.of(["1", "-1"], ["b", "a"])
    plain = FewShot(Leaning(), k=0, calibrated=False).fit(data)
    fair = FewShot(Leaning(), k=0).fit(data)
    assert plain.answer(["1", "-1"]).values == ("a", "a")
    assert fair.answer(["1", "-1"]).values == ("b", "a")
    assert np.allclose(fair.answer(["N/A"]).probs, 0.5)
    assert np.allclose(np.diff(fair.prior), -2.0)


def test_calibration_is_measured_on_texts_of_the_task_where_there_are_enough():
    texts = [str(n) for n in range(-10, 0)] + [str(n) for n in range(1, 11)]
    data = Dataset.of(texts, ["a"] * 10 + ["b"] * 10)
    fair = FewShot(Leaning(), k=2).fit(data)
    assert fair.answer(["9", "2", "-9"]).values == ("b", "b", "a")
    assert len(set(fair.prior)) == 2


class Continues(Leaning):
    """A scorer that understands sentences, and no questions."""

    chat = False

    def score(self, texts, continuations):
        logprobs, costs = super().score([text.removesuffix(" This is") for text in texts], ())
        stated = np.array([text.endswith(" This is") for text in texts])
        return np.where(stated[:, None], logprobs, -1.0), costs


def test_a_model_that_continues_texts_is_asked_in_the_form_that_it_understands():
    texts = [str(n) for n in range(-12, 0)] + [str(n) for n in range(1, 13)]
    data = Dataset.of(texts, ["a"] * 12 + ["b"] * 12)
    asked = FewShot(Continues(), k=2).fit(data)
    assert asked.prompt("5 ").endswith(f"This is {asked.shots[1][1]}.\n\nText: 5 This is")
    assert asked.answer(["9", "-9"]).values == ("b", "a")
    own = FewShot(Continues(), k=2, form="Review: {text}\nSentiment: {label}").fit(data)
    assert own.prompt("good").endswith("\n\nReview: good\nSentiment:")
    assert FewShot(Leaning(), k=2).fit(data).form == ""


def test_a_form_names_a_text_and_then_its_label():
    for form in ("{text}", "{label}: {text}", "{text} {text} {label}"):
        with pytest.raises(UnderdogError, match=r"a form without.*\n.*form='Review: "):
            FewShot(Leaning(), form=form)
    pair = filled("{text} This is {label}.", ("a", "b"))
    assert pair == "First text: a\nSecond text: b This is"
