"""Seconds of an episode as players show them."""

__all__ = ["LONGEST_S", "timecode"]

LONGEST_S = 1e7  # four months; more is no time in an episode


def timecode(seconds: float) -> str:
    """`12:34`, or `1:02:03` from one hour on; `0:00` for what is no time in an episode."""
    whole = int(seconds) if 0 <= seconds < LONGEST_S else 0
    minutes, left = divmod(whole, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}" if minutes >= 60 else f"{minutes}:{left:02}"
