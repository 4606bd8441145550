"""Plain words: the checked rooms and pages use the field's terms and no private dialect."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

import underdog

PACKAGE = Path(underdog.__file__).parent
REPOSITORY = Path(__file__).resolve().parents[1]

ROOMS = (
    "models/features",
    "models/training",
    "models/transformers",
    "models/linear",
    "models/onnx",
    "models/bilstm",
    "models/static",
    "models/boosted",
    "models/seq2seq",
    "models/baselines.py",
    "models/fake.py",
    "combine/cascade.py",
    "combine/confidence.py",
    "combine/router.py",
    "combine/pools.py",
)
"""Rooms and modules of which names and prose are checked; paths below the package."""

PROSE = (*ROOMS, "combine", "core", "models", "report", "runtime", "testing.py")
"""Rooms and modules of which the prose is checked. Both lists only grow."""

PAGES = (
    "README.md",
    "docs/adjudication.md",
    "docs/answers.md",
    "docs/api.md",
    "docs/bill.md",
    "docs/cli.md",
    "docs/contestants.md",
    "docs/data.md",
    "docs/decisions.md",
    "docs/deferral.md",
    "docs/design.md",
    "docs/ensembles.md",
    "docs/gateway.md",
    "docs/grounding.md",
    "docs/index.md",
    "docs/language-models.md",
    "docs/llm.md",
    "docs/log.md",
    "docs/plugins.md",
    "docs/production.md",
    "docs/security.md",
    "docs/studies.md",
    "docs/tasks.md",
    "docs/teacher.md",
    "docs/tutorial.md",
)
"""Documents that are checked, as paths below the repository. The list only grows."""

DIALECT = {
    r"nobody|whoever|whom\b|somebody|anybody": "say which user, model or caller",
    r"anew|afresh|begun again": "again, from the beginning, retry",
    r"(?:those|one|models?|recipes?) who|who (?:would|is|are|was|has|had|looks|wins)": "it, that",
    r"lessons?": "training batches, examples",
    r"parcels?": "attempt, result",
    r"unasked|untold": "by default, not measured",
    r"comes? home|came home|at home": "returns",
    r"keeps? company|kept company": "skip-grams, is near",
    r"side paths?": "LoRA adapters",
    r"came apart|comes? apart": "diverged",
    r"(?:are|is) no numbers?": "not finite",
    r"loud(?:est)? channels?": "outlier channels",
    r"(?:tells?|told) apart": "distinguishes, separates",
    r"have a say|has a say": "contributes",
    r"nothing to show for": "no result",
    r"a (?:text|thing|label) without a fellow|fellows?": "another example of the label",
    r"it is to be (?:feared|hoped)": "probably",
    r"looked at (?:once and for all|no more)": "measured once",
    r"stops? at a pause|made a pause": "early stopping on a plateau",
    r"promis(?:e|es|ed|ing)": "guarantee",
    r"shall": "must, will",
}
"""Expressions of the old dialect, and what to write instead."""

NAMES = {"clues", "lessons", "said", "told", "known", "found", "company", "ragged", "moving"}
"""Names of variables and functions that hid what they hold. Fields of saved models keep theirs."""


def modules(rooms):
    """The modules in ``rooms``, as paths below the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if any(name == room or name.startswith(f"{room}/") for room in rooms):
            yield name


def prose(source):
    """The docstrings, other strings and comments of Python source, each with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.STRING, tokenize.COMMENT):
            yield token.start[0], " ".join(token.string.split())


def dialect(text):
    """The expressions of the dialect in ``text``, each with what to write instead."""
    for pattern, instead in DIALECT.items():
        for match in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE):
            yield f"{match.group(0)!r}: {instead}"


@pytest.mark.parametrize("name", list(modules(PROSE)))
def test_a_checked_module_is_in_plain_words(name):
    source = (PACKAGE / name).read_text("utf-8")
    assert not [f"line {n}, {d}" for n, text in prose(source) for d in dialect(text)]


@pytest.mark.parametrize("name", list(modules(ROOMS)))
def test_names_say_what_they_hold(name):
    tree = ast.parse((PACKAGE / name).read_text("utf-8"))
    fields = {
        id(field.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for field in node.body
        if isinstance(field, ast.AnnAssign)
    }
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in fields}
    defined = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    arguments = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    assert not (stored | defined | arguments) & NAMES


@pytest.mark.parametrize("page", PAGES)
def test_a_checked_page_is_in_plain_words(page):
    text = " ".join((REPOSITORY / page).read_text("utf-8").split())
    assert not list(dialect(text))


def test_the_dialect_is_recognised():
    found = dialect("Whoever comes home is begun anew; nobody keeps company with lessons.")
    assert len(list(found)) == 6
    assert not list(
        dialect("Training stops early on a plateau and is repeated at home directories"[:50])
    )
