"""The reference pages name every command, option and public name; the tutorial runs."""

import json
import subprocess
import sys

import pytest
import typer.main
from test_docs import ROOT, _desk  # noqa: F401  # the files that the pages speak of

import underdog
from tools import front_page, reference
from underdog.fronts.cli.app import app


def test_every_command_and_option_is_on_the_page_of_commands():
    page = reference.page("cli")
    for name, command in typer.main.get_command(app).commands.items():
        assert f"## `underdog {name}`\n\n{(command.help or '').split(chr(10))[0][:40]}" in page
        section = page.partition(f"## `underdog {name}`")[2].partition("\n## ")[0]
        for parameter in command.params:
            if parameter.name != "help":
                assert (parameter.help or "?")[:30].replace("|", "\\|") in section, (
                    name,
                    parameter.name,
                )
                for kind in parameter.opts if parameter.opts[0].startswith("-") else ():
                    assert kind in section


def test_every_public_name_and_what_it_says_is_on_the_page_of_names():
    page = reference.page("api")
    for name in underdog._PUBLIC:
        section = page.partition(f"## `ud.{name}`")[2].partition("\n## ")[0]
        first = (getattr(underdog, name).__doc__ or "?").strip().partition("\n")[0]
        assert first.replace("``", "`") in section, name


@pytest.mark.parametrize("name", ["cli.md", "api.md", "tutorial.md", "index.md", "bill.md"])
def test_pages_are_filled_when_the_documentation_is_built(name):
    class Page:
        class file:
            src_uri = name

    made = front_page.on_page_markdown("as written", Page)
    assert (made == "as written") == (name == "bill.md")
    assert (ROOT / "docs" / name).is_file()


def test_the_tutorial_runs_from_its_first_cell_to_its_last(desk):
    cells = json.loads(front_page.TUTORIAL.read_text("utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells)  # no number that nothing printed
    program = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "At 40,000 texts a month" in done.stdout
    assert (desk / "report.html").is_file()


def test_pages_for_builders_are_not_in_the_navigation():
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    for page in ("house.md", "log.md", "design.md"):
        assert page not in nav
    for page in (ROOT / "docs").glob("*.md"):
        if page.name not in ("house.md", "log.md", "design.md"):
            assert nav.count(f" {page.name}") == 1, page.name
