"""Testing the guarantee of a fitted model again, on rows that it has not seen."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from ...combine.cascade import Cascade
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...models.recorded import Recorded, RecordedModel, price_column
from .certificate import Certificate, fixed_sequence, issue
from .frugal import FrugalModel
from .infeasible import MIN_ROWS, no_threshold
from .paired_answers import answer_both


@dataclass(frozen=True)
class Renewal:
    """A certificate from new rows, and what it would change.

    ``seen`` counts the rows that were left out because their text took part in fitting; None if
    the model does not record its rows, so that it cannot be checked. ``before`` is the
    certificate now in force.
    """

    certificate: Certificate
    before: Certificate
    seen: int | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or could not be checked, and how the threshold would move."""
        notes = []
        if self.seen is None:
            notes.append(
                "this model does not record the rows it was fitted on: whether these rows are new "
                "cannot be checked"
            )
        elif self.seen:
            notes.append(f"{self.seen:,} rows that took part in fitting were left out")
        notes.append(change(self.before, self.certificate))
        return tuple(notes)

    def as_data(self, written: bool) -> dict[str, Any]:
        """Plain data for JSON: the certificate's fields, and what became of it."""
        return {
            **asdict(self.certificate),
            "previous_threshold": self.before.threshold,
            "rows_left_out": self.seen,
            "notes": list(self.notes),
            "written": written,
        }


def certify(model: FrugalModel, data: Data) -> Renewal:
    """Test the guarantee of ``model`` on the rows of ``data`` that took no part in its fit.

    ``data`` is a data set or what `underdog.read` reads. Tests the model's own candidate thresholds
    again, in the order fixed when it was fitted. The new threshold may be stricter or looser than
    the one in force; `renewed` puts it in force.
    Asks both models about every new row. Raises `UnderdogError` if too few rows are new, and
    `Infeasible` if no threshold can be guaranteed.
    """
    guarantee, delta, data = model.guarantee, model.certificate.delta, dataset(data)
    fresh, seen = _new_rows(model, data)
    paired = answer_both(_with_recorded_answers(model, fresh), fresh, model.grader).shuffled(0)
    guarantee.check(paired)
    at = fixed_sequence(guarantee, paired, model.candidates, delta)
    if at is None:
        raise no_threshold(guarantee, paired, model.candidates, delta, len(fresh))
    certificate = issue(guarantee, paired, fresh, model.candidates[at], delta)
    if seen:
        note = f"{seen:,} rows whose text took part in fitting were left out"
        certificate = replace(certificate, assumes=(*certificate.assumes, note))
    if seen is None:
        note = "that these rows took no part in fitting could not be checked"
        certificate = replace(certificate, assumes=(*certificate.assumes, note))
    old = model.certificate
    history = (*old.history, f"{date.today().isoformat()}: renewed; {change(old, certificate)}")
    return Renewal(replace(certificate, history=history), old, seen)


def renewed(model: FrugalModel, certificate: Certificate) -> FrugalModel:
    """``model`` with the threshold of a newer certificate, and that certificate."""
    cascade = replace(model.cascade, thresholds=(certificate.threshold,))
    return replace(model, cascade=cascade, certificate=certificate)


def change(old: Certificate, new: Certificate) -> str:
    """How the threshold moves from ``old`` to ``new``, in words and numbers."""
    shares = f"{old.coverage:.1%} -> {new.coverage:.1%} answered locally"
    if new.threshold == old.threshold:
        return f"the threshold stays at {old.threshold:.4f} ({shares})"
    way = "looser" if new.threshold < old.threshold else "stricter"
    return f"the threshold is {way}: {old.threshold:.4f} -> {new.threshold:.4f} ({shares})"


def _with_recorded_answers(model: FrugalModel, data: Dataset) -> Cascade:
    """The cascade; a recorded large model takes its answers from ``data`` if they are there.

    Without a price that can be found by its name, the model keeps the answers and prices it has
    where the guarantee is about cost.
    """
    small, large = model.cascade.stages
    columns = data.archive.columns
    if not isinstance(large, RecordedModel) or large.name not in columns:
        return model.cascade
    price = price_column(large.name, columns)
    if price is None and model.guarantee.name == "budget":
        return model.cascade
    return replace(model.cascade, stages=(small, Recorded(large.name, price=price).fit(data)))


def _new_rows(model: FrugalModel, data: Dataset) -> tuple[Dataset, int | None]:
    """The rows whose text took no part in fitting, and how many did; None: not recorded."""
    if model.fitted_rows is None:
        return data, None
    seen = model.fitted_rows.contain(data)
    fresh = data.take(np.flatnonzero(~seen))
    count = int(seen.sum())
    if count and len(fresh) < MIN_ROWS:
        raise UnderdogError(
            f"{count:,} of {len(data):,} rows took part in fitting this model: too few are new to"
            " certify with",
            f"give at least {MIN_ROWS} rows that are newer than the model",
        )
    if count > len(data) / 2:
        warnings.warn(f"{count:,} of {len(data):,} rows took part in fitting", stacklevel=3)
    return fresh, count
