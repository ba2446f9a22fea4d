"""Rolling captions: what is shown twice is said once.

Belongs here: what of a cue repeats the one before. Does not: cues' grammar (`cues.py`), speakers (`captions.py`).
YouTube's automatic captions show two lines: the lower one is new, word by word (`<00:00:01.000><c>`), the upper one is
the lower one of before; between two of these a cue of 10 ms holds the line alone, with a line of a space (yt-dlp's
issue 1734). Converted to SRT, the marks are gone and the repeats are left. Others let a line grow, cue by cue, or
mark the word that is being said in a cue that is otherwise the same (Whisper's `--highlight_words`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from inkwell_pipeline.transcript.cues import TAG, Cue
from inkwell_pipeline.transcript.reading import Tally, folded

__all__ = ["without_repeats"]

INLINE_TIME = re.compile(r"<\d+:[\d:.,]{1,20}>")
TOGETHER_S = 0.1  # a cue that begins later than this after the one before does not hold its words
MOST_LINES = 4  # that a window has: what is compared, whatever a cue holds
SHARE = 5  # one cue in so many must repeat the one before in a way that talk does not


@dataclass(frozen=True)
class _Shown:
    cue: Cue
    lines: tuple[str, ...]  # plain, an empty one for a line of white space

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(filter(None, self.lines))


def without_repeats(cues: Sequence[Cue], tally: Tally) -> list[Cue]:
    """The cues with their new lines alone, if this is a file of rolling captions; else as they are.

    Only whole lines are compared, and only where they roll, so that what is said twice stays twice.
    """
    shown = [_Shown(cue, tuple(folded(TAG.sub("", line)) for line in cue.lines)) for cue in cues]
    rolls = sum(_rolls(a, b) for a, b in pairwise(shown))
    grows = sum(_grown(a, b) is not None for a, b in pairwise(shown))
    is_rolling = rolls > 1 and rolls * SHARE >= len(shown)
    is_growing = grows > 1 and grows * SHARE >= len(shown)
    if not is_rolling and not is_growing:
        return list(cues)
    found = [cues[0]]
    held = False  # whether the cue before only held what was shown
    for before, now in pairwise(shown):
        lines = _new_lines(before, now, held=held, is_growing=is_growing)
        held = bool(now.words) and not any(folded(TAG.sub("", line)) for line in lines)
        if held:
            tally.leave_out("that only repeat the one before")
            found[-1] = _lasting(found[-1], now.cue.end_s)
        else:
            found.append(replace(now.cue, lines=lines))
    return found


def _lasting(cue: Cue, end_s: float | None) -> Cue:
    """The cue, shown until `end_s` at least."""
    if cue.start_s is None or end_s is None:
        return cue
    return replace(cue, end_s=max(cue.end_s or cue.start_s, end_s))


def _new_lines(before: _Shown, now: _Shown, *, held: bool, is_growing: bool) -> tuple[str, ...]:
    if is_growing and (grown := _grown(before, now)) is not None:
        return grown
    carried = _carried(before, now)
    lines = now.cue.lines[carried:]
    if carried and not any(now.lines[carried:]) and not _holds(before, now, held=held):
        return now.cue.lines
    return lines


def _carried(before: _Shown, now: _Shown) -> int:
    """How many lines on top of a cue were the last ones of the cue before; those with inline times are new."""
    words = before.words
    if now.words == words and now.lines[: len(words)] == words and not _timed(now.cue.lines):
        return len(words)
    for count in range(1, min(len(words), len(now.lines), MOST_LINES) + 1):
        if now.lines[:count] == words[-count:]:
            return 0 if _timed(now.cue.lines[:count]) else count
    return 0


def _timed(lines: Sequence[str]) -> bool:
    return any(INLINE_TIME.search(line) for line in lines)


def _holds(before: _Shown, now: _Shown, *, held: bool) -> bool:
    """Whether a cue without new words shows the old ones on, rather than that they are said again."""
    together = _is_together(before, now)
    return together and (not held or before.cue.lines != now.cue.lines)


def _is_together(before: _Shown, now: _Shown) -> bool:
    end_s, start_s = before.cue.end_s, now.cue.start_s
    return end_s is None or start_s is None or start_s <= end_s + TOGETHER_S


def _rolls(before: _Shown, now: _Shown) -> bool:
    """What talk does not do: a cue that begins with the line before and goes on, or changes nothing but marks."""
    if not before.words or not (carried := _carried(before, now)) or not _is_together(before, now):
        return False
    return any(now.lines[carried:]) or (now.words == before.words and now.cue.lines != before.cue.lines)


def _grown(before: _Shown, now: _Shown) -> tuple[str, ...] | None:
    """The words that a line of before has grown by, and the lines below it; None where none has grown."""
    if not before.words or not _is_together(before, now):
        return None
    *above, last = before.words[-MOST_LINES:]
    lines = now.words
    for at in range(min(len(above) + 1, len(lines))):
        if lines[:at] == tuple(above[len(above) - at :]) and lines[at].startswith(f"{last} "):
            return (lines[at][len(last) + 1 :], *lines[at + 1 :])
    return None
