"""What the tokens of a language model cost, from which price list, and what a prompt will cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from ..core.cost import Cost
from .extras import require

Rate = tuple[float, float]
"""Dollars per million tokens in and per million tokens out."""

BATCHED = 0.5
"""What a token costs in a batch, of its usual price: at OpenAI."""

BYTES_PER_TOKEN = 4
"""How English fares with present tokenisers; other scripts need more tokens per character."""


@dataclass(frozen=True)
class Usage:
    """The tokens that an endpoint says it billed; None where it does not say.

    ``tokens_in`` and ``tokens_out`` are totals: ``cached`` (read from the endpoint's prompt
    cache) and ``written`` (to it) are parts of the first, ``reasoning`` is a part of the second.
    ``batched`` tokens were billed by a batch API.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    cached: int = 0
    written: int = 0
    reasoning: int = 0
    batched: bool = False


def price(
    model: str, usage: Usage, provider: str = "openai", url: str = "", rate: Rate | None = None
) -> float | None:
    """Dollars for ``usage`` of ``model``, or None if it is unknown.

    The price is that of the provider known to sell at ``url``, else that of ``provider``. ``rate``
    overrides the list and knows no discount for what is cached. Batched tokens cost `BATCHED` of
    either. The list is that of the package genai-prices as installed, never updated over the
    network. Does not know about contracts or taxes.
    """
    if usage.tokens_in is None or usage.tokens_out is None:
        return None
    share = BATCHED if usage.batched else 1.0
    if rate is not None:
        return share * (usage.tokens_in * rate[0] + usage.tokens_out * rate[1]) / 1e6
    prices = require("genai_prices", "llm")
    tokens = prices.Usage(
        input_tokens=usage.tokens_in,
        cache_read_tokens=usage.cached,
        cache_write_tokens=usage.written,
        output_tokens=usage.tokens_out,
        output_reasoning_tokens=usage.reasoning,
    )
    try:
        bill = prices.calc_price(tokens, model, provider_id=_seller(provider, url))
    except (LookupError, ValueError):  # ValueError: counts that contradict one another
        return None
    if bill.model_price.input_mtok is None or (
        bill.model_price.output_mtok is None and usage.tokens_out
    ):
        return None  # the model is listed without a price: not the same as free
    return share * float(bill.total_price)


def _seller(provider: str, url: str) -> str:
    snapshot = require("genai_prices.data_snapshot", "llm").get_snapshot()
    try:
        return str(snapshot.find_provider(None, None, url).id)
    except LookupError:  # a gateway, as a rule: its models cost what they cost at their maker's
        return provider


@cache
def dated() -> str:
    """Which price list is in use, and how fresh it is, in words.

    The list carries no date of its own: the newest price change that it knows of, not counting
    those announced for the future, is the best that can be said.
    """
    from datetime import date

    snapshot = require("genai_prices.data_snapshot", "llm").get_snapshot()
    starts = [
        start
        for provider in snapshot.providers
        for model in provider.models
        if isinstance(model.prices, list)
        for entry in model.prices
        if isinstance(start := getattr(entry.constraint, "start_date", None), date)
        and start <= date.today()
    ]
    known = f", with price changes up to {max(starts).isoformat()}" if starts else ""
    return f"genai-prices {version('genai-prices')}{known}"


def estimate(
    model: str,
    prompts: Sequence[str],
    tokens_out: int,
    provider: str = "openai",
    url: str = "",
    rate: Rate | None = None,
    *,
    batched: bool = False,
) -> Cost:
    """What asking ``prompts`` would cost if each got ``tokens_out`` tokens back. An estimate.

    Tokens are counted as a quarter of the UTF-8 bytes, plus a few for the frame of a message:
    within about a quarter of the truth for English. Seconds and joules are unknown.
    """
    tokens = sum(4 + -(-len(p.encode("utf-8", "replace")) // BYTES_PER_TOKEN) for p in prompts)
    usage = Usage(tokens, tokens_out * len(prompts), batched=batched)
    dollars = price(model, usage, provider, url, rate)
    return Cost(None, None, dollars, usage.tokens_in, usage.tokens_out, len(prompts))
