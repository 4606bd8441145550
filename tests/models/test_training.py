"""The training loop: what it minimises, when it stops, what it survives."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from underdog.core.errors import UnderdogError  # noqa: E402
from underdog.models.training import checkpoint as checkpoints  # noqa: E402
from underdog.models.training.batches import Lessons  # noqa: E402
from underdog.models.training.checkpoint import Checkpoint  # noqa: E402
from underdog.models.training.loop import Plan, logits, seeded, train  # noqa: E402


def points(n=240, noise=0.0, labels=3):
    """Points on a line, in as many classes as there are labels, and lengths that differ."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    gold = np.eye(labels)[
        np.digitize(x[:, 0] + noise * rng.normal(size=n), [-0.4, 0.4][: labels - 1])
    ]
    lessons = Lessons(
        lambda rows: (torch.tensor(x[rows]),),
        rng.integers(1, 9, size=n),
        gold,
        tuple(str(i) for i in range(n)),
    )
    return lessons


def network(labels=3):
    with seeded(3):
        return torch.nn.Sequential(
            torch.nn.Linear(4, 8),
            torch.nn.Tanh(),
            torch.nn.Dropout(0.1),
            torch.nn.Linear(8, labels),
        )


def weights(module):
    return np.concatenate([p.detach().numpy().ravel() for p in module.parameters()])


def test_it_learns_and_keeps_the_best_epoch():
    lessons, module = points(noise=0.3), network()
    done = train(module, lessons, Plan(epochs=30, rate=0.03, batch=16, patience=4), seed=0)
    _, check = lessons.sides(0)
    said = logits(module, lessons, check)
    assert (said.argmax(axis=1) == lessons.gold[check].argmax(axis=1)).mean() > 0.75
    assert done.best == int(np.argmin(done.losses))
    powers = np.exp(said * done.factor)
    surprise = -np.log(
        (powers / powers.sum(axis=1, keepdims=True) * lessons.gold[check]).sum(axis=1)
    )
    assert surprise.mean() == pytest.approx(done.losses[done.best], abs=1e-5)


def test_the_same_seed_gives_the_same_weights_and_leaves_the_world_as_it_was():
    before = torch.random.get_rng_state()
    one, other, third = network(), network(), network()
    for module, seed in ((one, 0), (other, 0), (third, 1)):
        train(module, points(), Plan(epochs=2), seed=seed)
    assert (weights(one) == weights(other)).all()
    assert (weights(one) != weights(third)).any()
    assert (torch.random.get_rng_state() == before).all()


def test_one_step_is_torch_s_own_cross_entropy_with_soft_labels_and_weights():
    from underdog.models.training.loop import _Loop

    lessons, module = points(n=60), network().eval()
    soft = np.random.default_rng(0).dirichlet(np.ones(3), size=60)
    lessons = Lessons(lessons.collate, lessons.lengths, soft, lessons.clusters)
    rows, weight = np.arange(20), np.array([1.0, 2.0, 0.5])
    loop = _Loop(module, lessons, Plan(), torch.optim.SGD(module.parameters()), weight, parts=3)
    loss = loop.gradient(rows)
    gradient = module[0].weight.grad.clone()
    module.zero_grad()
    ours = torch.nn.functional.cross_entropy(
        module(*lessons.collate(rows)).double(),
        torch.tensor(soft[rows]),
        weight=torch.tensor(weight),
        reduction="sum",
    ) / float((soft[rows] * weight).sum())
    ours.backward()
    assert loss == pytest.approx(float(ours.detach()), abs=1e-6)
    assert torch.allclose(gradient, module[0].weight.grad, atol=1e-6)


def test_the_rate_rises_and_falls():
    plan = Plan(rate=1.0, warmup=0.2)
    assert [plan.pace(i, 10) for i in (0, 1, 2, 6)] == pytest.approx([0.5, 1.0, 1.0, 0.5])


def test_balance_makes_labels_count_the_same():
    gold = np.eye(3)[[0] * 6 + [1] * 2]
    lessons = Lessons(lambda rows: (), np.ones(8, int), gold, tuple("abcdefgh"))
    assert lessons.balance(np.arange(8)) == pytest.approx([4 / 6, 2.0, 0.0])


def test_batches_hold_each_row_once_and_like_lengths():
    lessons = points()
    found = lessons.batches(np.arange(240), 16, (0, 0))
    assert sorted(np.concatenate(found).tolist()) == list(range(240))
    assert max(np.ptp(lessons.lengths[rows]) for rows in found) <= 2


def test_what_belongs_together_stays_on_one_side_and_a_lone_label_is_learned_from():
    gold = np.eye(3)[[0, 1] * 119 + [0, 2]]
    clusters = tuple(str(i // 2) for i in range(240))
    for seed in range(20):
        lessons = Lessons(lambda rows: (), np.ones(240, int), gold, clusters)
        learn, check = lessons.sides(seed)
        assert len(learn) + len(check) == 240
        assert not {clusters[i] for i in learn} & {clusters[i] for i in check}
        assert 239 in learn
        assert len(check) >= 20 or not len(check)


def test_without_anything_to_stop_by_the_last_epoch_stays():
    lessons, module = points(n=30), network()
    done = train(module, lessons, Plan(epochs=3), seed=0)
    assert done.best == 2
    assert done.factor == 1.0


def test_a_loss_that_is_no_number_is_an_error_that_says_what_to_change():
    lessons, module = points(), network()
    with torch.no_grad():
        module[0].weight[0, 0] = float("nan")
    with pytest.raises(UnderdogError, match=r"epoch 1[\s\S]*rate=0.0001"):
        train(module, lessons, Plan(), seed=0)


class Treacherous(torch.nn.Module):
    """Says what ``inner`` says; its gradient is no number, though its loss always is one."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        said = self.inner(x)
        return said + (said - said.detach()).abs().sqrt()  # 0, with a slope of infinity


@pytest.mark.parametrize("n", [30, 240])
def test_weights_that_are_no_numbers_are_never_kept(n):
    with pytest.raises(UnderdogError, match="came apart"):
        train(Treacherous(network()), points(n=n), Plan(epochs=1, batch=n), seed=0)


class Greedy(torch.nn.Module):
    """Asks for more memory than there is whenever more than ``most`` examples come at once."""

    def __init__(self, inner, most):
        super().__init__()
        self.inner, self.most = inner, most

    def forward(self, x):
        if self.training and len(x) > self.most:
            torch.empty(2**60)  # a real refusal by the allocator
        return self.inner(x)


def test_out_of_memory_halves_the_batch_and_changes_nothing_else():
    plain = network()
    del plain[2]  # dropout draws differently for halves
    train(plain, points(), Plan(epochs=2, batch=16), seed=0)
    inner = network()
    del inner[2]
    with pytest.warns(UserWarning, match="going on with 8 examples at once"):
        train(Greedy(inner, 8), points(), Plan(epochs=2, batch=16), seed=0)
    assert weights(inner) == pytest.approx(weights(plain), abs=1e-4)


@pytest.mark.filterwarnings("error:out of memory")
def test_a_batch_of_many_tokens_is_computed_in_parts_and_nothing_else_changes():
    plain, inner = network(), network()
    del plain[2], inner[2]
    lessons = points()
    train(plain, lessons, Plan(epochs=2, batch=16), seed=0)
    tokens = 8 * int(lessons.lengths.min())
    train(Greedy(inner, 8), lessons, Plan(epochs=2, batch=16, tokens=tokens), seed=0)
    assert weights(inner) == pytest.approx(weights(plain), abs=1e-4)


@pytest.mark.filterwarnings("ignore:out of memory")
def test_memory_too_short_for_one_example_is_an_error():
    with pytest.raises(UnderdogError, match="not even one"):
        train(Greedy(network(), 0), points(), Plan(epochs=1), seed=0)


JOB = """
    import numpy as np, sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from test_training import points, network, weights, Plan, train
    from underdog.models import checkpoint
    checkpoint.EVERY = 0.0
    kept = checkpoint.Checkpoint(Path(sys.argv[1]))
    if sys.argv[2] == "slow":
        class Slow(checkpoint.Checkpoint):
            def save(self, *what):
                super().save(*what)
                time.sleep(0.3)
        kept = Slow(kept.path)
    module = network()
    done = train(module, points(noise=0.5), Plan(epochs=6, rate=0.02), 0, kept)
    np.save(sys.argv[3], weights(module))
"""


def test_a_killed_training_resumes_where_it_was_and_ends_in_the_same_weights(tmp_path):
    job = tmp_path / "job.py"
    job.write_text(textwrap.dedent(JOB.format(tests=os.path.dirname(__file__))))
    kept = tmp_path / "kept" / "a.safetensors"
    killed = subprocess.Popen([sys.executable, job, kept, "slow", tmp_path / "never.npy"])
    deadline = time.monotonic() + 60
    while not kept.is_file() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert kept.is_file()
    assert not (tmp_path / "never.npy").exists()
    _, said = Checkpoint(kept).load()
    assert 1 <= len(said["losses"]) < 6

    module, whole = network(), network()
    plan = Plan(epochs=6, rate=0.02)
    resumed = train(module, points(noise=0.5), plan, 0, Checkpoint(kept))
    straight = train(whole, points(noise=0.5), plan, 0)
    assert resumed == straight
    assert (weights(module) == weights(whole)).all()
    assert not kept.exists()


def test_a_damaged_checkpoint_is_begun_anew_and_none_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    (tmp_path / "a.safetensors").write_bytes(b"rubbish")
    train(network(), points(), Plan(epochs=1), 0, Checkpoint(tmp_path / "a.safetensors"))
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="without checkpoints"):
        train(network(), points(), Plan(epochs=1), 0, Checkpoint(tmp_path / "file" / "a"))
