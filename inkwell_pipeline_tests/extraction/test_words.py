"""When each word was said: what a transcript states, and what lies between."""

import pytest

from inkwell_pipeline.extraction.words import turns
from inkwell_pipeline.models import Segment


def segment(words: int, *, at_s: float | None = None, to_s: float | None = None) -> Segment:
    return Segment(start_s=at_s, end_s=to_s, speaker="Ada", text=" ".join(["word"] * words))


def times_s(*segments: Segment) -> list[float | None]:
    return [word.start_s for _, words in turns(segments) for word in words]


def test_a_segment_with_both_times_spreads_its_words_over_them() -> None:
    """Captions of a minute are common: a quote out of one begins where its first word does."""
    assert times_s(segment(4, at_s=10, to_s=18)) == [10, 12, 14, 16]


def test_paragraphs_without_a_time_lie_between_those_that_have_one() -> None:
    """HTML has a time at a turn's first paragraph only; the next ones take their share by words."""
    found = times_s(segment(2, at_s=0), segment(2), segment(1, at_s=40))

    assert found == [0, 10, 20, 30, 40]


def test_what_comes_before_the_first_time_begins_with_the_audio() -> None:
    """Nothing is said before second 0."""
    assert times_s(segment(2), segment(1, at_s=8)) == [0, 4, 8]


def test_what_comes_after_the_last_time_goes_on_at_the_pace_so_far() -> None:
    """The only guess that the transcript itself supports."""
    assert times_s(segment(10, at_s=0), segment(2, at_s=20))[-2:] == [20, 22]


def test_a_transcript_without_times_has_none() -> None:
    """A time made up is worse than none: it would be a link to the wrong place."""
    assert times_s(segment(3), segment(2)) == [None] * 5


@pytest.mark.parametrize("wrong_s", [2.0, 9000.0, float("nan"), -5.0])
def test_one_wrong_time_does_not_move_the_others(wrong_s: float) -> None:
    """A typing error in one paragraph's time is that paragraph's alone."""
    right = [segment(5, at_s=10.0 * nth) for nth in range(6)]
    places = [word.place_s for _, words in turns([*right[:3], segment(5, at_s=wrong_s), *right[4:]]) for word in words]

    assert places[20:] == pytest.approx([40, 42, 44, 46, 48, 50, 52, 54, 56, 58])
    assert places == sorted(places)
