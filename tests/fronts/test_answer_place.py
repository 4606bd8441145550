"""Where `underdog answer` writes: a file, or one of the same name in a folder."""

import pytest

from underdog.core.errors import UnderdogError
from underdog.fronts.cli.models.answer import _place


def test_a_folder_gets_a_file_of_the_same_name(tmp_path):
    made = tmp_path / "new" / "answers"
    assert _place(f"{made}/", "data/big.parquet") == str(made / "big.parquet")
    assert _place(str(made), "big.csv") == str(made / "big.csv")
    assert _place("out.csv", "big.parquet") == "out.csv"
    assert _place("-", "big.parquet") == "-"
    (tmp_path / "taken").touch()
    with pytest.raises(UnderdogError, match="File exists"):
        _place(f"{tmp_path}/taken/", "big.parquet")
