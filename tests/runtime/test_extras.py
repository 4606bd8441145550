import re
from pathlib import Path

import pytest

import underdog
from underdog.core.errors import UnderdogError
from underdog.runtime.extras import extras, installed, require

COMES_ALONG = {"tokenizers", "safetensors"}
"""What the libraries of an extra bring themselves."""


def asked() -> set[tuple[str, str]]:
    """Every (module, extra) that the package asks for by name."""
    sources = Path(underdog.__file__).parent.rglob("*.py")
    call = re.compile(r'require\(\s*"(\w+)[\w.]*",\s*"(\w+)"\s*\)')
    return {found for source in sources for found in call.findall(source.read_text("utf-8"))}


def test_the_extra_that_an_error_names_brings_what_was_missing():
    known = {name: {d.replace("-", "_") for d in wanted} for name, wanted in extras().items()}
    assert len(asked()) > 10
    for module, extra in asked():
        assert module in known[extra] | COMES_ALONG, f"{extra} does not install {module}"


def test_a_missing_library_is_an_error_that_ends_in_the_command():
    with pytest.raises(UnderdogError, match="no_such_library is not installed") as caught:
        require("no_such_library", "torch")
    assert caught.value.hint == "pip install 'underdog[torch]'"
    assert not installed("no_such_library")
    assert installed("json")
    assert require("json", "torch").loads("1") == 1
