"""BiLSTMs and ensembles of them; run as a script, it prints the gain of each member."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import mean

from benchmarks.contestants import studied
from benchmarks.contestants.cell import Cell
from benchmarks.data import table
from underdog.combine.ensemble import EnsembleOf
from underdog.core.cost import FIELDS
from underdog.evaluate.diversity import Diversity, Size
from underdog.models.bilstm import BiLSTM

SEEDS = range(3)
READER = BiLSTM(embeddings="contextual")
PAIRED = {"accuracy": "≥ single + .02, ≥ .70"}
CALIBRATED = {"calibration_error": "≤ .03", "log_loss": "≤ .95 single"}


def cells() -> Iterator[Cell]:
    """NLI with frozen MiniLM embeddings, tweets with learned embeddings."""
    for on, recipe, n, target in (
        ("NLI", READER, 11, PAIRED),
        ("tweets", BiLSTM(), 5, CALIBRATED),
    ):
        for seed in SEEDS:
            yield Cell(on, repr(recipe), seed, partial(studied.numbers, on, recipe, seed), {})
        many = EnsembleOf(recipe, n)
        for seed in SEEDS:
            yield Cell(on, repr(many), seed, partial(_together, on, many, seed), target)


def _together(on: str, recipe: EnsembleOf, seed: int) -> dict[str, float]:
    """The scores of the ensemble, and those of its first 1, 2, ... members."""
    trial = studied.tried(on, recipe, seed)
    sizes = [Size(**size) for size in trial.run.fact("growth")]
    apart = Diversity(**trial.run.fact("diversity"))
    costs = trial.run.answers.costs.mean(axis=0) / len(sizes)
    return {
        **studied.describe(on, trial),
        **{f"accuracy@{size.n}": size.accuracy for size in sizes},
        **{f"log_loss@{size.n}": size.log_loss for size in sizes},
        "disagreement": apart.disagreement,
        "ambiguity": apart.ambiguity,
        "seconds": float(costs[FIELDS.index("seconds")]),
        "joules": float(costs[FIELDS.index("joules")]),
    }


def main() -> None:
    """Print the gain and the cost of one more member: means over the finished seeds."""
    for cell in {cell.row: cell for cell in cells()}.values():
        seeds = [c for c in cells() if c.row == cell.row]
        results = [numbers for c in seeds if (numbers := c.kept()) and "disagreement" in numbers]
        if not results:
            continue
        at = {name: mean(numbers[name] for numbers in results) for name in results[0]}
        sizes = [int(name.partition("@")[2]) for name in at if name.startswith("accuracy@")]
        rows = [[str(n), f"{at[f'accuracy@{n}']:.4f}", f"{at[f'log_loss@{n}']:.4f}"] for n in sizes]
        notes = (
            f"Two members disagree on {at['disagreement']:.1%} of texts; ambiguity "
            f"{at['ambiguity']:.4f} nats. Each member more: {at['fit'] / len(sizes):.0f} s of "
            f"training, {1000 * at['seconds']:.2f} s and {1000 * at['joules']:.1f} J (estimated) "
            f"for 1,000 answers. Seeds: {len(results)}."
        )
        print(table(": ".join(cell.row), ["members", "accuracy", "log loss"], rows, notes))


if __name__ == "__main__":
    main()
