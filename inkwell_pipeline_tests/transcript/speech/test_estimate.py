"""What transcripts would cost, by the minute: exact, and unknown where a price is."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.transcript.speech.estimate import SpeechEstimate, foreseen
from inkwell_pipeline.transcript.speech.hearer import Heard, Recording


@dataclass(frozen=True)
class Priced:
    """A hearer that has a price, and hears nothing."""

    usd_per_minute: Decimal | None
    name: str = "priced"
    identity: str = "priced"
    timeout_s: float | None = None

    def check(self) -> None:
        pass

    async def hear(self, recording: Recording) -> Heard:
        raise NotImplementedError


def hearers(*prices: str | None) -> list[Priced]:
    return [Priced(None if price is None else Decimal(price)) for price in prices]


FREE = Decimal(0)


@pytest.mark.parametrize(
    ("prices", "least", "most"),
    [
        (["0.006"], "0.36", "0.36"),
        (["0"], "0", "0"),
        (["0", "0.006"], "0", "0.36"),
        (["0.006", "0.003"], "0.18", "0.54"),
        ([None], None, None),
        (["0", None], None, None),
    ],
)
def test_an_episode_costs_between_the_cheapest_and_all(
    prices: list[str | None], least: str | None, most: str | None
) -> None:
    """The next is asked where one fails; with one price unknown nobody knows the sum."""
    expected = SpeechEstimate(
        1, 60.0, 0, None if least is None else Decimal(least), None if most is None else Decimal(most)
    )

    assert foreseen(3600, hearers(*prices)) == expected


@pytest.mark.parametrize(("prices", "usd"), [(["0", "0"], FREE), (["0", "0.006"], None), ([None], None)])
def test_of_unknown_length_only_what_is_free_has_a_price(prices: list[str | None], usd: Decimal | None) -> None:
    """No length is guessed."""
    assert foreseen(None, hearers(*prices)) == SpeechEstimate(1, 0.0, 1, usd, usd)


def test_money_is_exact() -> None:
    """Ten times a tenth of a minute's price is that price."""
    total = SpeechEstimate()
    for _ in range(10):
        total += foreseen(6, hearers("0.006"))

    assert (total.least_usd, total.most_usd) == (Decimal("0.006"), Decimal("0.006"))


def test_one_price_that_is_unknown_makes_the_sum_unknown() -> None:
    """Less than all of it would be read as all of it; lengths are summed all the same."""
    both = foreseen(60, hearers(None)) + foreseen(120, hearers("0.006"))

    assert both == SpeechEstimate(2, 3.0, 0, None, None)


@pytest.mark.parametrize(
    ("estimate", "says"),
    [
        (
            SpeechEstimate(3, 128.4, 0, FREE, Decimal("0.768")),
            "3 transcripts to be made of 128 minutes of audio, between $0.0000 and $0.7680",
        ),
        (
            SpeechEstimate(3, 60.0, 2, FREE, FREE),
            "3 transcripts to be made of 60 minutes of audio, 2 of them of unknown length, between $0.0000 and $0.0000",
        ),
        (
            SpeechEstimate(2, 60.0, 0, None, None),
            "2 transcripts to be made of 60 minutes of audio, at a price that nobody knows",
        ),
    ],
)
def test_it_is_said_in_one_line(estimate: SpeechEstimate, says: str) -> None:
    """How much, how long, how dear; and what of it is not known."""
    assert estimate.says == says


ESTIMATES = st.builds(
    foreseen,
    st.none() | st.integers(0, 100_000),
    st.lists(st.sampled_from([None, "0", "0.006", "0.0001"]), min_size=1, max_size=3).map(lambda some: hearers(*some)),
)


@given(st.lists(ESTIMATES, max_size=8))
def test_the_least_is_never_more_than_the_most(estimates: list[SpeechEstimate]) -> None:
    """Of however many; nothing is the sum of none."""
    total = sum(estimates, SpeechEstimate())

    assert total.transcripts == len(estimates)
    assert (total.least_usd is None) == (total.most_usd is None) == any(one.least_usd is None for one in estimates)
    assert total.of_unknown_length == sum(one.of_unknown_length for one in estimates)
    if total.least_usd is not None and total.most_usd is not None:
        assert 0 <= total.least_usd <= total.most_usd
