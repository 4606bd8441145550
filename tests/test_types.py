"""What type checkers and editors see: signatures say what is taken, and nothing is Any."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import underdog as ud

ROOT = Path(__file__).parents[1]
SCRIPT = """
from pathlib import Path
import underdog as ud

table = ud.read("tickets.csv", label="team")
study = ud.compare(["linear()", ud.Bayes()], table, against="gpt4_answer", margin=0.01)
reveal_type(study)
reveal_type(study.verdict.sentence)
reveal_type(ud.audit(Path("tickets.csv")))
reveal_type(ud.plan("chat('gpt-5-mini')", table))
model = ud.EnsembleOf(ud.Linear(), n=3).fit("tickets.csv", seed=1)
reveal_type(model.answer(["a text", "another"]).values)
reveal_type(ud.Linear().fit(table.data).answer("a text")[0].cost)
ud.Linear().fit(7)
ud.compare(None, table, budgt="5m")
ud.Linear(C=1)
"""
REVEALED = [
    "underdog.study.study.Study",
    "str",
    "underdog.evaluate.audit.finding.Audit",
    "underdog.study.labels.plan.Plan",
    "tuple[str, ...]",
    "underdog.core.cost.Cost",
]
REFUSED = [
    'Argument 1 to "fit" of "Linear" has incompatible type "int"; expected'
    ' "Dataset | Table | Frame | Path | str"',
    'Unexpected keyword argument "budgt" for "compare"; did you mean "budget"?',
    'Unexpected keyword argument "C" for "Linear"',
]


def test_every_recipe_says_what_fit_takes():
    public = [getattr(ud, name) for name in ud.__all__]
    recipes = [thing for thing in public if isinstance(thing, type) and hasattr(thing, "fit")]
    said = {r.__name__: inspect.signature(r.fit).parameters for r in recipes if r is not ud.Learner}
    said.pop("Estimator")  # takes X and y, as scikit-learn does
    assert len(said) > 25
    assert {name for name, takes in said.items() if takes["data"].annotation != "Data"} == set()


def test_mypy_sees_through_a_script_of_a_user(tmp_path):
    if not (ROOT / ".mypy_cache").is_dir():
        pytest.skip("it would read the whole package, which takes a minute: make types")
    (tmp_path / "script.py").write_text(SCRIPT)
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(tmp_path / "script.py")],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": "src"},
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert [one.split('"')[1] for one in told if "Revealed type" in one] == REVEALED
    errors = [one.split("error: ")[1].split("  [")[0] for one in told if "error: " in one]
    assert errors == REFUSED
