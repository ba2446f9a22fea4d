"""The `podcast:` elements: all of them, under any prefix, the item's before the channel's."""

import pytest

from inkwell_pipeline.feed.parse import parse_feed
from inkwell_pipeline.models import Episode, Offer, Person

NOW = "https://podcastindex.org/namespace/1.0"
OLD = "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"


def document(items: str, *, channel: str = "", namespaces: str = f'xmlns:podcast="{NOW}"') -> bytes:
    head = f'<rss version="2.0" {namespaces}><channel><title>Rivers</title>{channel}'
    return f"{head}{items}</channel></rss>".encode()


def item(inner: str, *, title: str = "One") -> str:
    return f'<item><title>{title}</title><enclosure url="https://h/1.mp3" type="audio/mpeg"/>{inner}</item>'


def episodes(data: bytes) -> tuple[Episode, ...]:
    return parse_feed(data, name="rivers", base_url="https://h/feed.xml").episodes


def persons(data: bytes) -> list[list[str]]:
    return [[person.name for person in episode.persons] for episode in episodes(data)]


def test_several_transcripts_are_all_kept() -> None:
    """feedparser keeps the last alone, which may be the one that we cannot read."""
    offers = (
        '<podcast:transcript url="1.vtt" type="text/vtt" language="de"/>'
        '<podcast:transcript url="1.json" type="application/json"/>'
        '<podcast:transcript url="1.srt" type="Application/SRT; charset=utf-8"/>'
    )

    (episode,) = episodes(document(item(offers)))

    assert episode.offers == (
        Offer(url="https://h/1.vtt", media_type="text/vtt", language="de"),
        Offer(url="https://h/1.json", media_type="application/json"),
        Offer(url="https://h/1.srt", media_type="application/srt"),
    )


@pytest.mark.parametrize("prefix", ["podcast", "pod", "p20"])
@pytest.mark.parametrize("namespace", [NOW, OLD])
def test_both_namespaces_count_under_any_prefix(namespace: str, prefix: str) -> None:
    """A namespace is its address; the older one is still in feeds."""
    inner = f'<{prefix}:person>Ada</{prefix}:person><{prefix}:transcript url="1.vtt"/>'

    (episode,) = episodes(document(item(inner), namespaces=f'xmlns:{prefix}="{namespace}"'))

    assert ([person.name for person in episode.persons], len(episode.offers)) == (["Ada"], 1)


def test_a_prefix_that_nobody_declared_counts_as_it_was_meant() -> None:
    """Not well-formed, and yet in real feeds: the publisher offers a transcript, and players find it."""
    (episode,) = episodes(document(item('<podcast:transcript url="1.vtt"/>'), namespaces=""))

    assert [offer.url for offer in episode.offers] == ["https://h/1.vtt"]


def test_another_namespace_s_elements_do_not_count() -> None:
    """A name alone says nothing: Media RSS and others have persons, too."""
    assert persons(document(item("<x:person>Eve</x:person>"), namespaces='xmlns:x="https://x.example/"')) == [[]]


def test_an_item_s_persons_replace_the_channel_s() -> None:
    """As the namespace says: persons of an item are all of its persons; an item without any has the channel's."""
    items = item("<podcast:person>Guest</podcast:person>") + item("", title="Two")

    assert persons(document(items, channel="<podcast:person>Host</podcast:person>")) == [["Guest"], ["Host"]]


def test_a_person_has_a_role_and_a_name() -> None:
    """A role is `host` where none is stated, and in small letters; an element without a name is nobody."""
    inner = "<podcast:person>  Ada\n Brook </podcast:person><podcast:person/>"
    inner += '<podcast:person role="Guest">Bo</podcast:person>'

    (episode,) = episodes(document(item(inner)))

    assert episode.persons == (Person(name="Ada Brook"), Person(name="Bo", role="guest"))


def test_the_show_s_own_guid_and_the_chapters_are_read() -> None:
    """They have no place in feedparser's result."""
    chapters = '<podcast:chapters url="c.json" type="application/json+chapters"/>'

    feed = parse_feed(
        document(item(chapters), channel="<podcast:guid>abc</podcast:guid>"), name="rivers", base_url="https://h/f.xml"
    )

    assert (feed.podcast_guid, feed.episodes[0].chapters_url) == ("abc", "https://h/c.json")


def test_items_are_told_apart_where_the_two_readers_count_differently() -> None:
    """By guid and title: a transcript never goes to the neighbour of its episode."""
    stray = "<podcast:liveItem><item><title>Live</title></item></podcast:liveItem>"
    items = item('<guid>a</guid><podcast:transcript url="a.vtt"/>') + stray
    items += item('<guid>b</guid><podcast:transcript url="b.vtt"/>', title="Two")

    found = {episode.guid: [offer.url for offer in episode.offers] for episode in episodes(document(items))}

    assert (found["a"], found["b"]) == (["https://h/a.vtt"], ["https://h/b.vtt"])


def test_an_entity_never_reads_a_file() -> None:
    """XML's external entities are the oldest way to a reader's files."""
    attack = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'

    assert persons(attack + document(item("<podcast:person>&x;</podcast:person>"))) == [["&x;"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_name_keeps_its_letters_in_any_encoding(encoding: str) -> None:
    """Both readers take the same bytes for the same letters."""
    text = document(item("<podcast:person>Zoë</podcast:person>")).decode()
    data = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)

    assert persons(data) == [["Zoë"]]


def test_a_byte_that_is_no_utf_8_spoils_its_own_letter_alone() -> None:
    """The other episodes' transcripts are still found."""
    broken = item("<podcast:person>A\x01B</podcast:person>") + item('<podcast:transcript url="2.vtt"/>', title="Two")

    found = episodes(document(broken).replace(b"\x01", b"\xed\xa0\x80"))

    assert [len(episode.offers) for episode in found] == [0, 1]
