import ast
import subprocess
import sys
from pathlib import Path

import underdog

HEAVY = (
    "torch",
    "sklearn",
    "scipy",
    "openai",
    "anthropic",
    "transformers",
    "ray",
    "pyarrow",
    "pandas",
)


def fresh(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_underdog_loads_nothing_heavy():
    code = f"import sys, underdog; print([m for m in {HEAVY} if m in sys.modules])"
    assert fresh(code).strip() == "[]"


def test_asking_the_command_for_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['underdog', '--help']\n"
        "from underdog.fronts.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print([m for m in {HEAVY} if m in sys.modules])"
    )
    assert fresh(code).strip().endswith("[]")


def test_every_public_name_is_there():
    for name in underdog.__all__:
        assert getattr(underdog, name) is not None
    assert set(underdog.__all__) <= set(dir(underdog))


def test_type_checkers_see_the_same_names_as_users():
    tree = ast.parse(Path(underdog.__file__).read_text("utf-8"))
    typed = {
        name.asname: f"underdog.{node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for name in node.names
    }
    assert typed == underdog._PUBLIC
