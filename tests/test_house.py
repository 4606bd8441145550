"""The house rules: size limits, and no import circles."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

from conftest import syntax

import underdog

PACKAGE = Path(underdog.__file__).parent
MODULES_PER_FOLDER, FILE_LINES, FUNCTION_LINES, PARAMETERS = 15, 300, 50, 7

# Known exceptions, by module and name; each is to be removed by a later change.
CROWDED_FOLDERS: set[str] = set()
LONG_FILES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()
MANY_PARAMETERS: set[str] = set()
CIRCLES: set[frozenset[str]] = set()


@cache
def trees():
    """The syntax tree of every module, by its dotted name below ``underdog``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path, syntax(path)
    return found


def functions():
    """Every function and method of the package, as pairs of ``module:name`` and syntax tree."""
    for name, (_, tree) in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.name}", node


def test_a_folder_has_at_most_fifteen_modules():
    folders = Counter(p.parent for p, _ in trees().values() if not p.name.startswith("__"))
    crowded = {str(p.relative_to(PACKAGE)) for p, n in folders.items() if n > MODULES_PER_FOLDER}
    assert not crowded - CROWDED_FOLDERS


def test_a_file_has_at_most_three_hundred_lines():
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, (path, _) in trees().items()}
    long = {name for name, n in lines.items() if n > FILE_LINES}
    assert not long - LONG_FILES


def test_a_function_has_at_most_fifty_lines():
    long = {name for name, f in functions() if f.end_lineno - f.lineno + 1 > FUNCTION_LINES}
    assert not long - LONG_FUNCTIONS


def test_a_function_has_at_most_seven_parameters():
    many = set()
    for name, node in functions():
        if name.startswith("fronts.cli"):
            continue  # an option of a command is a parameter
        args = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if len([a for a in args if a.arg not in ("self", "cls")]) > PARAMETERS:
            many.add(name)
    assert not many - MANY_PARAMETERS


def imports(name, is_package, tree):
    """The modules of the package that the module ``name`` imports, for types only included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level:
                here = name.split(".") if name else []
                up = node.level - is_package
                base = here[: len(here) - up] + base
            elif base[:1] == ["underdog"]:
                base = base[1:]
            else:
                continue
            for alias in node.names:
                inner = ".".join([*base, alias.name])
                yield inner if inner in trees() else ".".join(base)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("underdog."):
                    yield alias.name.removeprefix("underdog.")


def circles(graph):
    """The groups of modules that import each other, directly or through others."""
    reach = {name: set(after) for name, after in graph.items()}
    changed = True
    while changed:
        changed = False
        for after in reach.values():
            more = set().union(*(reach[b] for b in after)) - after
            if more:
                after |= more
                changed = True
    return {frozenset(b for b in graph if b in reach[a] and a in reach[b]) for a in graph} - {
        frozenset()
    }


def test_no_module_imports_itself_through_others_not_even_for_types():
    graph = {
        name: {m for m in imports(name, path.name == "__init__.py", tree) if m in trees()} - {name}
        for name, (path, tree) in trees().items()
    }
    assert len(graph) > 100
    assert any(graph.values())
    assert not circles(graph) - CIRCLES


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}
    assert circles(graph) == {frozenset("abc")}
