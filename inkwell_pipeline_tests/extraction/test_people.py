"""Who speaks: labels, initials, introductions; and what is no person."""

import pytest

from inkwell_pipeline.extraction.analysis import analyse
from inkwell_pipeline.models import Segment


def names(*said: tuple[str | None, str], title: str = "") -> list[str]:
    segments = [
        Segment(start_s=10.0 * nth, end_s=10.0 * nth + 9, speaker=who, text=text)
        for nth, (who, text) in enumerate(said)
    ]
    return [person.name for person in analyse(segments, title=title).people]


def test_speakers_are_people_who_says_most_first() -> None:
    """The labels are the transcript's own; a title before a name is no part of it."""
    found = names(("Ada Byron", "Hello."), ("Dr. Grace Hopper", "Nice to be here, and to talk about compilers."))

    assert found == ["Grace Hopper", "Ada Byron"]


def test_initials_stand_for_the_name_that_was_given_once() -> None:
    """Many transcripts name a speaker in full at the first turn, and by initials from then on."""
    found = names(("Ada Byron", "Hello."), ("GH", "Hi."), ("AB", "So, why compilers?"), title="7: Grace Hopper")

    assert sorted(found) == ["Ada Byron", "Grace Hopper"]


@pytest.mark.parametrize("label", ["Unknown", "Announcer", "Speaker 2", "Tasty Announcer", "XY", "Sponsors", "12:30"])
def test_a_role_is_nobody(label: str) -> None:
    """A vault gets a page for each name: none for "Speaker 2"."""
    assert names((label, "This is how it begins.")) == []


def test_who_is_introduced_is_there_without_a_label() -> None:
    """Captions often have no speakers; what is said of them at the beginning is sure enough."""
    found = names(
        (None, "Welcome to the bench. I'm Ada Byron, and our guest today is Grace Hopper."),
        (None, "With me as always is Alan Turing."),
    )

    assert found == ["Ada Byron", "Grace Hopper", "Alan Turing"]


@pytest.mark.parametrize(
    "text",
    [
        "I'm French Canadian, you know.",
        "I'm Super Excited about this.",
        "Our guest today is somebody you know.",
        "We talk about React Native and Indie Hackers.",
    ],
)
def test_what_only_looks_like_a_name_is_none(text: str) -> None:
    """A wrong person is worse than a missing one."""
    assert names((None, text), title="Indie Hackers with React Native") == []


def test_two_spellings_of_one_name_are_one_person() -> None:
    """Speech recognition hears a name anew each time; the label is the better spelling."""
    assert names(("Ada Byron", "I'm Ada Biron, and this is the bench.")) == ["Ada Byron"]
