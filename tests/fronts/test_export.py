"""Exported models answer in a process that has no underdog, as the model does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import moods
from tiny_encoders import tiny_encoder

from underdog.combine.cascade import Cascade
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.fronts.exporting import export
from underdog.models.baselines import Majority
from underdog.models.bilstm import BiLSTM
from underdog.models.fake import Scripted
from underdog.models.linear.recipe import Bayes, Linear
from underdog.models.transformers.encoder import Encoder
from underdog.runtime.persist import save

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
        *("answer.py", "bias.npy", "idf.npy", "terms.txt", "told.json", "weights.npy")
    ]
    agrees(model, tmp_path / "out", [*moods(130).texts[100:], *ODD])
    source = (tmp_path / "out" / "answer.py").read_text("utf-8")
    imported = set(re.findall(r"^(?:import|from) (\w+)", source, re.M))
    assert imported == {"json", "re", "sys", "collections", "pathlib", "numpy"}


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


def test_an_encoder_is_a_graph_also_for_texts_of_several_windows(tmp_path):
    model = Encoder(tiny_encoder("bert", tmp_path), epochs=1, batch=16).fit(moods(40))
    export(model, tmp_path / "out")
    agrees(model, tmp_path / "out", [*moods(10).texts, "a great film " * 60, ""])


def test_a_cascade_says_what_it_defers(tmp_path):
    small = Bayes().fit(moods(120))
    cascade = Cascade((small, Scripted(())), (0.9,))
    export(cascade, tmp_path / "out")
    said = run(tmp_path / "out", list(moods(60).texts))
    sure = small.answer(moods(60).texts).confidence
    assert [label == "deferred" for label, _ in said] == (sure < 0.9).tolist()
    assert 0 < sum(label == "deferred" for label, _ in said) < 60


def test_what_cannot_be_exported_is_said(tmp_path):
    with pytest.raises(UnderdogError, match="cannot be exported"):
        export(Majority().fit(moods(20)), tmp_path / "out")
    with pytest.raises(UnderdogError, match="has no graph"):
        export(Bayes().fit(moods(40)), tmp_path / "out", "onnx")


def test_the_command_writes_the_folder_and_replaces_it_only_with_yes(sh, tmp_path):
    save(Bayes().fit(moods(40)), tmp_path / "m")
    code, out, err = sh("export", "m", "--out", "o")
    assert code == 0, err
    assert "try it: python o/answer.py" in out
    assert sh("export", "m", "--out", "o")[0] == 1
    assert sh("export", "m", "--out", "o", "--yes", "--quiet")[:2] == (0, "")
    assert sh("export", "m", "--out", "p", "--to", "exe")[0] == 1
