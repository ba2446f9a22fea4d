"""Whether a feed is well: failing, ended, or silent for far longer than its habit."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.feed.health import Health, habit, health_of
from inkwell_pipeline.feed.present import READER, Present, Sketch
from inkwell_pipeline.feed.state import new_state

NOON = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def holds(ages: Sequence[float]) -> Present:
    """A feed whose episodes are so many days old."""
    sketches = [Sketch(key=f"e{age}", title="An episode", published=NOON - age * DAY) for age in ages]
    return Present(body="0" * 64, reader=READER, title="Rivers", episodes=tuple(sketches))


def health(present: Present | None, *, is_file: bool = False, **state: Any) -> Health:
    return health_of(new_state("https://example.com").model_copy(update=state), present, now=NOON, is_file=is_file)


def every(days: float, *, silent: float = 0) -> Present:
    return holds([silent + days * number for number in range(30)])


@pytest.mark.parametrize(
    ("days", "silent", "is_well"),
    [
        (1, 13, True),  # nobody misses a daily show on holidays
        (1, 15, False),
        (7, 27, True),
        (7, 29, False),
        (30, 119, True),
        (30, 121, False),
    ],
)
def test_far_longer_is_four_times_the_habit_and_two_weeks_at_least(days: float, silent: float, is_well: bool) -> None:
    """A weekly show that is a week late is late, not lost."""
    assert health(every(days, silent=silent)).is_well == is_well


def test_a_show_that_takes_its_summers_off_is_not_missed_in_august() -> None:
    """Its longest break is part of the habit."""
    season = [7.0 * number for number in range(8)]
    broken = holds([80, *(80 + day for day in season[1:]), *(80 + 49 + 90 + day for day in season)])

    assert health(broken).is_well
    assert not health(
        holds([140 + (NOON - one.published) / DAY - 80 for one in broken.episodes if one.published])
    ).is_well


def test_a_silent_feed_is_told_with_its_habit() -> None:
    """The line says since when, and what it used to be."""
    assert health(every(7, silent=60)) == Health(
        False, "its newest episode is of 2024-02-01, where one comes about every 7 days", 60.0
    )


@pytest.mark.parametrize("present", [None, holds([]), holds([400]), holds([400, 407, 414])])
def test_too_little_is_known_to_flag_anything(present: Present | None) -> None:
    """A new show, one without dates, one that was not read yet."""
    assert health(present).is_well


def test_a_file_is_never_silent() -> None:
    """Whoever keeps it knows when it changes."""
    assert health(every(7, silent=400), is_file=True).is_well


def test_an_episode_of_tomorrow_is_not_the_newest() -> None:
    """A wrong date in the future would hide silence for ever."""
    assert not health(holds([-300, *(60 + 7 * number for number in range(9))])).is_well


@pytest.mark.parametrize(("failures", "is_well"), [(1, True), (2, True), (3, False), (9, False)])
def test_a_feed_that_has_been_failing_is_flagged(failures: int, is_well: bool) -> None:
    """Not for a bad hour. The line has the last error."""
    told = health(every(7), failures=failures, failing_since=NOON - DAY, error="the host answers 500")
    assert told.is_well == is_well
    if not is_well:
        assert told.says == f"it cannot be had since 2024-03-31 12:00 UTC, {failures} times: the host answers 500"


def test_a_feed_that_has_ended_is_flagged() -> None:
    """It will be silent from now on."""
    assert health(every(7), gone_at=NOON).says == "it has ended: its host answered 410 at 12:00 UTC"


@given(st.lists(st.integers(0, 9000).map(lambda days: NOON - days * DAY), max_size=40))
def test_a_habit_is_never_impatient(dates: list[datetime]) -> None:
    """Of any dates: at least two weeks, and longer than any recent gap."""
    found = habit(sorted(dates, reverse=True))
    assert found is None or found.patience >= max(14 * DAY, found.typical)
