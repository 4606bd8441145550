"""The training loop: its loss, early stopping, and recovery from kills and full memory."""

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
from underdog.models.training.batches import TrainingBatches  # noqa: E402
from underdog.models.training.checkpoint import Checkpoint  # noqa: E402
from underdog.models.training.devices import seeded  # noqa: E402
from underdog.models.training.loop import TrainingConfig, logits, train  # noqa: E402


def points(n=240, noise=0.0, labels=3):
    """Points on a line, in as many classes as there are labels, and lengths that differ."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    gold = np.eye(labels)[
        np.digitize(x[:, 0] + noise * rng.normal(size=n), [-0.4, 0.4][: labels - 1])
    ]
    batches = TrainingBatches(
        lambda rows: (torch.tensor(x[rows]),),
        rng.integers(1, 9, size=n),
        gold,
        tuple(str(i) for i in range(n)),
    )
    return batches


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
    batches, module = points(noise=0.3), network()
    done = train(
        module, batches, TrainingConfig(epochs=30, rate=0.03, batch=16, patience=4), seed=0
    )
    _, check = batches.split(0)
    said = logits(module, batches, check)
    assert (said.argmax(axis=1) == batches.gold[check].argmax(axis=1)).mean() > 0.75
    assert done.best == int(np.argmin(done.losses))
    powers = np.exp(said * done.factor)
    surprise = -np.log(
        (powers / powers.sum(axis=1, keepdims=True) * batches.gold[check]).sum(axis=1)
    )
    assert surprise.mean() == pytest.approx(done.losses[done.best], abs=1e-5)


def test_the_same_seed_gives_the_same_weights_and_does_not_change_the_global_state():
    before = torch.random.get_rng_state()
    one, other, third = network(), network(), network()
    for module, seed in ((one, 0), (other, 0), (third, 1)):
        train(module, points(), TrainingConfig(epochs=2), seed=seed)
    assert (weights(one) == weights(other)).all()
    assert (weights(one) != weights(third)).any()
    assert (torch.random.get_rng_state() == before).all()


def test_one_step_is_torch_s_own_cross_entropy_with_soft_labels_and_weights():
    from underdog.models.training.loop import _Loop

    batches, module = points(n=60), network().eval()
    soft = np.random.default_rng(0).dirichlet(np.ones(3), size=60)
    batches = TrainingBatches(batches.collate, batches.lengths, soft, batches.clusters)
    rows, weight = np.arange(20), np.array([1.0, 2.0, 0.5])
    loop = _Loop(
        module, batches, TrainingConfig(), torch.optim.SGD(module.parameters()), weight, parts=3
    )
    loss = loop.gradient(rows)
    gradient = module[0].weight.grad.clone()
    module.zero_grad()
    ours = torch.nn.functional.cross_entropy(
        module(*batches.collate(rows)).double(),
        torch.tensor(soft[rows]),
        weight=torch.tensor(weight),
        reduction="sum",
    ) / float((soft[rows] * weight).sum())
    ours.backward()
    assert loss == pytest.approx(float(ours.detach()), abs=1e-6)
    assert torch.allclose(gradient, module[0].weight.grad, atol=1e-6)


def test_the_rate_rises_and_falls():
    config = TrainingConfig(rate=1.0, warmup=0.2)
    assert [config.rate_at(i, 10) for i in (0, 1, 2, 6)] == pytest.approx([0.5, 1.0, 1.0, 0.5])


def test_balance_makes_labels_count_the_same():
    gold = np.eye(3)[[0] * 6 + [1] * 2]
    batches = TrainingBatches(lambda rows: (), np.ones(8, int), gold, tuple("abcdefgh"))
    assert batches.class_weights(np.arange(8)) == pytest.approx([4 / 6, 2.0, 0.0])


def test_batches_hold_each_row_once_and_like_lengths():
    batches = points()
    found = batches.epoch_batches(np.arange(240), 16, (0, 0))
    assert sorted(np.concatenate(found).tolist()) == list(range(240))
    assert max(np.ptp(batches.lengths[rows]) for rows in found) <= 2


def test_clusters_stay_together_and_the_only_example_of_a_label_is_trained_on():
    gold = np.eye(3)[[0, 1] * 119 + [0, 2]]
    clusters = tuple(str(i // 2) for i in range(240))
    for seed in range(20):
        batches = TrainingBatches(lambda rows: (), np.ones(240, int), gold, clusters)
        learn, check = batches.split(seed)
        assert len(learn) + len(check) == 240
        assert not {clusters[i] for i in learn} & {clusters[i] for i in check}
        assert 239 in learn
        assert len(check) >= 20 or not len(check)


def test_without_validation_rows_the_last_epoch_is_kept():
    batches, module = points(n=30), network()
    done = train(module, batches, TrainingConfig(epochs=3), seed=0)
    assert done.best == 2
    assert done.factor == 1.0


def test_a_non_finite_loss_is_an_error_that_names_a_smaller_rate():
    batches, module = points(), network()
    with torch.no_grad():
        module[0].weight[0, 0] = float("nan")
    with pytest.raises(UnderdogError, match=r"epoch 1[\s\S]*rate=0.0001"):
        train(module, batches, TrainingConfig(), seed=0)


class NonFiniteGradient(torch.nn.Module):
    """Gives the output of ``inner``; the loss is finite, and the gradient is not."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        said = self.inner(x)
        return said + (said - said.detach()).abs().sqrt()  # 0, with a slope of infinity


@pytest.mark.parametrize("n", [30, 240])
def test_non_finite_weights_are_never_kept(n):
    with pytest.raises(UnderdogError, match="training diverged"):
        train(NonFiniteGradient(network()), points(n=n), TrainingConfig(epochs=1, batch=n), seed=0)


class MemoryHungry(torch.nn.Module):
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
    train(plain, points(), TrainingConfig(epochs=2, batch=16), seed=0)
    inner = network()
    del inner[2]
    with pytest.warns(UserWarning, match="continuing with 8 examples at a time"):
        train(MemoryHungry(inner, 8), points(), TrainingConfig(epochs=2, batch=16), seed=0)
    assert weights(inner) == pytest.approx(weights(plain), abs=1e-4)


@pytest.mark.filterwarnings("error:out of memory")
def test_a_batch_of_many_tokens_is_computed_in_parts_with_the_same_gradient():
    plain, inner = network(), network()
    del plain[2], inner[2]
    batches = points()
    train(plain, batches, TrainingConfig(epochs=2, batch=16), seed=0)
    tokens = 8 * int(batches.lengths.min())
    train(
        MemoryHungry(inner, 8), batches, TrainingConfig(epochs=2, batch=16, tokens=tokens), seed=0
    )
    assert weights(inner) == pytest.approx(weights(plain), abs=1e-4)


@pytest.mark.filterwarnings("ignore:out of memory")
def test_one_example_that_does_not_fit_into_memory_is_an_error():
    with pytest.raises(UnderdogError, match="one example alone"):
        train(MemoryHungry(network(), 0), points(), TrainingConfig(epochs=1), seed=0)


JOB = """
    import numpy as np, sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from test_training import points, network, weights, TrainingConfig, train
    from underdog.models.training import checkpoint
    checkpoint.SECONDS_BETWEEN = 0.0
    kept = checkpoint.Checkpoint(Path(sys.argv[1]))
    if sys.argv[2] == "slow":
        class Slow(checkpoint.Checkpoint):
            def save(self, *what):
                super().save(*what)
                time.sleep(0.3)
        kept = Slow(kept.path)
    module = network()
    done = train(module, points(noise=0.5), TrainingConfig(epochs=6, rate=0.02), 0, kept)
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
    _, progress = Checkpoint(kept).load()
    assert 1 <= len(progress["losses"]) < 6

    module, whole = network(), network()
    config = TrainingConfig(epochs=6, rate=0.02)
    resumed = train(module, points(noise=0.5), config, 0, Checkpoint(kept))
    straight = train(whole, points(noise=0.5), config, 0)
    assert resumed == straight
    assert (weights(module) == weights(whole)).all()
    assert not kept.exists()


def test_a_damaged_checkpoint_is_ignored_and_an_unwritable_one_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    (tmp_path / "a.safetensors").write_bytes(b"rubbish")
    train(network(), points(), TrainingConfig(epochs=1), 0, Checkpoint(tmp_path / "a.safetensors"))
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="without checkpoints"):
        train(network(), points(), TrainingConfig(epochs=1), 0, Checkpoint(tmp_path / "file" / "a"))
