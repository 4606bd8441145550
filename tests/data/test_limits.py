"""Files beyond a limit: refused in a sentence that names the variable to raise."""

import gzip
import json

import pytest

from underdog.core.errors import UnderdogError
from underdog.data.read import read


@pytest.mark.parametrize(
    ("name", "content", "variable"),
    [
        ("t.csv", (",".join(f"c{i}" for i in range(20_000)) + "\n").encode(), "COLUMNS"),
        ("t.json", json.dumps([{f"c{i}": i for i in range(20_000)}]).encode(), "COLUMNS"),
        ("t.csv.gz", gzip.compress(b"text,label\n" + b"a,b\n" * 500_000), "BYTES"),
    ],
)
def test_a_file_beyond_a_limit_names_the_variable_to_raise(
    tmp_path, monkeypatch, name, content, variable
):
    monkeypatch.setenv("UNDERDOG_MAX_BYTES", "1MB")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnderdogError) as caught:
        read(tmp_path / name)
    assert f"export UNDERDOG_MAX_{variable}=" in caught.value.hint


def test_a_whole_number_of_4400_digits_is_text(tmp_path):
    rows = [f'{{"text": "t {i}", "label": "{i % 2}", "n": {"9" * 4400}}}' for i in range(4)]
    (tmp_path / "t.jsonl").write_text("\n".join(rows))
    assert read(tmp_path / "t.jsonl").data.columns["n"][0] == "9" * 4400
