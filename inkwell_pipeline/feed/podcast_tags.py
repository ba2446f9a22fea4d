"""The `podcast:` elements of a feed, by lxml: transcripts, persons, chapters, guid.

A second pass, because feedparser keeps only the last `podcast:transcript` and `podcast:person` of an item, and drops
their text. Belongs here: that namespace (https://podcastindex.org/namespace/1.0, and the older address that feeds
still use, under any prefix). Does not: all else of a feed (`parse.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from inkwell_pipeline.models import Offer, Person

__all__ = ["ItemTags", "PodcastTags", "read_podcast_tags"]

NAMESPACES = frozenset(
    {
        "https://podcastindex.org/namespace/1.0",
        "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
    }
)
PLAIN_NAMESPACES = frozenset({"", "http://www.w3.org/2005/Atom", "http://purl.org/rss/1.0/"})


@dataclass(frozen=True)
class ItemTags:
    """An item's own elements, with the guid and title by which the item is known. URLs as they stand in the feed."""

    guid: str | None
    title: str | None
    offers: tuple[Offer, ...]
    persons: tuple[Person, ...]
    chapters_url: str | None


@dataclass(frozen=True)
class PodcastTags:
    """The channel's title, guid and persons, and its items in the order of the document."""

    title: str | None = None
    guid: str | None = None
    persons: tuple[Person, ...] = ()
    items: tuple[ItemTags, ...] = ()


def read_podcast_tags(document: bytes, *, encoding: str | None = None) -> PodcastTags:
    """The elements of a feed in `encoding` (None: UTF-8). What cannot be read as XML at all has none."""
    parser = etree.XMLParser(encoding="utf-8", recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(_utf8(document, encoding), parser)
    except (etree.XMLSyntaxError, ValueError):
        return PodcastTags()
    if root is None:
        return PodcastTags()
    channel = next((child for child in root if _name(child)[1] == "channel"), root)
    return PodcastTags(
        title=_text(channel, "title"),
        guid=next((_words(tag) for tag in _tags(channel, "guid")), None),
        persons=_persons(channel),
        items=tuple(_item(element) for element in root.iter() if _name(element)[1] in ("item", "entry")),
    )


def _utf8(document: bytes, encoding: str | None) -> bytes:
    """Bytes that are all legal: lxml recovers from a foreign one, and fails when its text is asked for."""
    try:
        text = document.decode(encoding or "utf-8", "replace")
    except LookupError:
        text = document.decode("utf-8", "replace")
    return text.strip("\ufeff\0 \t\r\n").encode("utf-8", "replace")


def _item(element: etree._Element) -> ItemTags:
    offers = tuple(
        Offer(
            url=url,
            media_type=tag.get("type", "").partition(";")[0].strip().lower(),
            language=tag.get("language") or None,
        )
        for tag in _tags(element, "transcript")
        if (url := (tag.get("url") or "").strip())
    )
    chapters = next((tag.get("url", "").strip() for tag in _tags(element, "chapters")), "")
    return ItemTags(
        guid=_text(element, "guid") or _text(element, "id"),
        title=_text(element, "title"),
        offers=offers,
        persons=_persons(element),
        chapters_url=chapters or None,
    )


def _persons(element: etree._Element) -> tuple[Person, ...]:
    return tuple(
        Person(name=name, role=(tag.get("role") or "host").strip().lower())
        for tag in _tags(element, "person")
        if (name := _words(tag))
    )


def _tags(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """The children of `element` with this name in the podcast namespace."""
    for child in element:
        namespace, local = _name(child)
        # a prefix that the feed forgot to declare stays in front of the name
        if (namespace in NAMESPACES and local == name) or (not namespace and local == f"podcast:{name}"):
            yield child


def _name(element: etree._Element) -> tuple[str, str]:
    """Namespace and local name; both empty for comments and processing instructions."""
    if not isinstance(element.tag, str):
        return "", ""
    namespace, brace, local = element.tag.rpartition("}")
    return (namespace.removeprefix("{"), local) if brace else ("", element.tag)


def _text(element: etree._Element, name: str) -> str | None:
    """The text of the first child with this name that is in no namespace, or in Atom's or RSS 1.0's."""
    for child in element:
        namespace, local = _name(child)
        if local == name and namespace in PLAIN_NAMESPACES and (words := _words(child)):
            return words
    return None


def _words(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())
