"""Indexes of passages: what is found, kept on disk, and added to."""

import json
from dataclasses import replace

import numpy as np
import pytest

from underdog.core.errors import UnderdogError
from underdog.core.passages import Pairs, Passages, Strings
from underdog.runtime import registry
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build

TEXTS = [
    "The pump of the north station failed in March.",
    "Invoices are paid within thirty days of receipt.",
    "A wing flutters when its stiffness is too small.",
    "The pump was replaced, and the invoice sent to the insurer.",
    "Employees may work from home two days a week.",
]


@pytest.fixture(scope="module")
def index():
    return build("bm25()").over(Passages.of(TEXTS, [f"handbook.md:{i}" for i in range(5)]))


def test_strings_are_texts_again():
    texts = ["", "ünïcode 🎬", "a\nb", ""]
    held = Strings.of(texts)
    assert list(held) == texts
    assert list(held + Strings.of(["c"])) == [*texts, "c"]
    assert held[-2] == "a\nb"
    assert held[1:3] == ("ünïcode 🎬", "a\nb")
    assert list(Strings.of([]) + held) == texts
    with pytest.raises(IndexError):
        held[4]


def test_passages_that_share_rare_words_are_found(index):
    (hits,) = index.top(["Which pumps failed?"], 2)
    assert [hit.source for hit in hits] == ["handbook.md:0", "handbook.md:3"]
    assert hits[0].text == TEXTS[0]
    assert hits[0].score > hits[1].score > 0


def test_what_shares_no_word_is_not_found(index):
    assert index.top(["", "the", "quetzalcoatl", "?!"], 5) == [[], [], [], []]


def test_a_query_longer_than_any_document_is_answered(index):
    (hits,) = index.top([" ".join(TEXTS) * 50], 9)
    assert len(hits) == 5


def test_scores_are_those_of_bm25s(index):
    bm25s = pytest.importorskip("bm25s")
    from underdog.models.retrieval.words import words

    common = frozenset(bm25s.stopwords.STOPWORDS_EN)
    theirs = bm25s.BM25(method="lucene")
    theirs.index([words(text, common) for text in TEXTS], show_progress=False)
    query = "invoices for the pumps"
    asked = [w for w in words(query, common) if w in theirs.vocab_dict]
    assert np.allclose(index.score(query), theirs.get_scores(asked), atol=1e-6)


def test_passages_are_added_as_if_all_were_indexed_at_once(index):
    start = build("bm25()").over(Passages.of(TEXTS[:2], ["handbook.md:0", "handbook.md:1"]))
    grown = start.added(Passages.of(TEXTS[2:], [f"handbook.md:{i}" for i in range(2, 5)]))
    asked = ["pumps", "wings and invoices", "days"]
    assert grown.top(asked, 5) == index.top(asked, 5)


def test_an_index_is_read_from_its_file_where_it_lies(index, tmp_path):
    save(index, tmp_path / "index")
    found = load(tmp_path / "index", mapped=True)
    assert not found.scores.flags.owndata
    assert not found.scores.flags.writeable
    stored = build(f"index({str(tmp_path / 'index')!r})")
    assert stored.top(["pumps"], 3) == index.top(["pumps"], 3)
    before = stored.environment()
    save(index.added(Passages.of(["one more pump"], ["x"])), tmp_path / "index")
    assert stored.environment() != before


def test_a_damaged_index_is_refused(index, tmp_path):
    save(index, tmp_path / "index")
    arrays = tmp_path / "index" / "arrays.safetensors"
    content = bytearray(arrays.read_bytes())
    content[-3] ^= 1
    arrays.write_bytes(bytes(content))
    with pytest.raises(UnderdogError, match="damaged"):
        load(tmp_path / "index", mapped=True)
    arrays.write_bytes(bytes(content[: len(content) // 2]))
    with pytest.raises(UnderdogError, match="damaged"):
        load(tmp_path / "index", mapped=True)
    tree = json.loads((tmp_path / "index" / "model.json").read_text())
    assert tree["model"]["kind"] == "bm25.index"


def test_nothing_to_index_is_said():
    for texts in ([], ["", "  \n"]):
        with pytest.raises(UnderdogError, match="nothing to index"):
            build("bm25()").over(Passages.of(texts))
    assert build("bm25()").over(Passages.of(["the", "and of"])).top(["the"], 3) == [[]]


def test_no_index_is_said(tmp_path):
    with pytest.raises(UnderdogError, match="no index in"):
        build(f"index({str(tmp_path)!r})").top(["x"], 1)


def test_pairs_name_passages_that_exist():
    with pytest.raises(UnderdogError, match="not among the 2"):
        Pairs(("a",), ((2,),)).within(2)
    with pytest.raises(UnderdogError, match="1 queries but 0"):
        Pairs(("a",), ())
    assert Pairs(("a", "b"), ((0,), (1,))).at([1]).queries == ("b",)


@pytest.mark.parametrize("ends", [[0, 20, 0, 20, 44], [9, 20, 30, 40, 999], [-5, 20, 30, 40, 44]])
def test_an_index_whose_passages_overlap_is_refused(index, tmp_path, monkeypatch, ends):
    texts = Strings(index.passages.texts.content, np.array(ends, np.int64))
    odd = replace(index, passages=Passages(texts, index.passages.sources))
    turned = replace(index, starts=index.starts[::-1].copy())
    for name, one in (("odd", odd), ("turned", turned)):
        with pytest.raises(UnderdogError, match="do not lie one after another"):
            save(one, tmp_path / name)
        assert not (tmp_path / name).exists()
        with monkeypatch.context() as unchecked:  # as a stranger would write it
            unchecked.setattr(registry, "wrong", lambda *_: "")
            save(one, tmp_path / name)
        with pytest.raises(UnderdogError, match="do not lie one after another"):
            load(tmp_path / name)


def with_header(folder, change):
    """The same bytes under another header."""
    path = folder / "arrays.safetensors"
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    said = json.dumps(change(json.loads(content[8:end]))).encode()
    path.write_bytes(len(said).to_bytes(8, "little") + said + content[end:])


@pytest.mark.parametrize(
    "change",
    [
        lambda header: [*header],
        lambda header: {**header, "twin": header[min(header)]},
        lambda header: {name: {**one, "data_offsets": []} for name, one in header.items()},
        lambda header: {name: {**one, "shape": [-1]} for name, one in header.items()},
        lambda header: {name: {**one, "shape": [1 << 62] * 2} for name, one in header.items()},
        lambda header: dict([*header.items()][1:]),
    ],
)
def test_arrays_that_are_mapped_are_checked_as_the_library_does(index, tmp_path, change):
    save(index, tmp_path / "odd")
    with_header(tmp_path / "odd", change)
    for mapped in (True, False):
        with pytest.raises(UnderdogError, match="is damaged"):
            load(tmp_path / "odd", mapped=mapped)
