"""Work on a real Ray cluster: the same results, bills and warnings, whatever dies."""

import json
import os
import time
from pathlib import Path

import pytest
from errands import nested, outcomes, waits, work
from servers.ray_cluster import ray_cluster

from underdog.combine.ensemble import EnsembleOf
from underdog.core.cost import Ledger
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.fronts.curating import curate
from underdog.fronts.gateway.tasks.training import Carried, fit_apart, fitted
from underdog.fronts.labelling import answer_file
from underdog.models.linear.recipe import Bayes
from underdog.runtime.workers.attempt import DIED
from underdog.runtime.workers.parallel import attempts
from underdog.teach.deferral.thresholds import WEIGHT

HERE = str(Path(__file__).parent)


@pytest.fixture(name="ray", scope="module")
def _ray():
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'underdog[ray]'")
    with ray_cluster(HERE, cores=3) as running:
        yield running


@pytest.fixture(name="named")
def _named(ray, monkeypatch):
    monkeypatch.setenv("UNDERDOG_RAY", ray.address)


def test_work_is_done_on_the_cluster_with_one_thread_each(named):
    with Ledger() as bill:
        found = outcomes(attempts(work, ("all", 1), "abc"))
    assert [found[i][:2] for i in range(3)] == [(("all", 1), what) for what in "abc"]
    assert os.getpid() not in {pid for _, _, pid, _ in found.values()}
    assert {threads for *_, threads in found.values()} == {"1"}
    assert bill.total.calls == 3


def test_work_on_the_cluster_is_not_spread_again(named):
    found = outcomes(attempts(nested, None, ["abc", "de"]))
    assert [len(found[i]) for i in range(2)] == [1, 1]


def test_one_thing_alone_stays_here(named):
    [(_, made)] = attempts(work, None, ["a"])
    assert made.value[2] == os.getpid()


def test_a_crash_costs_what_crashed_alone(named):
    with pytest.warns(UserWarning, match="mind the gap"):
        found = outcomes(attempts(work, None, ["a", "dies", "raises", "warns", "b"]))
    assert found[1] == ("crashed", DIED.problem, "")
    assert found[2] == ("crashed", "RuntimeError: no luck", "")
    assert [found[i][1] for i in (0, 3, 4)] == ["a", "warns", "b"]


def test_a_refusal_keeps_its_problem_and_hint(named):
    found = outcomes(attempts(work, None, ["a", "is wrong", "b"]))
    assert found[1] == ("refused", "there is no such label", "name another")


def test_what_has_no_name_cannot_travel(named):
    with pytest.raises(UnderdogError, match="object cannot be saved"):
        list(attempts(work, object(), "ab"))


def test_members_fitted_on_the_cluster_are_those_fitted_here(moods, named, monkeypatch):
    recipe = EnsembleOf(Bayes(), n=3, how="bag")
    there = recipe.fit(moods).models
    monkeypatch.delenv("UNDERDOG_RAY")
    here = recipe.fit(moods).models
    for one, other in zip(there, here, strict=True):
        assert (one.answer(moods.texts).probs == other.answer(moods.texts).probs).all()


def test_the_gateway_fits_on_the_cluster_what_it_would_fit_here(moods, named):
    data = Dataset(moods.task, moods.texts, moods.labels, columns={WEIGHT: (1.0,) * len(moods)})
    record, there = fit_apart(data, "bayes()", 0, Carried(), "t")
    same, here = fitted(data, "bayes()", 0)
    assert (record.sure == same.sure).all()
    assert (there.answer(moods.texts).probs == here.answer(moods.texts).probs).all()
    assert there.likeness.least == here.likeness.least
    with pytest.raises(UnderdogError, match="could not be fitted"):
        fit_apart(data, "glassbox(steps=-1)", 0, Carried(), "t")


def test_a_pool_is_scored_on_the_cluster_to_the_same_bytes(moods, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pool").mkdir()
    for name, part in (("a", moods.texts[:60]), ("b", moods.texts[60:])):
        Path("pool", f"{name}.txt").write_text("\n".join(part) + "\n", "utf-8")
    Path("target.txt").write_text(
        "\n".join(moods.texts[:9]).replace("number", "no") + "\n", "utf-8"
    )
    for engine in ("ray", "cores"):
        curate("pool", "dsir()", "50%", target="target.txt", out=engine, engine=engine)
    for name in ("a.txt", "a.txt.scores", "b.txt", "b.txt.scores"):
        assert Path("ray", name).read_bytes() == Path("cores", name).read_bytes()


def test_a_file_answered_on_the_cluster_has_the_same_rows(moods, named, tmp_path):
    model, file = Bayes().fit(moods), tmp_path / "texts.csv"
    texts = [f"{text} {i}" for i in range(9) for text in moods.texts]
    file.write_text("\n".join(["text", *texts]) + "\n", "utf-8")
    rows = {}
    for engine in ("ray", "cores"):
        out = tmp_path / f"{engine}.jsonl"
        found = answer_file(model, str(file), str(out), engine=engine)
        assert (found.rows, found.resumed, found.deferred) == (len(texts), 0, 0)
        rows[engine] = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    for row in rows["ray"] + rows["cores"]:
        assert row.pop("cost") >= 0  # what the machine's time cost, which is never twice the same
    assert rows["ray"] == rows["cores"]


def test_a_part_that_cannot_be_answered_is_an_error_with_its_hint(moods, named, tmp_path):
    (tmp_path / "texts.csv").write_text("text\n" + "a film\n" * 600, "utf-8")
    pairs = Bayes().fit(Dataset.of([(t, t) for t in moods.texts], moods.labels))
    with pytest.raises(UnderdogError, match="pairs"):
        answer_file(pairs, str(tmp_path / "texts.csv"), str(tmp_path / "out.csv"), engine="ray")


def test_a_cluster_that_is_not_there_is_an_error_with_the_way_out(moods, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'underdog[ray]'")
    for address, reason in (("127.0.0.1:1", "refused"), ("nowhere", "nowhere")):
        monkeypatch.setenv("UNDERDOG_RAY", address)
        with pytest.raises(UnderdogError, match=rf"{address} cannot be used: .*{reason}") as caught:
            EnsembleOf(Bayes(), n=2).fit(moods)
        assert caught.value.hint.endswith("unset UNDERDOG_RAY")


def test_when_the_cluster_goes_what_is_left_is_done_here(ray, named, tmp_path):
    """The last test: the cluster does not come back."""
    results = attempts(waits, str(tmp_path), "abc")
    at, made = next(results)
    assert (at, made.value) == (0, "a")
    while not all((tmp_path / name).exists() for name in "bc"):
        time.sleep(0.02)
    ray.kill()
    with pytest.warns(UserWarning, match="lost 2 of 3 pieces of work: they are done here"):
        assert outcomes(results) == {1: "b", 2: "c"}
