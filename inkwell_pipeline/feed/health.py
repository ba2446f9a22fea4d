"""Whether a feed is as it should be: it can be had, and has not been silent for far longer than its habit. Pure.

Belongs here: the verdict, in words. Does not: the check that Dagster shows (`defs/podcasts.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from inkwell_pipeline.feed.present import Present
from inkwell_pipeline.feed.state import FeedState
from inkwell_pipeline.retry import at

__all__ = ["Health", "habit", "health_of"]

MOST_FAILURES = 3  # in a row; one or two are a host's bad hour
RECENT = 20  # episodes that tell the habit
FEWEST_GAPS = 3
SHORTEST_SILENCE = timedelta(days=14)  # nobody misses a daily show on holidays


@dataclass(frozen=True)
class Health:
    """`says` is a line about the feed, also where it is well; `silent_days` how old its newest dated episode is."""

    is_well: bool
    says: str
    silent_days: float | None = None


def health_of(state: FeedState, present: Present | None, *, now: datetime, is_file: bool = False) -> Health:
    """What is wrong with the feed, the gravest first. A file is never silent: its owner knows when it changes."""
    dates = _dates(present, now=now)
    silent = now - dates[0] if dates else None
    silent_days = round(silent / timedelta(days=1), 1) if silent is not None else None
    if state.gone_at is not None:
        return Health(False, f"it has ended: its host answered 410 at {at(state.gone_at, now=now)}", silent_days)
    if state.failures >= MOST_FAILURES and state.failing_since is not None:
        since = at(state.failing_since, now=now)
        return Health(False, f"it cannot be had since {since}, {state.failures} times: {state.error}", silent_days)
    if silent is None:
        return Health(True, "its episodes have no dates" if present else "it has not been read yet")
    usual = habit(dates)
    if usual is None:
        return Health(True, f"its newest episode is of {dates[0]:%Y-%m-%d}; too few to tell its habit", silent_days)
    says = f"its newest episode is of {dates[0]:%Y-%m-%d}, where one comes about every {_days(usual.typical)}"
    return Health(is_file or silent <= usual.patience, says, silent_days)


@dataclass(frozen=True)
class Habit:
    """The typical time between two episodes, and after which silence is far longer than usual."""

    typical: timedelta
    patience: timedelta


def habit(dates: Sequence[datetime]) -> Habit | None:
    """Of episodes' dates, newest first; None where they are too few to tell.

    Far longer is four times the typical gap, and half as long again as the longest: a show that takes its summers off
    is not missed in August.
    """
    gaps = [newer - older for newer, older in pairwise(dates[:RECENT])]
    if len(gaps) < FEWEST_GAPS:
        return None
    typical = sorted(gaps)[len(gaps) // 2]
    return Habit(typical, max(4 * typical, 1.5 * max(gaps), SHORTEST_SILENCE))


def _dates(present: Present | None, *, now: datetime) -> list[datetime]:
    """Newest first; a date that is yet to come is a mistake, or announces something."""
    published = (sketch.published for sketch in (present.episodes if present else ()))
    return sorted((date for date in published if date is not None and date <= now), reverse=True)


def _days(span: timedelta) -> str:
    days = round(span / timedelta(days=1))
    return "day" if days <= 1 else f"{days} days"
