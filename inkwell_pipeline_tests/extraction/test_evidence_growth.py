"""How long proving takes: as long as the transcript is, whatever the words in it and in the quotes."""

from collections.abc import Callable

import pytest

from inkwell_pipeline.extraction.spoken import Spoken
from inkwell_pipeline.models import Segment, Transcript
from inkwell_pipeline_tests.growth import LINEAR, growth

LETTERS = "abcdefghij"


def cues(*texts: str) -> Transcript:
    segments = tuple(
        Segment(start_s=2.0 * nth, end_s=2.0 * nth + 2, speaker="Ada", text=text) for nth, text in enumerate(texts)
    )
    return Transcript(source="file", segments=segments)


def word(nth: int) -> str:
    return "x" + "".join(LETTERS[int(digit)] for digit in str(nth))


def talk(number: int) -> Transcript:
    """Words that come back now and then, in another order."""
    return cues(*(" ".join(word(nth * at % 997) for at in range(1, 11)) for nth in range(number)))


def one_word(number: int) -> Transcript:
    return cues(*["river " * 10] * number)


def one_cue(number: int) -> Transcript:
    return cues("river bank " * (5 * number))


def no_spaces(number: int) -> Transcript:
    return cues(*("".join(chr(0x4E00 + nth * at % 997) for at in range(1, 11)) for nth in range(number)))


def dots(number: int) -> Transcript:
    return cues(*["example dot com slash dot a.com dot dot com www"] * number)


@pytest.mark.parametrize("spoken", [talk, one_word, one_cue, no_spaces, dots])
def test_preparing_and_finding_grow_with_the_transcript(spoken: Callable[[int], Transcript]) -> None:
    """Found, edited and invented quotes, and addresses."""
    edited = "river " * 30 + "bank " + "river " * 29
    quotes = ["river " * 60, edited, " ".join(map(word, range(60))), "", "— …", "川" * 60]

    def prove(length: int) -> None:
        prepared = Spoken(spoken(length))
        for quote in quotes:
            prepared.find(quote, near_s=1000)
        prepared.mentions("https://example.com/path")

    assert growth(prove, 1_000) < LINEAR


@pytest.mark.parametrize("spoken", [talk, one_word])
def test_finding_grows_with_the_quote(spoken: Callable[[int], Transcript]) -> None:
    """A model may give the whole transcript back, with a word exchanged, or nothing but gaps."""
    prepared = Spoken(spoken(3_000))

    def find(length: int) -> None:
        prepared.find("river " * length)
        prepared.find("river " * (length // 2) + "bank " + "river " * (length // 2))
        prepared.find("river … " * length + "river river river … bank")

    assert growth(find, 1_250) < LINEAR
