"""Prices: exact, and unknown where they are unknown."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.costs import Prices, Rates, Usage
from inkwell_pipeline_tests.costs.rows import NOON

SONNET = "anthropic:claude-sonnet-4-5"
counts = st.integers(0, 200_000)


@given(plain=counts, write=counts, read=counts, output=counts)
def test_the_list_prices_each_kind_of_token(plain: int, write: int, read: int, output: int) -> None:
    """Anthropic's rates for Sonnet 4.5 below 200,000 tokens, to the last digit: 3, 3.75, 0.30 and 15 USD a million."""
    usage = Usage(
        input=plain // 4 + write // 4 + read // 4, cache_write=write // 4, cache_read=read // 4, output=output
    )
    exact = Decimal(plain // 4 * 300 + write // 4 * 375 + read // 4 * 30 + output * 1500) / 100 / 1_000_000

    assert Prices({}).cost(SONNET, usage, at=NOON) == exact


@pytest.mark.parametrize("model", ["openai:llama-of-my-own", "nobody:nothing", "test", "anthropic:claude-99"])
def test_what_no_list_knows_has_no_price(model: str) -> None:
    """None, never 0: a model may cost anything."""
    assert Prices({}).cost(model, Usage(input=10), at=NOON) is None
    assert Prices({}).ceiling(model, input_tokens=10, output_tokens=10, at=NOON) is None


@pytest.mark.parametrize("name", ["openai:mine", "mine"])
def test_the_config_s_price_counts_before_the_list(name: str) -> None:
    """By the whole name, or by the model's alone; cached tokens at their own rates where there are such."""
    prices = Prices({name: Rates(Decimal(2), Decimal(10), cache_read=Decimal("0.5"))})

    cost = prices.cost("openai:mine", Usage(input=1000, cache_write=100, cache_read=400, output=10), at=NOON)

    assert cost == (Decimal(500 * 2 + 100 * 2 + 10 * 10) + 400 * Decimal("0.5")) / 1_000_000


def test_a_model_of_ones_own_may_cost_nothing() -> None:
    """0 where the config says so, and only there."""
    prices = Prices({"openai:mine": Rates(Decimal(0), Decimal(0))})

    assert prices.cost("openai:mine", Usage(input=1000, output=1000), at=NOON) == 0


@given(plain=counts, write=counts, read=counts, output=counts)
def test_no_request_costs_more_than_its_ceiling(plain: int, write: int, read: int, output: int) -> None:
    """Whatever the provider's cache does with the input, also beyond the size from which all tokens cost more."""
    prices, total = Prices({}), plain + write + read
    cost = prices.cost(SONNET, Usage(input=total, cache_write=write, cache_read=read, output=output), at=NOON)
    ceiling = prices.ceiling(SONNET, input_tokens=total, output_tokens=output, at=NOON)

    assert cost is not None
    assert ceiling is not None
    assert cost <= ceiling


def test_the_ceiling_is_that_of_writing_to_the_cache() -> None:
    """A quarter more than plain input with Anthropic, the same with OpenAI."""
    prices = Prices({})

    assert prices.ceiling(SONNET, input_tokens=1000, output_tokens=100, at=NOON) == Decimal("0.00525")
    assert prices.ceiling("openai:gpt-4o", input_tokens=1000, output_tokens=100, at=NOON) == Decimal("0.0035")


def test_counts_that_cannot_be_have_no_price() -> None:
    """More read from a cache than there was: no reason to end a run, nor to pay less than nothing."""
    impossible = Usage(input=1, cache_read=2)

    assert Prices({}).cost(SONNET, impossible, at=NOON) is None
    assert Rates(Decimal(1), Decimal(5), cache_read=Decimal("0.1")).cost(impossible) is None
