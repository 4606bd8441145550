"""Documents and tables as passages, and the verbs that index and search them."""

import json
import shutil

import pytest

import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.core.texts import sentences
from underdog.data.corpus import read_corpus
from underdog.data.corpus.reading import changes
from underdog.data.corpus.splitting import passages
from underdog.models.retrieval.stored import stale
from underdog.runtime.registry import build


@pytest.fixture(name="folder")
def _folder(tmp_path):
    place = tmp_path / "documents"
    (place / "inner").mkdir(parents=True)
    (place / ".hidden").mkdir()
    (place / ".hidden" / "x.txt").write_text("never read")
    (place / "a.md").write_text("# One\n\nThe pump failed.\n\n# Two\n\nIt was replaced.\n")
    (place / "inner" / "b.txt").write_bytes("Le café ouvre à sept heures.".encode("cp1252"))
    (place / "c.txt").write_bytes("Grüße aus Köln.".encode("utf-16"))
    (place / "d.csv").write_text("id,text\n1,An invoice is late\n2,\n3,A parcel is lost\n")
    (place / "e.bin").write_bytes(b"\0\1\2")
    return place


def test_sentences_end_where_readers_think_so():
    text = 'It cost 3.5 m. e.g. Prof. Lee agreed. "Why?" They did not say. Über uns.'
    assert sentences(text) == [
        "It cost 3.5 m. e.g. Prof. Lee agreed.",
        '"Why?"',
        "They did not say.",
        "Über uns.",
    ]


def test_passages_hold_whole_sentences_and_know_their_lines():
    long = " ".join(f"Sentence {i} has five words." for i in range(12))
    found = list(passages(f"\n\nShort one.\n\nShort two.\n\n{long}\n", words=20))
    start = [f"Sentence {i} has five words." for i in range(3)]
    assert found[0] == (3, "\n".join(["Short one.", "Short two.", *start]))
    assert all(len(text.split()) <= 20 for _, text in found)
    assert [line for line, _ in found][1:] == [7] * (len(found) - 1)
    assert list(passages("one " * 45, words=20))[-1][1] == "one one one one one"
    assert list(passages("  \n\n ")) == []


def test_a_folder_is_read_whatever_its_encodings(folder):
    corpus = read_corpus(folder)
    assert dict(zip(corpus.passages.sources, corpus.passages.texts, strict=True)) == {
        "a.md:1": "# One\nThe pump failed.",
        "a.md:5": "# Two\nIt was replaced.",
        "inner/b.txt:1": "Le café ouvre à sept heures.",
        "c.txt:1": "Grüße aus Köln.",
        "d.csv:1": "An invoice is late",
        "d.csv:3": "A parcel is lost",
    }
    assert any("1 file" in note for note in corpus.notes)


def test_what_changed_is_named(folder):
    before = read_corpus(folder).files
    assert changes(str(folder), before) == []
    (folder / "a.md").write_text("other")
    (folder / "c.txt").unlink()
    (folder / "new.txt").write_text("new")
    assert changes(str(folder), before) == ["a.md", "c.txt", "new.txt"]


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(UnderdogError, match="no file or folder"):
        read_corpus(tmp_path / "nothing")
    with pytest.raises(UnderdogError, match="there is no text"):
        read_corpus(tmp_path)
    (tmp_path / "t.csv").write_text("id,text\n1,a b c\n")
    with pytest.raises(UnderdogError, match="no column 'body'"):
        read_corpus(tmp_path / "t.csv", text=("body",))


def test_documents_are_indexed_searched_and_added_to(folder, sh):
    code, out, err = sh("index", folder, "--out", "ix")
    assert code == 0
    assert "indexed 6 passages from 4 files" in out
    code, out, err = sh("search", "ix", "which pump failed?", "-k", "2")
    assert code == 0
    assert out.startswith("1. a.md:1  (")
    assert "The pump failed." in out
    assert not err
    code, out, err = sh("search", "ix", "zebra")
    assert (code, out) == (0, "nothing found for 'zebra' in ix\n")
    (folder / "a.md").write_text("# One\n\nThe pump failed again.\n")
    code, out, err = sh("search", "ix", "pump", "--json")
    assert "a.md changed since it was indexed" in " ".join(err.split())
    assert json.loads(out)["hits"][0]["source"] == "a.md:1"
    code, out, err = sh("index", folder, "--out", "ix", "--add")
    assert code == 1
    assert "is in that index already" in " ".join(err.split())
    (folder.parent / "more.txt").write_text("The turbine failed too.")
    code, out, err = sh("index", folder.parent / "more.txt", "--out", "ix", "--add")
    assert "added 1 passage from 1 file " in out
    code, out, err = sh("search", "ix", "turbine")
    assert "more.txt:1" in out
    with pytest.warns(UserWarning, match="a.md changed .* --out ix && underdog index .* --add"):
        build("index('ix')").top(["turbine"], 1)
    shutil.rmtree(folder)
    assert stale("ix") != stale("ix", moved=True) == []


def test_what_is_no_index_is_said(sh):
    for words, problem in (
        (("search", "nothing", "x"), "no index in nothing"),
        (("search", "linear()", "x"), "searches nothing by itself"),
        (("index", "nothing"), "no file or folder"),
        (("index", ".", "linear()"), "makes no index"),
        (("index", ".", "--add", "--out", "ix"), "there is no text"),
    ):
        code, _, err = sh(*words)
        assert code == 1
        assert problem in " ".join(err.split())


def test_the_same_from_python(folder):
    with pytest.warns(UserWarning, match="Windows-1252"):
        index = ud.index(folder)
    assert ud.search(index, "café")[0].source == "inner/b.txt:1"
    with pytest.raises(UnderdogError, match="k is 0"):
        ud.search(index, "café", 0)
    assert ud.search(ud.index(["a b", "pumps fail"]), "pump")[0].source == "2"
