"""Small nasty feeds of our own writing, kept: what each is read as, by whichever reader is sure of it."""

from pathlib import Path
from typing import Any

import pytest

from inkwell_pipeline.feed.parse import complete_episodes, outline_feed
from inkwell_pipeline.models import Episode, Person

CORPUS = Path(__file__).parent / "corpus"
FROM = "https://h/show/feed.xml"
# the titles of the episodes, the number of items that are none, and whether the XML is too broken to be sure
READ: dict[str, tuple[list[str], int, bool]] = {
    "atom-1.0.xml": (["One", "<i>Two</i>"], 1, False),
    "breaks-off.xml": (["One", "Two"], 0, True),
    "breaks-off-between.xml": (["One", "Two"], 0, True),
    "capitals.xml": (["One"], 0, False),
    "cdata-and-comments.xml": (["One <item>", "Two"], 0, False),
    "control-characters.xml": (["One\ufffd\ufffd\ufffd", "Two"], 0, False),
    "entities.xml": (["Café & R&D &bogus; <b>"], 0, False),
    "external-entity.xml": (["One &secret; &b;"], 0, False),
    "items-elsewhere.xml": (["One"], 0, False),
    "latin-1-declared-utf-8.xml": (["Flüsse"], 0, False),
    "latin-1-undeclared.xml": (["Flüsse — gar"], 0, False),
    "mark-and-blank.xml": (["One"], 0, False),
    "media-rss.xml": (["One", "Two"], 1, False),
    "rss-0.91.xml": (["Die Flüsse"], 1, False),
    "rss-1.0.xml": (["One"], 1, False),
    "server-warning.xml": (["One"], 0, False),
    "tags-that-do-not-match.xml": (["One", "Two"], 0, True),
    "two-of-each.xml": (["One"], 0, False),
    "undeclared-prefixes.xml": (["One"], 0, False),
    "utf-16.xml": (["Flüsse"], 0, False),
    "utf-16-no-mark.xml": (["Flüsse"], 0, False),
    "utf-8-few-bad-bytes.xml": (["Flüsse, Äußeres \ufffd", "Two"], 0, False),
}


def episodes(name: str) -> list[Episode]:
    outline = outline_feed((CORPUS / name).read_bytes(), name="rivers", base_url=FROM)
    return complete_episodes(outline, [episode.key for episode in outline.feed.episodes])


def test_the_table_has_every_file() -> None:
    """A feed that nobody says anything of guards nothing."""
    assert sorted(READ) == sorted(path.name for path in CORPUS.iterdir())


@pytest.mark.parametrize("name", READ)
def test_a_kept_feed_is_read_as_the_table_says(name: str) -> None:
    """Titles in order, items left out, and how sure the reader is."""
    outline = outline_feed((CORPUS / name).read_bytes(), name="rivers", base_url=FROM)

    titles = [episode.title for episode in outline.feed.episodes]
    assert (titles, outline.feed.not_episodes, outline.is_broken) == READ[name]
    assert outline.feed.title.startswith("Rivers")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rss-0.91.xml", {"link": "https://h/1", "audio_url": "https://h/1.mp3", "summary": "Flut & Pegel"}),
        ("rss-1.0.xml", {"guid": "https://h/1", "audio_url": "https://h/1.mp3", "show_notes": "<p>Notes</p>"}),
        ("atom-1.0.xml", {"guid": "urn:1", "link": "https://h/show/1.html", "audio_url": "https://h/show/1.mp3"}),
        ("atom-1.0.xml", {"summary": "Short", "persons": (Person(name="Ada Brook", role="author"),)}),
        ("entities.xml", {"audio_url": "https://h/show/1.mp3?a=1&b=2&copy=3", "guid": "https://h/?a=1&b=2"}),
        ("entities.xml", {"show_notes": "a & b &nbsp;", "link": "https://h/?a=1&b=2"}),
        ("undeclared-prefixes.xml", {"duration_s": 62, "audio_url": None, "guid": None}),
        ("tags-that-do-not-match.xml", {"guid": "g-1", "audio_url": "https://h/show/1.mp3"}),
        ("two-of-each.xml", {"guid": "g-1", "audio_url": "https://h/show/1.mp3", "published": None}),
        ("capitals.xml", {"guid": "g-1"}),
    ],
)
def test_what_an_item_says_is_in_the_episode(name: str, said: dict[str, Any]) -> None:
    """Under the names that each format has for it."""
    episode = episodes(name)[0]

    assert {field: getattr(episode, field) for field in said} == said


def test_atom_s_dates_authors_and_content_elsewhere() -> None:
    """`published` before `updated`, an entry's author before the feed's, audio as `content`, against `xml:base`."""
    one, two = episodes("atom-1.0.xml")

    assert [one.published and one.published.day, two.published and two.published.day] == [28, 27]
    assert [person.name for person in two.persons] == ["Bo Lind"]
    assert two.audio_url == "https://other/2.mp3"
    assert "<p>Long <b>words</b></p>" in one.show_notes
