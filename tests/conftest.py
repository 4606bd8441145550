"""What all tests share: where the real data lies, and tiny data sets made on the spot."""

import ast
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import HealthCheck, settings
from servers.llama_server import llama_server
from servers.postgres import installed, new_database, postgres
from servers.running import llm_server

from underdog.core.data import Dataset
from underdog.fronts.cli import main

# what a busy machine takes long for is no fault
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def pytest_collection_finish():
    """Search what is imported by now for garbage no more: there is much of it, and it stays."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _a_store_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_STORE", str(tmp_path / "answers.sqlite"))
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path / "training"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; a test that asks for it is skipped where there is none."""
    here = Path(__file__).resolve().parents[1]
    root = Path(os.environ.get("UNDERDOG_DATA", here.parent / "shared" / "data"))
    if not root.is_dir():
        pytest.skip(f"no real data in {root}; name the folder: export UNDERDOG_DATA=FOLDER")
    return root


@pytest.fixture(scope="session", name="smollm2")
def _smollm2() -> Path:
    """The file of SmolLM2's weights; a test that asks for it is skipped where it is missing."""
    from underdog.core.errors import UnderdogError
    from underdog.models.language.weights import located

    pytest.importorskip("xllamacpp", reason="pip install 'underdog[llama]'")
    try:
        return located("smollm2")
    except UnderdogError as error:
        pytest.skip(f"{error.problem}: {error.hint}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A URL of a real PostgreSQL; without one, tests that ask for it are skipped."""
    if not installed():
        pytest.skip("no PostgreSQL; install it: apt-get install postgresql")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with postgres(Path(folder) / "pg") as url:
            yield url


@pytest.fixture
def database(postgres_server) -> str:
    """The URL of an empty database on a real PostgreSQL."""
    return new_database(postgres_server)


@pytest.fixture(scope="session")
def llama_url(smollm2) -> Iterator[str]:
    """The OPENAI_BASE_URL of a real llama.cpp server of SmolLM2, which calls itself 'smollm2'."""
    with llama_server(str(smollm2)) as url:
        yield url


@pytest.fixture(name="sh")
def _sh(monkeypatch, capsys, tmp_path):
    """Type a command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["underdog", *map(str, args)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return left.value.code, said.out, said.err

    return run


class Clock:
    """The time on the clock, which a recipe sets ``ahead`` by some seconds instead of sleeping."""

    ahead = 0.0

    def __call__(self):
        return perf_counter() + self.ahead


CLOCK = Clock()


TIMED = (
    "runtime.limit",
    "runtime.workers.attempt",
    "study.compare",
    "study.runs.run",
    "study.runs.runtime_estimate",
    "teach.search",
)
"""What looks at the clock while recipes are fitted."""


@pytest.fixture(name="clock")
def _clock(monkeypatch):
    """`CLOCK`, at which studies and their limits look in this test."""
    for name in TIMED:
        monkeypatch.setattr(import_module(f"underdog.{name}"), "perf_counter", CLOCK)
    return CLOCK


@cache
def syntax(path: Path) -> ast.Module:
    """The syntax tree of a module; several tests look through those of all modules."""
    return ast.parse(path.read_text("utf-8"))


def flat(run):
    """``run``, a command as `sh` types it, with standard error on one line."""

    def typed(*args):
        code, output, error = run(*args)
        return code, output, " ".join(error.split())

    return typed


def attentive():
    """Heed interrupts, which who was started in the background inherits to ignore."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def moods(n: int = 120, noise: int = 9) -> Dataset:
    """``n`` distinct little reviews, every ``noise``-th with the wrong label."""
    nouns = ["film", "plot", "cast", "song", "end", "scene", "score", "joke", "hero", "pace"]
    good = ["great", "lovely", "good", "brilliant"]
    bad = ["awful", "dull", "bad", "poor"]
    texts, labels = [], []
    for i in range(n):
        happy = i % 2 == 0
        word = (good if happy else bad)[i % 4]
        texts.append(f"a {word} {nouns[i % 10]} and a {nouns[(i // 10) % 10]} number {i}")
        labels.append("pos" if happy != (i % noise == 0) else "neg")
    return Dataset.of(texts, labels, name="moods")


@pytest.fixture(scope="session", name="moods")
def _moods() -> Dataset:
    return moods()


@pytest.fixture(name="llm")
def _llm(tmp_path, monkeypatch):
    """Start a language model's API, and point the environment at it: ``llm(replies=[…])``."""
    from underdog.models.chat import dialects

    dialects._refused.clear()  # a port may have been another server's
    with ExitStack() as stack:

        def start(**script):
            folder = tmp_path / f"llm-{len(list(tmp_path.glob('llm-*')))}"
            server = stack.enter_context(llm_server(folder, **script))
            monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
            monkeypatch.setenv("ANTHROPIC_BASE_URL", server.root)
            for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
                monkeypatch.setenv(name, "a-key-for-tests")
            return server

        yield start
