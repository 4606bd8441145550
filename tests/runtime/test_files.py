import errno
import os
from pathlib import Path

import pytest

from underdog.core.errors import UnderdogError
from underdog.runtime import files
from underdog.study import results as results_files


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
    assert {p.name for p in place.iterdir()} == {"b", files.MARKER}
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_model_folder_is_replaced_only_if_underdog_wrote_all_of_it(tmp_path):
    place = tmp_path / "p"
    for _ in range(2):
        with files.folder(place) as fresh:
            (fresh / "model.json").write_text("1")
    (place / "thesis.txt").write_text("mine")
    with pytest.raises(UnderdogError, match=r"thesis\.txt") as caught, files.folder(place):
        raise AssertionError("refused before the work")
    assert caught.value.hint == f"choose another place: --out {place}-2"
    assert (place / "thesis.txt").read_text() == "mine"
    assert (place / "model.json").read_text() == "1"


def test_a_model_folder_from_before_there_were_markers_is_replaced(tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    (old / "model.json").write_text('{"underdog": 1, "model": null}')
    (old / "arrays.safetensors").write_bytes(b"")
    files.check_folder(old)
    (old / "model.json").write_text('{"model": "mine"}')
    with pytest.raises(UnderdogError, match="did not write"):
        files.check_folder(old)


@pytest.mark.parametrize("name", [*results_files.FILES, results_files.UNFINISHED])
def test_a_report_replaces_nothing_of_the_users(tmp_path, name):
    mine = tmp_path / name
    if name == results_files.UNFINISHED:
        mine.mkdir()
        mine = mine / "notes.txt"
    mine.write_text("mine")
    with pytest.raises(UnderdogError, match="did not write"):
        results_files.check_place(tmp_path)
    assert mine.read_text() == "mine"


def test_a_file_is_no_folder(tmp_path):
    data = tmp_path / "d.csv"
    data.write_text("text,label\n")
    for check in (files.check_folder, results_files.check_place):
        with pytest.raises(UnderdogError, match="is a file") as caught:
            check(data)
        assert f"--out {tmp_path / 'd-2'}" in caught.value.hint


def test_a_kill_between_the_two_renames_leaves_the_old_folder(tmp_path, monkeypatch):
    place, real = tmp_path / "m", os.replace
    with files.folder(place) as fresh:
        (fresh / "a").write_text("old")

    def killed(source, target):
        real(source, target)
        if str(target).endswith("underdog-old"):
            os._exit(9)

    if (child := os.fork()) == 0:
        monkeypatch.setattr(os, "replace", killed)
        with files.folder(place) as fresh:
            (fresh / "a").write_text("new")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not place.exists()
    with files.steady(place) as found:
        assert (found / "a").read_text() == "old"
    for left in tmp_path.iterdir():
        os.utime(left, (0, 0))
    with files.folder(place) as fresh:
        (fresh / "a").write_text("newer")
    with files.steady(place) as found:
        assert (found / "a").read_text() == "newer"
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_the_umask_is_respected(tmp_path):
    before = os.umask(0o027)
    try:
        files.write(tmp_path / "f", "x")
        with files.folder(tmp_path / "d"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o750
