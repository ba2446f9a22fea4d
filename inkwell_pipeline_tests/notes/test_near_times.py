"""Times that are only near: shown as such, and still links."""

from inkwell_pipeline.models import Item, Section
from inkwell_pipeline.notes import read_layout
from inkwell_pipeline.notes.render import render
from inkwell_pipeline_tests.builders import episode, record

QUOTES = Section(kind="quotes", heading="Quotes", items=(Item(text="It rains.", start_s=754, speaker="Ada Brook"),))


def note(approximate: str | None) -> str:
    """The note's text between the marks."""
    one = episode(audio_url="https://example.com/1.mp3")
    rendered = render(
        one,
        record(source="publisher", approximate=approximate),
        outline={"quotes": QUOTES.model_copy(update={"items": ()})},
        sections={"quotes": QUOTES},
        layout=read_layout(None),
    )
    return rendered.body


def test_a_time_that_may_be_off_says_so() -> None:
    """The listener looks around; where the clock is right, nothing is said."""
    assert "> — Ada Brook, [≈ 12:34](https://example.com/1.mp3#t=754)" in note(
        "the feed says 1:00, the host serves 2:00"
    )
    assert "> — Ada Brook, [12:34](https://example.com/1.mp3#t=754)" in note(None)
