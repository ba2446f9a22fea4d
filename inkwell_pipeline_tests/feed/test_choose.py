"""Which episodes a run looks at: the newest, or those that somebody names."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed import choose
from inkwell_pipeline.models import Episode, Feed
from inkwell_pipeline_tests.builders import episode

DAY = datetime(2024, 2, 28, tzinfo=UTC)


def aired(number: int, *, days_ago: int | None = 0, title: str = "") -> Episode:
    published = None if days_ago is None else DAY - timedelta(days=days_ago)
    return episode(key=f"{number:016}", guid=f"guid-{number}", title=title or f"Number {number}", published=published)


def feed(*episodes: Episode) -> Feed:
    return Feed(name="rivers", title="Rivers", episodes=episodes)


def numbers(found: list[Episode]) -> list[int]:
    return [int(one.key) for one in found]


def test_the_newest_come_first_whatever_the_feed_s_order() -> None:
    """Some feeds begin with their first episode."""
    show = feed(aired(1, days_ago=3), aired(2, days_ago=1), aired(3, days_ago=2))

    assert numbers(choose(show, newest=2)) == [2, 3]


def test_without_any_date_the_feed_s_order_counts() -> None:
    """It is all that is known, and most feeds begin with the newest."""
    show = feed(aired(1, days_ago=None), aired(2, days_ago=None))

    assert numbers(choose(show, newest=1)) == [1]


def test_an_episode_without_a_date_stays_beside_its_neighbour() -> None:
    """One unreadable date must not put an episode before or behind all others."""
    show = feed(aired(1, days_ago=0), aired(2, days_ago=None), aired(3, days_ago=5))

    assert numbers(choose(show, newest=3)) == [1, 2, 3]


def test_fewer_than_asked_are_all() -> None:
    """A new show has one episode."""
    assert numbers(choose(feed(aired(1)), newest=5)) == [1]


@pytest.mark.parametrize("name", ["0000000000000003", "guid-3", "the flood", "  FLOOD "])
def test_a_wanted_episode_is_found_by_key_guid_or_title(name: str) -> None:
    """However old it is: naming one means that one."""
    show = feed(aired(1), aired(2, days_ago=1), aired(3, days_ago=900, title="After the Flood"))

    assert numbers(choose(show, newest=1, wanted=[name])) == [3]


def test_a_title_fragment_takes_all_that_have_it() -> None:
    """A series under one name is wanted together; newest first, each once."""
    show = feed(aired(1, days_ago=2, title="Flood, part 1"), aired(2, title="Flood, part 2"), aired(3))

    assert numbers(choose(show, newest=1, wanted=["flood", "guid-1"])) == [2, 1]


@pytest.mark.parametrize("name", ["no such", "", "   ", "guid-"])
def test_an_unknown_wanted_episode_is_an_error(name: str) -> None:
    """A run that silently does nothing looks like success. An empty name is part of every title, and means none."""
    with pytest.raises(PermanentError, match="feed rivers: no episode has"):
        choose(feed(aired(1)), newest=5, wanted=["guid-1", name])


@given(st.lists(st.none() | st.integers(0, 100), max_size=12), st.integers(1, 5))
def test_nothing_newer_is_left_out(days: list[int | None], newest: int) -> None:
    """No dated episode that was not chosen is newer than a dated one that was."""
    show = feed(*(aired(number, days_ago=ago) for number, ago in enumerate(days)))

    chosen = choose(show, newest=newest)

    dates = [one.published for one in chosen if one.published]
    assert all(newer >= older for newer, older in pairwise(dates))
    others = [one.published for one in show.episodes if one.published and one not in chosen]
    assert not dates or all(other <= dates[-1] for other in others)
