"""Why a sensor asks for no run, in words: the only thing that most people ever read of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inkwell_pipeline.errors import TransientError
from inkwell_pipeline.feed.due import Row, Verdict
from inkwell_pipeline.feed.state import Failed, Fetched, Gone, NotModified, Outcome, Throttled, new_state
from inkwell_pipeline.feed.watch import NotAsked, why_nothing

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
STATE = new_state("https://example.com").model_copy(
    update={"changed_at": NOON - timedelta(hours=2), "gone_at": NOON - timedelta(days=1)}
)


def rows(**states: int) -> tuple[Row, ...]:
    """So many episodes in each state; `in_a_run=2`."""
    made = []
    for name, number in states.items():
        state: Any = name.replace("_", " ")
        until = NOON + timedelta(minutes=10) if state == "waiting" else None
        made += [Row(f"{name}{n}", "An episode", NOON, None, state, None, until) for n in range(number)]
    return tuple(made)


def why(outcome: Outcome | NotAsked, verdict: Verdict | None = None) -> str:
    return why_nothing(STATE, outcome, verdict or Verdict(()), now=NOON)


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (NotModified(), "unchanged since 10:00 UTC"),
        (Fetched(is_new=False), "unchanged since 10:00 UTC"),
        (Fetched(is_new=True), "read now: it has nothing that is due"),
        (Throttled(NOON + timedelta(days=1)), "the host asks to wait until 2024-04-02 12:00 UTC"),
        (NotAsked("the host has not answered yet"), "the host has not answered yet"),
        (Failed(TransientError("the host broke off", feed="rivers")), "feed rivers: the host broke off"),
    ],
)
def test_of_the_feed(outcome: Outcome | NotAsked, says: str) -> None:
    """What its host said, or that it was left alone."""
    assert why(outcome) == says


def test_of_a_feed_that_has_ended() -> None:
    """Since when, and what to do."""
    says = "the feed has ended: its host answered 410 at 2024-03-31 12:00 UTC"
    assert why(Gone()) == f"{says}; take it out of the config, or give it another `url`"


@pytest.mark.parametrize(
    ("states", "says"),
    [
        ({"done": 9, "before": 3, "without_transcript": 2}, ""),
        ({"in_a_run": 1}, "; 1 episode is being worked on"),
        ({"in_a_run": 2}, "; 2 episodes are being worked on"),
        ({"waiting": 1}, "; 1 that failed is due again at 12:10 UTC"),
        ({"waiting": 2}, "; 2 that failed are due again at 12:10 UTC"),
        ({"given_up": 2}, "; 2 episodes are given up until asked for by hand"),
        (
            {"in_a_run": 1, "waiting": 1, "given_up": 1},
            (
                "; 1 episode is being worked on; 1 that failed is due again at 12:10 UTC; "
                "1 episode is given up until asked for by hand"
            ),
        ),
    ],
)
def test_of_its_episodes(states: dict[str, int], says: str) -> None:
    """Those of which something is still to come, or was to come."""
    assert why(NotModified(), Verdict(rows(**states))) == f"unchanged since 10:00 UTC{says}"


def test_of_a_run_that_does_not_say_on_what_it_works() -> None:
    """Somebody has just started it."""
    says = why(NotModified(), Verdict(rows(due=1), unknown_runs=1))
    assert says == "unchanged since 10:00 UTC; a run of this feed is under way"
