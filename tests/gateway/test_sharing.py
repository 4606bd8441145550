"""Two gateways on one PostgreSQL: tasks and small models are shared, guarantees are not."""

import pytest
from conftest import moods

from gateway.test_learning import fit_here
from gateway.test_tasks import fit, hear
from underdog.fronts.gateway.app import Gateway
from underdog.fronts.gateway.settings import Settings
from underdog.fronts.gateway.tasks import trainer

TEXTS = moods(300).texts


@pytest.fixture
def gateways(database, monkeypatch):
    monkeypatch.setattr(trainer, "fit_apart", fit_here)
    made = [
        Gateway(
            Settings(
                upstream="http://127.0.0.1:9/v1",
                store=database,
                mode="serve",
                student="bayes()",
                start=60,
                port=port,
            )
        )
        for port in (1, 2)
    ]
    yield made
    for gateway in made:
        gateway.close()


def test_tasks_and_small_models_are_shared_and_fitted_once(gateways):
    first, second = gateways
    assert first.store.salt() == second.store.salt()
    task = hear(first.board, TEXTS[:70])
    assert first.board._sharing.claim(task)
    fit(first.board, task)
    first.board.decide(task, name="mood")
    second.board._load()
    other = second.board.task("mood")
    assert other.template == task.template
    assert other.learner.models is not None
    assert other.learner.summary.answers == 0  # its guarantee begins with its own answers
    assert not other.learner.due
    assert [g.board._sharing.claim(task) for g in gateways] == [True, False]
    hear(second.board, TEXTS[70:130])
    assert other.state("serve", 0.05) == "serving"
    second.board.save(other)
    kept = first.store.rows("SELECT id FROM tasks")
    assert len(kept) == 2  # a row for each: neither overwrites the counts of the other


def test_a_row_is_in_the_ledger_once_whoever_writes_it(gateways):
    row = ("a", 1.0, "t", "g", "p\x00", "", "local", 200, 0.1, "m", 1, 2, 3, 4, 5, 6, 7, None, 0.5)
    for gateway in gateways:
        gateway.writer.put("requests", row)
        assert gateway.writer.flush(10)
    assert gateways[0].store.rows("SELECT count(*), sum(prompt) FROM requests") == [(1, 1)]
