"""The host's announcement, and advertisements: what goes into a summary in full, and what never."""

from collections.abc import Sequence

from inkwell_pipeline.extraction.analysis import analyse
from inkwell_pipeline.extraction.summary import summary
from inkwell_pipeline.models import Segment


def segments(said: Sequence[tuple[str, str]]) -> list[Segment]:
    return [
        Segment(start_s=8.0 * nth, end_s=8.0 * nth + 7, speaker=who, text=text) for nth, (who, text) in enumerate(said)
    ]


TALK = [
    ("Grace Hopper", f"The compiler needs {thing} before it can check the types of a program.")
    for thing in ("a parser", "a grammar", "some memory", "a symbol table", "good errors", "a fast machine") * 6
]


def announced(said: Sequence[tuple[str, str]]) -> str:
    analysis = analyse(segments([*said, *TALK]))
    return " ".join(analysis.found[at].text for at in analysis.announced)


def test_all_that_the_host_says_before_the_talk_is_the_announcement() -> None:
    """Guest and subject, sentence by sentence; neither the show's name nor the greetings around it."""
    found = announced(
        [
            ("Ada Byron", "Welcome to the Bench. I'm Ada Byron."),
            ("Alan Turing", "Hi."),
            (
                "Ada Byron",
                "Our guest today is Grace Hopper, who wrote the first compiler. We talk about bugs and ships.",
            ),
            ("Ada Byron", "Welcome, Grace. How did you get into computers?"),
        ]
    )

    assert found == "Our guest today is Grace Hopper, who wrote the first compiler. We talk about bugs and ships."


def test_a_long_announcement_stays_one_sentence() -> None:
    """What is too long for a line is cut into pieces; in a summary they are one sentence again."""
    topics = ", ".join(f"the history of tool number {nth} and who made it" for nth in range(8))
    said = [("Ada Byron", f"In this episode we talk to Grace Hopper about {topics}."), ("Ada Byron", "Welcome, Grace.")]

    (item,) = summary(analyse(segments([*said, *TALK])))
    assert item.text.startswith(f"In this episode we talk to Grace Hopper about {topics}.")


def test_without_an_announcement_there_is_none() -> None:
    """Talk that happens to stand at the beginning says nothing of the episode."""
    assert announced([]) == ""


def test_a_sponsor_s_read_is_no_announcement() -> None:
    """ "In this episode" begins advertisements too."""
    found = announced([("Ada Byron", "This episode is brought to you by Gluepot, which we talk about every week.")])

    assert "Gluepot" not in found


def test_a_read_goes_from_its_opening_to_what_it_asks_for() -> None:
    """Two minutes between "our sponsor" and "head over to" are all the sponsor's, cue or not."""
    read = [
        "Let's thank one of our sponsors, and that is Gluepot.",
        "You know how a joint comes loose after a year or two?",
        "I had that with a chair in the kitchen, and it was horrible.",
        "Gluepot dries within a minute and holds for a century.",
        "So head over to gluepot.com slash bench and use the coupon code BENCH.",
    ]
    analysis = analyse(segments([*TALK, *(("Ada Byron", text) for text in read), *TALK]))

    adverts = [s.text for s, advert in zip(analysis.found, analysis.adverts, strict=True) if advert]
    assert adverts == read


def test_talk_about_sponsors_is_no_advertisement() -> None:
    """A conference has sponsors, and an episode about it may say so."""
    talk = [("Grace Hopper", "A conference lives on its sponsors, and finding a sponsor takes most of a year.")] * 3

    assert not any(analyse(segments([*TALK, *talk, *TALK])).adverts)
