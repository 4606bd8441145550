"""Encoders: every architecture learns, is saved as data and answers as before."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import moods
from tiny_encoders import KINDS, tiny_encoder

pytest.importorskip("torch")
pytest.importorskip("transformers")

import underdog as ud
from underdog.combine.ensemble import EnsembleOf
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.protocols import samples_seen
from underdog.models.seq2seq import Seq2Seq
from underdog.models.transformers.encoder import Encoder
from underdog.models.transformers.onnx_encoder import Onnx, OnnxBody, agreement, export_encoder
from underdog.runtime.cache import digest_recipe
from underdog.runtime.persist import load, save
from underdog.testing import check_learner, check_model

FEW = moods(40, noise=99)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoders")
    return lambda kind="bert": tiny_encoder(kind, folder)


@pytest.fixture(autouse=True)
def _checkpoints_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path / "training"))


def right(model, data):
    return np.mean(
        [a == b for a, b in zip(model.answer(data.texts).values, data.labels, strict=True)]
    )


@pytest.fixture(scope="session")
def trained(tiny):
    return Encoder(tiny(), epochs=8, rate=1e-2, batch=8).fit(moods(120, noise=99))


def test_a_fitted_encoder_goes_on_from_what_it_has_learned(trained, tiny, tmp_path):
    save(trained, tmp_path / "before")
    other = moods(120, noise=98)
    recipe = Encoder(str(tmp_path / "before"), epochs=1, rate=1e-4, batch=8, length=32)
    further = recipe.fit(other.take(range(16)))
    assert right(further, other) > 0.9 > right(Encoder(tiny(), epochs=1, rate=1e-4).fit(FEW), other)
    assert further.reader.length == 32
    before = digest_recipe(recipe)
    save(further, tmp_path / "before")  # another model of the same name
    assert digest_recipe(recipe) != before
    save(ud.Bayes().fit(FEW), tmp_path / "words")
    with pytest.raises(UnderdogError, match="holds no encoder that could learn further"):
        Encoder(str(tmp_path / "words")).fit(FEW)


@pytest.mark.parametrize("kind", KINDS)
def test_every_architecture_is_fitted_saved_and_exported(kind, tiny, tmp_path):
    model = Encoder(tiny(kind), epochs=1, batch=16).fit(FEW)
    answers = model.answer(FEW.texts)
    check_model(model, FEW.texts[:5])
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model").answer(FEW.texts)
    assert np.allclose(loaded.probs, answers.probs, atol=1e-6)
    graph = export_encoder(model, FEW.texts, int8=False)
    texts = ["", "so very dull " * 9, *FEW.texts]
    assert np.allclose(graph.answer(texts).probs, model.answer(texts).probs, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_lora_trains_adapters_only_in_every_architecture(kind, tiny):
    base, model = (
        Encoder(tiny(kind), lora=lora, epochs=1, batch=16, rate=rate).fit(FEW)
        for lora, rate in ((0, 1e-12), (2, 1e-2))
    )
    before, after = base.body.network.state_dict(), model.body.network.state_dict()
    moved = {name for name, array in before.items() if (array - after[name]).abs().max() > 1e-6}
    assert moved == {f"{layer}.weight" for layer in model.body.paths}
    assert not any("embed" in name for name in moved)
    for name, array in base.body.arrays.items():
        assert np.allclose(array, model.body.arrays[name], atol=1e-9), name
    assert model.trained < 1


def test_lora_members_of_an_ensemble_are_stored_with_one_encoder(tiny, tmp_path):
    recipe = Encoder(tiny(), lora=2, epochs=1)
    size = {}
    for n in (1, 3):
        model = EnsembleOf(recipe, n=n).fit(FEW)
        save(model, tmp_path / str(n))
        size[n] = (tmp_path / str(n) / "arrays.safetensors").stat().st_size
        again = load(tmp_path / str(n)).answer(FEW.texts)
        assert np.allclose(again.probs, model.answer(FEW.texts).probs, atol=1e-6)
    assert size[3] < 2 * size[1]


def test_fewer_examples_per_label_mean_more_epochs():
    def of(rows, labels):
        return Dataset.of(["x"] * rows, [str(i % labels) for i in range(rows)])

    asked = [(20_000, 3), (10_000, 77), (1_000, 3), (100, 10)]
    assert [Encoder().epochs_for(of(*shape)) for shape in asked] == [4, 8, 6, 16]
    assert Encoder(epochs=2).epochs_for(of(100, 10)) == 2
    assert samples_seen(Encoder(), of(10_000, 77)) == 80_000


def test_it_learns(trained):
    assert right(trained, moods(40, noise=99)) >= 0.9
    assert trained.trained == 1.0


def test_lora_learns_and_reports_the_share_of_trained_parameters(tiny):
    model = Encoder(tiny(), lora=4, epochs=8, rate=3e-2, batch=8).fit(moods(120, noise=99))
    assert right(model, FEW) >= 0.9
    side = 4 * 2 * (4 * (16 + 16) + 2 * (16 + 32)) + 16 * 2 + 2
    whole = sum(a.size for a in model.body.arrays.values()) + 16 * 2 + 2
    assert model.trained == pytest.approx(side / whole)


def test_the_contract_is_kept(tiny):
    check_learner(Encoder(tiny(), epochs=1), FEW)
    check_learner(Onnx(Encoder(tiny(), epochs=1)), FEW)


def test_a_pair_is_read_as_one_sequence(tiny):
    data = Dataset.of([(t, "a good film") for t in FEW.texts], FEW.labels)
    model = Encoder(tiny(), epochs=1).fit(data)
    check_model(model, data.texts[:5])
    swapped = model.answer([(b, a) for a, b in data.texts])
    assert not np.allclose(swapped.probs, model.answer(data.texts).probs)
    with pytest.raises(UnderdogError, match="pairs"):
        model.answer(FEW.texts[:2])


def test_a_long_text_is_answered_by_the_mean_over_its_windows(tiny):
    model = Encoder(tiny(), epochs=1, length=8).fit(moods(20), seed=1)
    one, other = "a great film and a cast", "so dull no joke no pace"
    mean = (model.logits([one]) + model.logits([other])) / 2
    assert model.logits([f"{one} {other}"]) == pytest.approx(mean, abs=1e-5)


def test_training_warns_about_tokens_that_it_does_not_read(tiny):
    texts = [" ".join([t] * 9) for t in FEW.texts]
    with pytest.warns(UserWarning, match=r"tokens are not trained on; answers read all"):
        model = Encoder(tiny(), epochs=1, length=16).fit(Dataset.of(texts, FEW.labels))
    facts = {fact.name: fact for fact in model.describe([*texts, "short"])}
    assert facts["unread"].data > len(texts)
    assert facts["windows"].says == "40 of 41 texts take several windows of 16 tokens"


def test_a_model_describes_its_trained_share_and_the_effect_of_8_bits(tiny):
    (said,) = Encoder(tiny(), epochs=1).fit(FEW).describe(FEW.texts)
    assert said.says == "all of its parameters were trained"
    sparing = Onnx(Encoder(tiny(), epochs=1, lora=2)).fit(FEW)
    facts = {fact.name: fact for fact in sparing.describe(FEW.texts)}
    assert 0 < facts["trained"].data < 1
    assert 0 <= facts["bits"].data <= 1
    assert facts["bits"].says.startswith(("computes in 8 bits", "computes in 32 bits"))


def test_soft_labels_are_learned_from(tiny, moods):
    from dataclasses import replace

    soft = np.tile([0.3, 0.7], (len(moods), 1))
    model = Encoder(tiny(), epochs=6, rate=3e-3).fit(replace(moods, soft=soft))
    assert model.answer(moods.texts).probs.mean(axis=0) == pytest.approx([0.3, 0.7], abs=0.05)


def test_pairs_and_single_texts_are_not_confused(tiny):
    pairs = Dataset.of([(text, text[::-1]) for text in FEW.texts], FEW.labels)
    single, double = (Encoder(tiny(), epochs=1).fit(data) for data in (FEW, pairs))
    with pytest.raises(UnderdogError, match="single texts and is asked about a pair"):
        single.answer(pairs.texts[:2])
    with pytest.raises(UnderdogError, match="pairs and is asked about a single text"):
        double.answer(FEW.texts[:2])
    with pytest.raises(UnderdogError, match="are mixed"):
        double.answer([pairs.texts[0], "alone"])
    assert len(single.answer([])) == len(double.answer([])) == 0


def test_a_label_with_one_example_is_learned_from(tiny):
    lone = Dataset.of([*FEW.texts, "a strange thing"], [*FEW.labels, "odd"])
    model = Encoder(tiny(), epochs=1, balanced=True).fit(lone)
    assert model.answer(["a strange thing"]).matrix(["odd"])[0, 0] > 0


def test_a_missing_encoder_is_refused_with_a_hint():
    with pytest.raises(UnderdogError, match="no encoder 'nobody/nothing'") as error:
        Encoder("nobody/nothing").fit(FEW)
    assert "encoder('minilm')" in error.value.hint


FOREIGN = """
from pathlib import Path
from transformers import BertConfig, BertModel
Path(__file__).with_name("ran").touch()
class C(BertConfig):
    model_type = "foreign"
class M(BertModel):
    config_class = C
"""


@pytest.mark.parametrize("recipe", [Encoder, Seq2Seq])
def test_code_that_a_model_brings_is_never_run(tiny, tmp_path, monkeypatch, recipe):
    folder = tmp_path / "foreign"
    shutil.copytree(tiny(), folder)
    (folder / "code.py").write_text(FOREIGN)
    said = json.loads((folder / "config.json").read_text())
    said |= {"model_type": "foreign", "auto_map": {"AutoConfig": "code.C", "AutoModel": "code.M"}}
    (folder / "config.json").write_text(json.dumps(said))
    monkeypatch.setattr("builtins.input", lambda *_: "y")  # any prompt is answered with yes
    with pytest.raises(UnderdogError, match="needs Python code of its own"):
        recipe(str(folder)).fit(FEW)
    assert not list(tmp_path.rglob("ran"))


def test_a_saved_configuration_that_points_to_code_is_read_without_it(tiny, tmp_path):
    model = Encoder(tiny(), epochs=1).fit(FEW)
    said = json.loads(model.body.config)
    said["auto_map"] = {"AutoConfig": "code.C", "AutoModel": "code.M"}
    body = replace(model.body, config=json.dumps(said | {"name_or_path": str(tmp_path)}))
    before, after = (m.answer(FEW.texts).probs for m in (model, replace(model, body=body)))
    np.testing.assert_array_equal(before, after)


def test_windows_too_short_for_a_text_are_refused(tiny):
    with pytest.raises(UnderdogError, match="windows of 3 tokens"):
        Encoder(tiny(), length=3).fit(FEW)


def test_one_label_is_refused(tiny):
    with pytest.raises(UnderdogError, match="every training example"):
        Encoder(tiny()).fit(Dataset.of(["a film", "a cast"], ["pos", "pos"]))


def test_eight_bit_weights_are_smaller_and_keep_the_labels(trained):
    texts = moods(120).texts
    small = export_encoder(trained, texts)
    assert isinstance(small.body, OnnxBody)
    full = export_encoder(trained, texts, int8=False)
    assert not np.allclose(small.logits(texts), full.logits(texts), atol=1e-6), (
        "nothing was rounded"
    )
    assert agreement(full, small, texts) >= 0.99
    alone = np.vstack([small.logits([text]) for text in texts[:9]])
    assert np.allclose(alone, small.logits(texts[:9]), atol=1e-6), "the batch changes an answer"


def test_eight_bits_that_change_answers_are_not_kept(trained, monkeypatch):
    from underdog.models.onnx import networks

    monkeypatch.setattr(networks, "MIN_AGREEMENT", 1.1)
    with pytest.warns(UserWarning, match="kept 32 bits"):
        kept = export_encoder(trained, FEW.texts)
    full = export_encoder(trained, FEW.texts, int8=False)
    assert np.array_equal(kept.logits(FEW.texts), full.logits(FEW.texts))


def test_an_export_that_differs_is_refused(trained, monkeypatch):
    from underdog.models.onnx import networks

    monkeypatch.setattr(networks, "TOLERANCE", -1.0)
    with pytest.raises(UnderdogError, match="differs from the trained one"):
        export_encoder(trained, FEW.texts)


def test_only_encoders_are_exported():
    from underdog.models.baselines import Majority

    with pytest.raises(UnderdogError, match=r"the model of majority\(\) cannot be exported"):
        Onnx(Majority()).fit(FEW)


def test_a_saved_export_answers_where_torch_is_not_installed(trained, tmp_path):
    model = export_encoder(trained, FEW.texts)
    save(model, tmp_path / "model")
    code = (
        "import sys, json\n"
        "for name in ('torch', 'transformers', 'peft', 'onnx'): sys.modules[name] = None\n"
        "from underdog.runtime.persist import load\n"
        f"answers = load({str(tmp_path / 'model')!r}).answer({list(FEW.texts[:5])!r})\n"
        "print(json.dumps(answers.probs.tolist()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert np.array_equal(json.loads(done.stdout), model.answer(FEW.texts[:5]).probs)
