"""Exported models answer in a process that has no underdog, as the model does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import moods
from tiny_encoders import tiny_encoder

from underdog.combine.cascade import Cascade
from underdog.combine.confidence import Entropy, Margin, Probability, Verifier
from underdog.combine.ensemble import Ensemble, EnsembleOf
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.fronts.exporting import export
from underdog.models.baselines import Majority
from underdog.models.bilstm import BiLSTM
from underdog.models.bilstm.model import BiLSTMModel
from underdog.models.bilstm.words import ContextualVectors
from underdog.models.fake import Scripted
from underdog.models.linear.recipe import Bayes, Linear
from underdog.models.onnx.networks import Graph
from underdog.models.static import Static
from underdog.models.transformers.encoder import Encoder
from underdog.models.transformers.frozen import Frozen
from underdog.runtime.persist import save
from underdog.teach.calibrated import Calibrated
from underdog.teach.distil.recipe import Distil

WITHOUT = (
    "import runpy, sys\n"
    "class Never:\n"
    "    def find_spec(self, name, *_):\n"
    "        if name.split('.')[0] == 'underdog': raise ImportError('no underdog here')\n"
    "sys.meta_path.insert(0, Never())\n"
    "script, sys.argv = sys.argv[1], sys.argv[1:]\n"
    "runpy.run_path(script, run_name='__main__')\n"
)
ODD = [
    "",
    "Ünïcode, 東京 and — dashes!",
    "great great GREAT film film",
    "x" * 300,
    "lone \ud83d half",
]


def run(folder: Path, lines: list[str]) -> list[tuple[str, float]]:
    given = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", WITHOUT, str(folder / "answer.py")],
        input=given.encode("utf-8", "surrogatepass"),
        capture_output=True,
        cwd=folder,
        env={"PYTHONIOENCODING": "utf-8:surrogatepass"},
    )
    assert done.returncode == 0, done.stderr.decode()
    parts = [line.split("\t") for line in done.stdout.decode("utf-8", "surrogatepass").splitlines()]
    return [(label, float(p)) for label, p in parts]


def agrees(model, folder, texts):
    lines = ["\t".join(text) if isinstance(text, tuple) else text for text in texts]
    answers = model.answer(texts)
    said = run(folder, lines)
    assert [label for label, _ in said] == list(answers.values)
    assert [p for _, p in said] == pytest.approx(answers.confidence.tolist(), abs=2e-5)


def pairs() -> Dataset:
    data = moods(60)
    texts = [(text, f"it was {'good' if i % 3 else 'bad'}") for i, text in enumerate(data.texts)]
    return Dataset.of(texts, data.labels)


@pytest.mark.parametrize("recipe", [Linear(), Bayes()], ids=["linear", "bayes"])
def test_a_linear_model_needs_numpy_alone(recipe, tmp_path):
    model = recipe.fit(moods(120))
    assert export(model, tmp_path / "out") == [
        *("answer.py", "bias.npy", "idf.npy", "model.py", "terms.txt", "told.json", "weights.npy")
    ]
    agrees(model, tmp_path / "out", [*moods(130).texts[100:], *ODD])
    script, module = [(tmp_path / "out" / n).read_text("utf-8") for n in ("answer.py", "model.py")]
    imported = set(re.findall(r"^(?:import|from) (\w+)", script + module, re.M))
    ours = {"json", "re", "sys", "collections", "importlib", "pathlib", "numpy"}
    assert imported == ours
    assert len(script.splitlines()) <= 20


def test_pairs_are_separated_by_a_tab(tmp_path):
    data = pairs()
    model = Bayes().fit(data)
    export(model, tmp_path / "out", "folder")
    agrees(model, tmp_path / "out", [*data.texts[:20], ("", "only this"), ("a b b", "b c")])


@pytest.mark.parametrize("data", [moods(40), pairs()], ids=["texts", "pairs"])
def test_a_bilstm_is_a_graph(data, tmp_path):
    model = BiLSTM(hidden=4, epochs=1, embeddings="learned").fit(data)
    export(model, tmp_path / "out", "onnx")
    agrees(model, tmp_path / "out", data.texts[:12])


LONG = "a great film and " * 30


@pytest.mark.parametrize("data", [moods(40), pairs()], ids=["texts", "pairs"])
def test_an_encoder_is_a_graph_also_for_texts_of_several_windows(data, tmp_path):
    model = Encoder(tiny_encoder("bert", tmp_path), epochs=1, batch=16).fit(data)
    export(model, tmp_path / "out", "onnx")
    odd = [LONG, ""]
    if model.pairs:
        odd = [(LONG, "a"), ("a", LONG), (LONG, LONG), ("", "")]
    agrees(model, tmp_path / "out", [*data.texts[:10], *odd])


@pytest.mark.parametrize("data", [moods(40), pairs()], ids=["texts", "pairs"])
def test_a_frozen_encoder_goes_with_its_head(data, tmp_path):
    model = Frozen(tiny_encoder("bert", tmp_path)).fit(data)
    export(model, tmp_path / "out", "onnx")
    odd = [("", LONG)] if isinstance(data.texts[0], tuple) else [LONG, "", "x" * 300]
    agrees(model, tmp_path / "out", [*data.texts[:10], *odd])


@pytest.mark.parametrize(
    ("data", "characters"), [(moods(40), True), (pairs(), False)], ids=["texts", "pairs"]
)
def test_a_static_model_needs_no_graph(data, characters, tmp_path):
    recipe = Static(tiny_encoder("bert", tmp_path), epochs=1, characters=characters)
    model = recipe.fit(data)
    export(model, tmp_path / "out")
    odd = [("", "1984 films")] if model.pairs else [*ODD, LONG]
    agrees(model, tmp_path / "out", [*data.texts[:10], *odd])


@pytest.mark.parametrize(
    ("how", "pool"), [("bag", "geometric"), ("boost", "arithmetic"), ("bag", "majority")]
)
def test_an_ensemble_is_a_folder_for_each_member(how, pool, tmp_path):
    model = EnsembleOf(Bayes(), n=3, how=how, pool=pool).fit(moods(120))
    names = export(model, tmp_path / "out")
    assert "member-01/model.py" in names
    agrees(model, tmp_path / "out", [*moods(20).texts, *ODD])


def test_an_ensemble_may_hold_models_of_several_kinds_and_labels(tmp_path):
    data, network = moods(60), BiLSTM(hidden=4, epochs=1, embeddings="learned")
    members = network.fit(data), Bayes().fit(data)
    model = Ensemble(members, ("pos", "neg", "other"), weights=(2.0, 1.0))
    export(model, tmp_path / "out", "onnx")
    agrees(model, tmp_path / "out", data.texts[:12])


def test_what_a_student_remembers_of_its_teacher_stays_behind(tmp_path):
    model = Distil(Bayes(), Bayes()).fit(moods(60))
    export(model, tmp_path / "out")
    agrees(model, tmp_path / "out", moods(20).texts)


@pytest.mark.parametrize("method", ["temperature", "isotonic", "labels", "none"])
def test_a_calibrated_model_says_its_mended_probabilities(method, tmp_path):
    model = Calibrated(Bayes(), method).fit(moods(120))
    assert model.method == method
    export(model, tmp_path / "out")
    agrees(model, tmp_path / "out", [*moods(140).texts[100:], *ODD])


THREE = Dataset.of(
    moods(180).texts, [("pos", "neg", "odd")[i % 3 if i % 4 else i % 2] for i in range(180)]
)


@pytest.mark.parametrize(
    ("how", "threshold"),
    [(Probability(), 0.5), (Probability(1.5), 0.5), (Margin(1.5), 0.15), (Entropy(1.5), 0.06)],
    ids=repr,
)
def test_a_cascade_says_what_it_defers(how, threshold, tmp_path):
    small, texts = Bayes().fit(THREE), THREE.texts[:60]
    cascade = Cascade((small, Scripted(())), (threshold,), (how,))
    export(cascade, tmp_path / "out")
    said = run(tmp_path / "out", list(texts))
    _, sure = how.weigh(texts, small.answer(texts))
    assert [label == "deferred" for label, _ in said] == (sure < threshold).tolist()
    assert 0 < sum(label == "deferred" for label, _ in said) < 60


def test_what_cannot_be_exported_is_said_with_the_way_that_works(tmp_path):
    with pytest.raises(UnderdogError, match="cannot be exported") as refused:
        export(Majority().fit(moods(20)), tmp_path / "out", place="models/mine")
    assert refused.value.hint.endswith("underdog serve models/mine")
    with pytest.raises(UnderdogError, match="has no graph"):
        export(Bayes().fit(moods(40)), tmp_path / "out", "onnx")
    sets = Dataset.of(["a b", "b c", "c a"] * 8, ['["x"]', '["x", "y"]', "[]"] * 8, kind="labels")
    with pytest.raises(UnderdogError, match="sets or numbers"):
        export(Linear().fit(sets), tmp_path / "out")
    small = Bayes().fit(moods(40))
    with pytest.raises(UnderdogError, match="defers by Verifier"):
        export(Cascade((small, small), (0.5,), (Verifier(small),)), tmp_path / "out")
    contextual = BiLSTMModel(("a", "b"), ContextualVectors(), Graph(b""), False)
    with pytest.raises(UnderdogError, match="vectors in context"):
        export(contextual, tmp_path / "out")


def test_the_command_writes_the_folder_and_replaces_it_only_with_yes(sh, tmp_path):
    save(Bayes().fit(moods(40)), tmp_path / "m")
    code, out, err = sh("export", "m", "--out", "o")
    assert code == 0, err
    assert "try it: python o/answer.py" in out
    assert sh("export", "m", "--out", "o")[0] == 1
    said = subprocess.run([sys.executable, "o/answer.py", "great"], capture_output=True, text=True)
    assert said.stdout.startswith(("pos\t", "neg\t"))
    assert sh("export", "m", "--out", "o", "--yes", "--quiet")[:2] == (0, "")
    assert sh("export", "m", "--out", "p", "--to", "exe")[0] == 1
