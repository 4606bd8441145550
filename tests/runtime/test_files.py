import errno
import os
from pathlib import Path

import pytest

from underdog.core.errors import UnderdogError
from underdog.runtime import files


def test_a_file_is_replaced_as_a_whole(tmp_path):
    place = tmp_path / "a" / "b.txt"
    files.write(place, "one")
    files.write(place, b"two")
    assert place.read_bytes() == b"two"
    assert [p.name for p in place.parent.iterdir()] == ["b.txt"]


def test_a_full_disk_keeps_the_old_file_and_names_the_remedy(tmp_path, monkeypatch):
    place = tmp_path / "b.txt"
    files.write(place, "old")

    def full(_fd):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnderdogError, match="no space left on device") as caught:
        files.write(place, "new")
    assert "--out" in caught.value.hint
    assert place.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_really_full_device_is_an_error_with_a_remedy():
    full = Path("/dev/full")
    with pytest.raises(UnderdogError, match="cannot write"), files.explained(full):
        full.write_bytes(b"x")


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnderdogError, match="cannot write"):
        files.write(tmp_path / "file" / "x.txt", "content")


def test_a_folder_appears_when_it_is_complete(tmp_path):
    place = tmp_path / "model"
    with files.folder(place) as fresh:
        (fresh / "a").write_text("1")
        assert not place.exists()
    with pytest.raises(UnderdogError), files.folder(place) as fresh:
        (fresh / "no such folder" / "a").write_text("2")
    with files.folder(place) as fresh:
        (fresh / "b").write_text("3")
    assert [p.name for p in place.iterdir()] == ["b"]
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
