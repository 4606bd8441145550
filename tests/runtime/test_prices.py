"""What tokens cost: against the list prices and by hand."""

from datetime import date

import pytest

from underdog.runtime.prices import Usage, dated, estimate, price


def test_the_price_is_tokens_times_the_list_price():
    # gpt-4o-mini: $0.15 per million tokens in, $0.60 out
    assert price("gpt-4o-mini", Usage(1_000_000, 0)) == pytest.approx(0.15)
    assert price("gpt-4o-mini", Usage(0, 1_000_000)) == pytest.approx(0.60)


def test_cached_tokens_cost_what_cached_tokens_cost():
    # gpt-5-mini: $0.25 in, $0.025 in from the cache, $2 out
    usage = Usage(tokens_in=1000, tokens_out=100, cached=400)
    assert price("gpt-5-mini", usage) == pytest.approx((600 * 0.25 + 400 * 0.025 + 100 * 2) / 1e6)


def test_reasoning_tokens_are_part_of_those_written_and_not_billed_again():
    plain, reasoned = Usage(1000, 100), Usage(1000, 100, reasoning=80)
    assert price("gpt-5-mini", reasoned) == price("gpt-5-mini", plain)


def test_claude_bills_reading_and_writing_its_cache_at_two_prices():
    # claude-3-haiku: $0.25 in, $0.03 read from and $0.30 written to the cache, $1.25 out
    usage = Usage(tokens_in=1000, tokens_out=10, cached=300, written=200)
    by_hand = (500 * 0.25 + 300 * 0.03 + 200 * 0.30 + 10 * 1.25) / 1e6
    assert price("claude-3-haiku-20240307", usage, "anthropic") == pytest.approx(by_hand)


def test_the_address_tells_who_sells_and_an_unknown_one_is_a_gateway():
    usage, groq = Usage(1_000_000, 0), "https://api.groq.com/openai/v1"
    assert price("gpt-5-mini", usage, "openai", "https://gateway.example/v1") == 0.25
    assert price("gpt-5-mini", usage, "openai", groq) is None  # not sold there
    assert price("llama-3.1-8b-instant", usage, "openai", groq) == pytest.approx(0.05)


def test_what_nobody_knows_is_unknown_and_not_free():
    assert price("a-model-of-our-own", Usage(10, 10)) is None
    assert price("gpt-5-mini", Usage(10, 10), "nobody") is None
    assert price("gpt-5-mini", Usage(None, 10)) is None
    assert price("gpt-5-mini", Usage(10, None), rate=(1.0, 1.0)) is None
    assert price("gpt-5-mini", Usage(10, 1, cached=99)) is None  # more cached than there are


def test_a_rate_overrides_the_list():
    assert price("gpt-5-mini", Usage(1000, 100, cached=900), rate=(1.0, 2.0)) == 0.0012
    assert price("a-model-of-our-own", Usage(1000, 100), rate=(0.0, 0.0)) == 0.0


def test_the_list_says_how_fresh_it_is():
    name, day = dated().split(", with price changes up to ")
    assert name.startswith("genai-prices ")
    assert date(2024, 1, 1) < date.fromisoformat(day) <= date.today()


def test_an_estimate_counts_a_quarter_of_the_bytes_and_leaves_the_rest_unknown():
    cost = estimate("gpt-4o-mini", ["x" * 400, "é" * 200], tokens_out=5)
    assert (cost.tokens_in, cost.tokens_out, cost.calls) == (2 * (100 + 4), 10, 2)
    assert cost.dollars == pytest.approx((208 * 0.15 + 10 * 0.60) / 1e6)
    assert cost.seconds is None
    assert cost.joules is None
    assert estimate("gpt-4o-mini", [], tokens_out=5).dollars == 0
