"""The demo's task: real texts from whatever is installed, with the libraries' names masked."""

import re
import subprocess
import sys
from collections import Counter

import pytest

from underdog.core.data import normal
from underdog.core.errors import UnderdogError
from underdog.data import demo as module
from underdog.data.demo import docstrings

CORE = ("numpy", "scipy", "scikit-learn", "rich", "joblib", "pygments", "click", "jinja2")


@pytest.fixture(scope="module")
def core_only():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LIBRARIES", {k: module.LIBRARIES[k] for k in CORE})
        yield docstrings(600)


def test_the_core_dependencies_alone_give_3000_texts_of_5_classes(core_only):
    assert core_only.task.name == "docstrings"
    assert len(core_only) >= 3000
    assert {"numpy", "scipy", "scikit-learn", "python", "rich"} <= set(core_only.task.labels)
    assert max(Counter(core_only.labels).values()) <= 600


def test_texts_are_distinct_and_not_too_short(core_only):
    assert len({normal(text) for text in core_only.texts}) == len(core_only)
    assert min(map(len, core_only.texts)) >= 30


def test_no_text_names_its_library(core_only):
    names = re.compile(r"numpy|scipy|sklearn|scikit|joblib|pygments|jinja|\bnp\b|\brich\b", re.I)
    assert [text for text in core_only.texts if names.search(text)] == []
    assert any("[library]" in text for text in core_only.texts)


def test_give_aways_are_masked_and_only_the_first_paragraph_is_kept():
    said = "Like np.dot,  but for\nPyTorch tensors.\n\nSee numpy."
    assert module._masked(said) == "Like [library].dot, but for [library] tensors."


def test_the_same_files_give_the_same_texts(monkeypatch):
    monkeypatch.setattr(module, "LIBRARIES", {"jinja2": "jinja2"})
    assert docstrings(40).fingerprint == docstrings(40).fingerprint


def test_libraries_are_read_and_never_imported():
    code = (
        "import sys; from underdog.data.demo import docstrings; docstrings(5);"
        "print([m for m in ('torch', 'pandas', 'sklearn', 'scipy', 'jinja2') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_file_that_is_no_python_is_passed_over(tmp_path):
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "good.py").write_text('"""A module that says what it is for, and why."""\n')
    assert module._texts(tmp_path, 10) == ["A module that says what it is for, and why."]


def test_one_library_alone_is_no_task(monkeypatch):
    monkeypatch.setattr(module, "LIBRARIES", {})
    with pytest.raises(UnderdogError, match="no two libraries"):
        docstrings(5)
