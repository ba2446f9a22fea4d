"""What a note says, and in which order: properties, sections, quotes with their times."""

from datetime import date, timedelta, timezone

import pytest

from inkwell_pipeline.models import Chapter, Item, Person, Record, Section
from inkwell_pipeline.notes.render import Rendered, body_hash, render
from inkwell_pipeline_tests.builders import A_DAY, episode, record

OUTLINE = {
    "summary": Section(kind="prose", heading="Summary"),
    "key-ideas": Section(kind="items", heading="Key ideas"),
    "quotes": Section(kind="quotes", heading="Quotes"),
    "links": Section(kind="links", heading="Links"),
}
NAMES = tuple(OUTLINE)
CHAPTERS = (Chapter(start_s=0, title="Welcome"), Chapter(start_s=754, title="The gauge", url="https://h/gauge"))


def filled(kind: int, *items: Item) -> Section:
    return OUTLINE[NAMES[kind]].model_copy(update={"items": items})


def body(*sections: Section, one: Record | None = None, **changes: object) -> str:
    return render(episode(**changes), one or record(), outline=OUTLINE, sections=_named(sections)).body


def _named(sections: tuple[Section, ...]) -> dict[str, Section]:
    return {name: one for one in sections for name, planned in OUTLINE.items() if planned.kind == one.kind}


def properties(one: Record | None = None, **changes: object) -> dict[str, object]:
    return dict(render(episode(**changes), one or record(), outline={}, sections={}).properties)


def headings(text: str) -> list[str]:
    return [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]


def test_properties_stand_in_the_order_that_people_look_for_them() -> None:
    """Title and show first, ours last."""
    full = {
        "link": "https://h/1",
        "duration_s": 3723,
        "persons": (Person(name="Ada"), Person(name="Bo"), Person(name="Ada", role="guest")),
    }

    found = properties(record(source="publisher", model="offline", extractions={"summary": "k"}, cost_usd="0"), **full)

    assert list(found.items()) == [
        ("title", "The gauge"),
        ("aliases", ["The gauge"]),
        ("podcast", "Rivers"),
        ("published", date(2024, 2, 28)),
        ("guid", "rivers-1"),
        ("url", "https://h/1"),
        ("audio", "https://example.com/rivers/1.mp3"),
        ("duration", "1:02:03"),
        ("people", ["[[Ada]]", "[[Bo]]"]),
        ("tags", ["podcast"]),
        ("inkwell_id", "0123456789abcdef"),
        ("inkwell_transcript", "publisher"),
        ("inkwell_model", "offline"),
        ("inkwell_cost_usd", 0),
    ]


def test_a_property_with_nothing_to_say_is_left_out() -> None:
    """Empty properties clutter every note; `none` is a word about the transcript."""
    bare = properties(guid=None, published=None, audio_url=None)

    assert list(bare) == ["title", "aliases", "podcast", "tags", "inkwell_id", "inkwell_transcript"]
    assert bare["inkwell_transcript"] == "none"


def test_published_is_the_episode_s_date() -> None:
    """Not today's: a note made a year later belongs to the day of the episode."""
    assert properties(published=A_DAY - timedelta(days=365))["published"] == date(2023, 2, 28)


@pytest.mark.parametrize(("cost", "shown"), [("0.0125", 0.0125), ("0", 0), ("0.00", 0), (None, None)])
def test_a_cost_is_a_number_and_unknown_is_empty(cost: str | None, shown: float | None) -> None:
    """Never 0 for unknown: a free note and an unpriced one are two things."""
    found = properties(record(extractions={"summary": "k"}, cost_usd=cost))

    assert found["inkwell_cost_usd"] == shown


def test_a_quote_is_its_words_then_who_and_when() -> None:
    """The words first, so that a quote can be copied; the time is a link into the audio."""
    quote = filled(2, Item(text="Rivers *remember*.", speaker="Wes Bos", start_s=754.9))

    assert (
        "## Quotes\n\n> Rivers \\*remember\\*.\n> — Wes Bos, [12:34](https://example.com/rivers/1.mp3#t=754)\n"
    ) in body(quote)


@pytest.mark.parametrize(
    ("item", "audio", "by"),
    [
        (Item(text="Hi", speaker="Ada"), "https://h/1.mp3", "> — Ada"),
        (Item(text="Hi", start_s=5), "https://h/1.mp3", "> — [0:05](https://h/1.mp3#t=5)"),
        (Item(text="Hi", start_s=0, speaker="Ada"), None, "> — Ada, 0:00"),
        (Item(text="Hi"), "https://h/1.mp3", "> Hi"),
    ],
)
def test_a_quote_says_only_what_is_known(item: Item, audio: str | None, by: str) -> None:
    """No empty dash, no link to nothing."""
    assert body(filled(2, item), audio_url=audio).rstrip().splitlines()[-1] == by


def test_two_quotes_are_two_blocks() -> None:
    """Without an empty line between them the second speaker would say the first one's words."""
    text = body(filled(2, Item(text="One", speaker="Ada"), Item(text="Two", speaker="Bo")))

    assert "> One\n> — Ada\n\n> Two\n> — Bo\n" in text


def test_an_idea_has_its_heading_in_front_and_its_time_behind() -> None:
    """A list that can be skimmed, then listened to; an idea may have neither."""
    ideas = (
        Item(text="Somebody read it.", start_s=61, label="A *ruler*"),
        Item(text="Read it."),
        Item(text="# Promise"),
    )

    assert (
        "## Key ideas\n\n- **A \\*ruler\\*** — Somebody read it. [1:01](https://example.com/rivers/1.mp3#t=61)\n"
        "- Read it.\n- \\# Promise\n"
    ) in body(filled(1, *ideas))


def test_sections_stand_in_the_order_of_the_templates() -> None:
    """Whatever order they were extracted in; chapters, links and the show notes come last."""
    extracted = [
        filled(3, Item(text="L")),
        filled(2, Item(text="Q")),
        filled(0, Item(text="P")),
        filled(1, Item(text="I")),
    ]

    text = body(*extracted, show_notes="<p>Notes</p>", chapters=CHAPTERS)

    assert headings(text) == ["Summary", "Key ideas", "Quotes", "Chapters", "Links", "Show notes"]


def test_chapters_are_a_table_of_contents() -> None:
    """The time is a link into the audio, the title one to the chapter's own page; what is not listed is left out."""
    assert (
        "## Chapters\n\n- [0:00](https://example.com/rivers/1.mp3#t=0) Welcome\n"
        "- [12:34](https://example.com/rivers/1.mp3#t=754) [The gauge](https://h/gauge)\n"
    ) in body(chapters=(*CHAPTERS, Chapter(start_s=800, title="Hidden", listed=False)))


def test_one_chapter_is_none() -> None:
    """It parts nothing."""
    assert headings(body(chapters=CHAPTERS[:1])) == []


def test_people_are_wikilinks_with_their_roles() -> None:
    """Hosts first and without a word, for most are; who is heard comes after whom the publisher names."""
    persons = (Person(name="Bo Stone", role="guest"), Person(name="Ada Brook"))
    heard = filled(0, Item(text="P")).model_copy(update={"people": (Person(name="ada brook"), Person(name="Cy/D"))})

    note = render(episode(persons=persons), record(), outline=OUTLINE, sections=_named((heard,)))

    assert "\nWith [[Ada Brook]], [[Cy-D|Cy/D]], [[Bo Stone]] (guest)\n" in note.body
    assert note.properties["people"] == ["[[Ada Brook]]", "[[Cy-D|Cy/D]]", "[[Bo Stone]]"]


def test_properties_are_plain_words() -> None:
    """Obsidian links `[[x]]` in a property; an address in one can be clicked."""
    found = properties(title="[[x]] <% y %>\n---", show="A\u202eB", link="javascript:x", audio_url="obsidian://open")

    assert (found["title"], found["aliases"]) == ("[ [x]] < % y %> ---", ["[ [x]] < % y %> ---"])
    assert (found["podcast"], "url" in found, "audio" in found) == ("AB", False, False)


def test_a_section_without_content_is_left_out() -> None:
    """A heading over nothing reads like a fault."""
    assert headings(body(filled(2), filled(0, Item(text="P")))) == ["Summary"]


def test_links_begin_with_the_publisher_s() -> None:
    """They are right, and free; those of an extractor follow, each address once."""
    extracted = filled(
        3,
        Item(url="https://h/own", label="Again"),
        Item(url="https://h/said", label="A book", start_s=5),
        Item(text="A tool without an address"),
    )

    text = body(extracted, show_notes='<p><a href="https://h/own">Own</a></p>')

    assert (
        "## Links\n\n- [Own](https://h/own)\n- [A book](https://h/said) ([0:05](https://example.com/rivers/1.mp3#t=5))\n"
        "- A tool without an address\n"
    ) in text


def test_the_publisher_s_links_need_no_extraction() -> None:
    """An episode without a transcript has them, too. Show notes of nothing else are not said again."""
    assert headings(body(show_notes='<a href="https://h/own">Own</a>')) == ["Links"]
    assert headings(body(show_notes='By <a href="https://h/own">Own</a>')) == ["Links", "Show notes"]


def test_without_a_links_section_the_show_notes_have_all() -> None:
    """Whoever took the template `links` away has not asked to lose them."""
    note = render(episode(show_notes='<a href="https://h/own">Own</a>'), record(), outline={}, sections={})

    assert note.body.endswith("## Show notes\n\n[Own](https://h/own)\n")


def test_the_summary_of_the_feed_stands_in_for_show_notes() -> None:
    """Some feeds have no others; where both are, the longer one counts alone."""
    assert "\n## Show notes\n\nA line.\n" in body(summary="A line.")
    assert "A line." not in body(summary="A line.", show_notes="<p>All of it</p>")


def test_the_first_line_says_what_it_is() -> None:
    """Show, day, length and where to hear it, for who opens the note years later."""
    text = body(duration_s=754, link="https://h/1")

    assert text.splitlines()[0] == (
        "*Rivers* · 28 February 2024 · 12:34 · [Listen](https://example.com/rivers/1.mp3) · [Episode page](https://h/1)"
    )


def test_a_heading_of_the_user_s_template_is_text() -> None:
    """`heading: [[x]] %%` cannot break the note."""
    mine = Section(kind="prose", heading="[[x]] %%", items=(Item(text="P"),))

    text = render(episode(), record(), outline={"mine": mine}, sections={"mine": mine}).body

    assert "\n## \\[\\[x\\]\\] \\%\\%\n" in text


def test_the_hash_is_of_the_body_alone() -> None:
    """It tells whether somebody has changed what stands between the marks; properties are merged one by one."""
    one, other = Rendered({"title": "A"}, "words\n"), Rendered({"title": "B"}, "words\n")

    assert one.hash == other.hash == body_hash("words\n")
    assert len(one.hash) == 16
    assert one.hash != body_hash("words \n")


def test_the_same_episode_gives_the_same_note() -> None:
    """Without a clock and without chance: a second run rewrites nothing. Also in another time zone."""
    elsewhere = A_DAY.astimezone(timezone(timedelta(0)))

    assert body(published=elsewhere) == body()


def test_a_heading_is_the_template_s_of_now() -> None:
    """Edited since the extraction, it takes effect without asking anew; the section is found by its template's name."""
    then = filled(0, Item(text="P"))
    now = {"summary": Section(kind="prose", heading="In short")}

    text = render(episode(), record(), outline=now, sections={"summary": then}).body

    assert "\n## In short\n\nP\n" in text


def test_a_template_that_changed_its_kind_shows_nothing_of_the_old() -> None:
    """Prose would be no list of links; the next extraction brings what fits."""
    now = {"summary": Section(kind="quotes", heading="Summary")}

    assert "P" not in render(episode(), record(), outline=now, sections={"summary": filled(0, Item(text="P"))}).body
