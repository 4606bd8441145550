"""A network that writes labels: its probabilities are those of writing, and it learns."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moods
from tiny_encoders import tiny_encoder, tiny_writer

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from underdog.core.data import Dataset, Task  # noqa: E402
from underdog.core.errors import UnderdogError  # noqa: E402
from underdog.models.seq2seq import Seq2Seq, network  # noqa: E402
from underdog.models.seq2seq.trie import Trie, spell_labels  # noqa: E402
from underdog.models.training import checkpoint, loop  # noqa: E402
from underdog.runtime.persist import load, save  # noqa: E402
from underdog.testing import check_learner, check_model  # noqa: E402

FEW = moods(40, noise=99)
END = 3


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("writers")
    return lambda kind="t5": tiny_writer(kind, folder)


@pytest.fixture(scope="session")
def trained(tiny):
    return Seq2Seq(tiny(), epochs=10, rate=1e-2, batch=8).fit(moods(120, noise=99))


def right(model, data):
    return np.mean(
        [a == b for a, b in zip(model.answer(data.texts).values, data.labels, strict=True)]
    )


def named(*labels):
    """Reviews under the given labels, in turn; the labels say nothing of the reviews."""
    return Dataset.of(FEW.texts, [labels[i % len(labels)] for i in range(len(FEW))])


def written(model, folder, text):
    """The log probability of each label, by writing it alone, token by token, with the library."""
    from transformers import AutoModelForSeq2SeqLM

    body, start = AutoModelForSeq2SeqLM.from_pretrained(folder), 0
    window = model.reader.windows([text]).padded([0])
    asked = {"input_ids": torch.tensor(window.ids), "attention_mask": torch.tensor(window.mask)}
    said = []
    for way in model.ways:
        total = 0.0
        for i, token in enumerate(way):
            rivals = sorted({other[i] for other in model.ways if other[:i] == way[:i]})
            ids = torch.tensor([[start, *way[:i]]])
            with torch.inference_mode():
                logits = body(**asked, decoder_input_ids=ids).logits[0, -1].double()
            total += float(logits[token] - logits[rivals].logsumexp(0))
        said.append(total)
    return said


LABELS = ("a film", "a", "a film plot", "very dull", "very poor", "very poor cast", "so")
"""Labels that begin one another, and share their beginnings two and three tokens deep."""


@pytest.mark.parametrize("kind", [*network.SUPPORTED_TYPES, "flan"])
def test_a_labels_probability_is_that_of_writing_it(kind, tiny):
    model = Seq2Seq(tiny(kind), epochs=1, rate=1e-12).fit(named(*LABELS))
    for text in ("a great film", "so very dull and no joke"):
        ours = model.logits([text])[0]
        assert ours == pytest.approx(written(model, tiny(kind), text), abs=1e-4)
        assert np.exp(ours).sum() == pytest.approx(1.0, abs=1e-5)


def test_it_learns(trained):
    assert right(trained, moods(40, noise=99)) > 0.9
    assert trained.trained == 1.0


def test_lora_learns_and_trains_a_part(tiny):
    model = Seq2Seq(tiny(), lora=4, epochs=10, rate=3e-2, batch=8).fit(moods(120, noise=99))
    assert right(model, FEW) > 0.9
    assert model.trained < 0.7
    assert not any("lora" in name for name in model.arrays)


def test_the_contract_is_kept(tiny):
    check_learner(Seq2Seq(tiny(), epochs=1), FEW)


@pytest.mark.parametrize("kind", [*network.SUPPORTED_TYPES, "flan"])
def test_a_saved_model_answers_as_before(kind, tiny, tmp_path):
    model = Seq2Seq(tiny(kind), epochs=1).fit(FEW)
    save(model, tmp_path / "model")
    asked = ["", "so very dull " * 30, *FEW.texts]
    loaded = load(tmp_path / "model").answer(asked)
    assert np.allclose(loaded.probs, model.answer(asked).probs, atol=1e-6)


def test_labels_with_equal_tokens_get_different_spellings(tiny):
    data = Dataset(
        Task("task", ("good", "schlecht", "gut")),
        FEW.texts,
        tuple(["schlecht" if y == "neg" else "gut" for y in FEW.labels]),
    )
    model = Seq2Seq(tiny(), epochs=10, rate=1e-2, batch=8).fit(data)
    assert len(set(model.ways)) == 3
    assert right(model, data) > 0.9


def test_a_trie_has_forks_only_where_labels_differ():
    ways = [(5, 6, END), (5, END), (8, 9, 4, END), (8, 9, 2, END), (7, 7, 7, END)]
    trie = Trie.of(ways, start=0)
    assert trie.tokens.tolist() == [0, 5, 0, 8, 9]  # nothing of 7: it follows by itself
    assert sorted(trie.where.tolist()) == [0, 1, 4]
    assert trie.takes.sum(axis=1).tolist() == [2, 2, 2, 2, 1]
    assert trie.sees[4].tolist() == [False, False, True, True, True]
    assert not trie.sees[1, 2]


def test_underscores_are_written_as_spaces(trained):
    reader = trained.reader
    assert spell_labels(["a_film", "a plot"], reader, END) == (
        (*reader.tokens("a film"), END),
        (*reader.tokens("a plot"), END),
    )


def test_a_long_text_is_read_to_its_end(tiny):
    before = "a film and a cast and a score and a plot"
    data = moods(80, noise=99)
    long = Dataset.of([f"{before} {text}" for text in data.texts], data.labels)
    model = Seq2Seq(tiny(), epochs=10, rate=1e-2, batch=8, length=10).fit(long)
    assert right(model, long) > 0.9
    asked = [*FEW.texts[:3], *long.texts[:3], f"{before} " * 80]
    alone = np.vstack([model.logits([text]) for text in asked])
    assert model.logits(asked) == pytest.approx(alone, abs=1e-4)


def test_training_warns_about_tokens_that_it_does_not_read(tiny):
    texts = [" ".join([t] * 9) for t in FEW.texts]
    with pytest.warns(UserWarning, match=r"tokens are not trained on; answers read all"):
        model = Seq2Seq(tiny(), epochs=1, length=16).fit(Dataset.of(texts, FEW.labels))
    facts = {fact.name: fact.data for fact in model.describe([*texts, "a film"])}
    assert facts["trained"] == 1
    assert facts["unread"] > 0
    assert facts["windows"] == len(texts)


def test_soft_labels_are_learned_from(tiny, moods):
    soft = np.tile([0.3, 0.7], (len(moods), 1))
    model = Seq2Seq(tiny(), epochs=6, rate=1e-2).fit(replace(moods, soft=soft))
    assert model.answer(moods.texts).probs.mean(axis=0) == pytest.approx([0.3, 0.7], abs=0.05)


def test_a_pair_is_read_as_one_sequence_and_never_mixed_with_single_texts(tiny):
    data = Dataset.of([(t, "a good film") for t in FEW.texts], FEW.labels)
    model = Seq2Seq(tiny(), epochs=1).fit(data)
    check_model(model, data.texts[:5])
    with pytest.raises(UnderdogError, match="pairs"):
        model.answer(FEW.texts[:2])
    with pytest.raises(UnderdogError, match="mixed"):
        Seq2Seq(tiny(), epochs=1).fit(Dataset.of([*data.texts, *FEW.texts], FEW.labels * 2))


def test_a_label_with_one_example_is_learned_from(tiny):
    data = Dataset.of([*FEW.texts, "a so very no song"], [*FEW.labels, "odd"])
    model = Seq2Seq(tiny(), epochs=2).fit(data)
    assert model.labels == ("neg", "odd", "pos")
    assert (model.answer(data.texts).probs > 0).all()


def test_one_label_is_refused(tiny):
    with pytest.raises(UnderdogError, match="every training example"):
        Seq2Seq(tiny()).fit(Dataset.of(["a film", "a cast"], ["pos", "pos"]))


def test_a_missing_network_is_refused_with_a_hint():
    with pytest.raises(UnderdogError, match="no model 'nobody/nothing'") as error:
        Seq2Seq("nobody/nothing").fit(FEW)
    assert "seq2seq('models/t5-small')" in error.value.hint


def test_a_network_without_a_decoder_is_refused(tmp_path):
    folder = tiny_encoder("bert", tmp_path)
    with pytest.raises(UnderdogError, match="of the type bert") as error:
        Seq2Seq(folder).fit(FEW)
    assert "t5" in error.value.hint


def test_windows_too_short_for_a_text_are_refused(tiny):
    with pytest.raises(UnderdogError, match="windows of 3 tokens"):
        Seq2Seq(tiny(), length=3).fit(FEW)


def test_weights_of_another_version_are_refused(trained):
    odd = replace(trained, arrays={**trained.arrays, "more": np.zeros(2, np.float32)})
    with pytest.raises(UnderdogError, match="saved weights"):
        odd.answer(["a film"])


def test_a_resumed_training_gives_the_same_model(tiny, tmp_path, monkeypatch):
    recipe, data = Seq2Seq(tiny(), epochs=6, rate=1e-2, batch=8), moods(120, noise=99)
    whole = recipe.fit(data).answer(FEW.texts)
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    epoch, begun = loop._Loop.epoch, []

    def stopped(loop, learn, seed, advance):
        begun.append(seed)
        if begun.count(seed) == 1 and len(begun) == 3:
            raise KeyboardInterrupt
        return epoch(loop, learn, seed, advance)

    monkeypatch.setattr(loop._Loop, "epoch", stopped)
    with pytest.raises(KeyboardInterrupt):
        recipe.fit(data)
    again = recipe.fit(data).answer(FEW.texts)
    assert begun[2] == begun[3]  # the epoch that was stopped is the first that is done again
    assert np.array_equal(again.probs, whole.probs)


def reasoned(data):
    """``data`` with a reason for each label, in words that the tiny tokenizer knows."""
    reasons = tuple(f"a {text.split()[1]} film" for text in data.texts)
    return replace(data, columns={"why": reasons})


def test_reasons_are_a_second_task_with_the_librarys_loss(tiny):
    from underdog.models.features.windows import WindowReader
    from underdog.models.seq2seq.rationales import TwoTasks, with_reasons
    from underdog.models.training.batches import windowed_batches
    from underdog.models.training.examples import Examples

    data = reasoned(FEW)
    body, reader = network.pretrained(tiny(), 64)
    assert isinstance(reader, WindowReader)
    start, end = network.start_and_end(body.config)
    writer = network.LabelWriter.of(body, Trie.of(spell_labels(("neg", "pos"), reader, end), start))
    examples = Examples.of(data)
    batches = windowed_batches(examples, reader)
    both = with_reasons(batches, data, examples.texts, "why", reader)
    tensors = both.collate(np.arange(3))
    body.eval()
    module = TwoTasks(writer, start, 0.5)
    torch.testing.assert_close(module.eval()(*tensors), writer(*tensors[:-1]))
    assert module.second_loss is None
    module.training = True
    module(*tensors)
    body.config.decoder_start_token_id = start
    with torch.inference_mode():
        theirs = body(input_ids=tensors[0], attention_mask=tensors[1], labels=tensors[-1]).loss
    assert float(module.second_loss.detach()) == pytest.approx(float(theirs), rel=1e-5)


def test_a_network_learns_labels_and_reasons_together(tiny, trained):
    data = reasoned(moods(120, noise=99))
    recipe = replace(Seq2Seq(tiny(), epochs=10, rate=1e-2, batch=8), rationale="why")
    model = recipe.fit(data)
    assert right(model, data) > 0.9
    same = [np.array_equal(a, trained.arrays[n]) for n, a in model.arrays.items()]
    assert not all(same)  # the second task changed what is learned
    with pytest.raises(UnderdogError, match="no column 'because'"):
        replace(recipe, rationale="because").fit(data)
