"""A file that says what the labels mean: how it is written, and what is refused."""

import os

import pytest

from underdog.core.errors import UnderdogError
from underdog.data.descriptions import described
from underdog.data.read import read


@pytest.fixture(name="table")
def _table(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("text,label\na,pos\nb,neg\nc,pos\nd,neg\n")
    return read(path)


@pytest.mark.parametrize(
    "written",
    [
        '{"pos": "praise,  thanks", "neg": "blame"}',
        "pos\tpraise, thanks\nneg\tblame\n",
        'label,description\npos,"praise, thanks"\nneg,blame\n',
        "pos,praise, thanks\n\nneg,blame\n",
        "pos=praise, thanks\nneg=blame",
        '\ufeff{"pos": "praise, thanks", "neg": "blame"}',
    ],
)
def test_meanings_are_read_in_the_order_of_the_labels(table, tmp_path, written):
    file = tmp_path / "means.txt"
    file.write_text(written, "utf-8")
    found = described(table, str(file)).data
    said = dict(found.task.descriptions)
    assert [*said] == ["neg", "pos"]
    assert said["neg"] == "blame"
    assert said["pos"].replace(", ", ",") == "praise,thanks"
    assert found.fingerprint != table.data.fingerprint
    file.write_text(f"pos,{'praise ' * 30_000}\nneg,blame\n", "utf-8")
    assert len(dict(described(table, str(file)).data.task.descriptions)["pos"]) > 200_000
    assert described(table, None) is table


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('{"posi": "praise"}', "describes 'posi', which is no label"),
        ('{"pos": "a", "pos": "b"}', "twice"),
        ('{"pos": 3}', "no text"),
        ('{"pos": ', "no JSON object"),
        ("{" * 3000, "no JSON object"),
        ("pos praise", "no list of labels"),
        ("", "no list of labels"),
        ('{"pos": ""}', "describes no label"),
    ],
)
def test_what_describes_no_label_is_refused(table, tmp_path, written, says):
    file = tmp_path / "means.txt"
    file.write_text(written)
    with pytest.raises(UnderdogError, match=says):
        described(table, str(file))


def test_a_file_that_cannot_be_read_is_named(table, tmp_path):
    with pytest.raises(UnderdogError, match="cannot read"):
        described(table, str(tmp_path / "none.json"))
    (tmp_path / "latin.txt").write_bytes("pos,gef\xe4llt".encode("latin-1"))
    with pytest.raises(UnderdogError, match="UTF-8"):
        described(table, str(tmp_path / "latin.txt"))


def test_a_pipe_is_not_waited_for(table, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(UnderdogError, match="is no file"):
            described(table, str(tmp_path / name))
