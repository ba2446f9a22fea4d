"""Seconds of an episode as players show them."""

from math import inf, nan

import pytest

from inkwell_pipeline.timecode import timecode


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (754, "12:34"), (3723, "1:02:03"), (360000, "100:00:00")]
)
def test_a_time_is_as_players_show_it(seconds: float, text: str) -> None:
    """Hours only where there are any."""
    assert timecode(seconds) == text


@pytest.mark.parametrize("seconds", [-1, inf, -inf, nan, 1e300])
def test_what_is_no_time_in_an_episode(seconds: float) -> None:
    """A damaged transcript has such."""
    assert timecode(seconds) == "0:00"
