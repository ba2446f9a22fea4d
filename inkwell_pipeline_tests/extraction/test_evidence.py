"""Only words that were spoken stand as a quote: an extractor is not believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwell_pipeline.extraction.evidence import only_verbatim
from inkwell_pipeline.models import Item, Section
from inkwell_pipeline_tests.builders import LINES, transcript

SPOKEN = ("It’s a river, isn't it?", "Rivers rise — and fall.", "The café closed at 12:30.")


def kept(*texts: str, said: tuple[str, ...] = SPOKEN) -> list[str]:
    section = Section(kind="quotes", heading="Quotes", items=tuple(Item(text=text) for text in texts))
    return [item.text for item in only_verbatim(section, transcript(*said)).items]


@pytest.mark.parametrize(
    "text",
    [
        "Rivers rise — and fall.",
        "rivers rise, and FALL",
        "It's a river, isn’t it?",
        "isn't it? Rivers rise",  # over the end of a segment
        "The  café\nclosed",
        "the cafe\u0301 closed",  # the same letters in another form
        "river",
    ],
)
def test_words_that_were_spoken_are_a_quote(text: str) -> None:
    """Case, punctuation, white space and the forms of letters are a transcriber's, not the speaker's."""
    assert kept(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Rivers fall and rise.",  # another order
        "Rivers rise fall",  # a gap
        "Rivers rise … fall",
        "vers rise and fall",  # a half word
        "Rivers always rise and fall.",
        "",
        "…",
    ],
)
def test_words_that_were_not_spoken_so_are_none(text: str) -> None:
    """Nobody finds their own name below words that they never said. A quote without a word says nothing."""
    assert kept(text) == []


def test_a_segment_without_words_parts_no_quote() -> None:
    """A dash, a note of music between two captions: what was said goes on. And it makes no quote of a mere sign."""
    assert kept("Rivers rise and fall.", "…", said=("Rivers rise", "♪ —", "and fall.")) == ["Rivers rise and fall."]


def test_what_is_left_out_is_counted() -> None:
    """On top of what the extractor itself left out; the others keep their order."""
    items = tuple(Item(text=text) for text in ("and fall", "Never said", "Rivers rise"))
    section = Section(kind="quotes", heading="Quotes", items=items, unverified=1)

    checked = only_verbatim(section, transcript(*SPOKEN))

    assert ([item.text for item in checked.items], checked.unverified) == (["and fall", "Rivers rise"], 2)


@pytest.mark.parametrize("kind", ["prose", "items", "links"])
def test_other_sections_are_not_quotes(kind: str) -> None:
    """A summary is in the extractor's own words."""
    section = Section.model_validate({"kind": kind, "heading": "H", "items": [{"text": "Never said"}]})

    assert only_verbatim(section, transcript(*SPOKEN)) is section


@given(st.data())
def test_any_run_of_spoken_words_is_found(data: st.DataObject) -> None:
    """Wherever a quote begins and ends, at whatever segment."""
    words = " ".join(LINES).split()
    start = data.draw(st.integers(0, len(words) - 1))
    text = " ".join(words[start : data.draw(st.integers(start + 1, len(words)))])

    assert kept(text, said=LINES) == [text]


@given(st.lists(st.text(max_size=20), max_size=5), st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_nothing_is_lost_uncounted(quotes: list[str], said: list[str]) -> None:
    """Whatever the texts: kept and left out are all of them."""
    section = Section(kind="quotes", heading="Quotes", items=tuple(Item(text=text) for text in quotes))

    checked = only_verbatim(section, transcript(*said))

    assert len(checked.items) + checked.unverified == len(quotes)
