"""One batch of requests, settled: what is on file is taken, the rest asked, each with a receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...core.cost import FIELDS, FREE, Floats, charge
from ...runtime import prices, progress, store
from . import bulk
from .batch import Asked, Terms, replies
from .faults import explained
from .patience import Fault

DOLLARS = FIELDS.index("dollars")


def settled(
    wanted: Sequence[tuple[str, Asked]],
    have: dict[str, store.Reply],
    terms: Terms,
    rate: prices.Rate | None = None,
) -> Floats:
    """Ask what ``have`` lacks, add it there by key, and charge a receipt per request: ``[n, 6]``.

    ``wanted`` are keys and requests, all of one model. ``rate`` overrides what a reply cost. The
    repeats of a key are free. What was paid is charged, even where the rest failed with an
    `UnderdogError`.
    """
    missing = {key: request for key, request in wanted if key not in have}
    try:
        if missing:
            _ask(missing, have, terms)
    finally:
        costs = receipts([key for key, _ in wanted if key in have], have, rate)
        charge(costs)
    return costs


def _ask(missing: Mapping[str, Asked], have: dict[str, store.Reply], terms: Terms) -> None:
    """Add the replies to ``missing`` to ``have``, one by one as they come."""
    terms.endpoint.client(terms.timeout)  # a missing key is told before anything is asked
    model = next(iter(missing.values())).model
    before, kept = len(have), store.current()
    with progress.step(f"asking {model}", len(missing)) as advance:
        try:
            ask = bulk.replies if terms.batched else replies
            for key, reply in ask(missing, terms, kept):
                have[key] = reply
                advance(1)
        except Fault as fault:
            counts = len(have) - before, len(missing)
            raise explained(fault, model, terms, counts, kept is not None) from fault


def receipts(
    keys: Sequence[str], have: Mapping[str, store.Reply], rate: prices.Rate | None
) -> Floats:
    """A receipt per key, shape ``[keys, 6]``; the repeats of a key are free."""
    costs = np.tile(FREE.row(), (len(keys), 1))
    seen: set[str] = set()
    for i, key in enumerate(keys):
        if key not in seen:
            seen.add(key)
            reply = have[key]
            costs[i] = reply.cost.row()
            if rate is not None:
                dollars = prices.price("", reply.usage, rate=rate)
                costs[i, DOLLARS] = np.nan if dollars is None else dollars
    return costs
