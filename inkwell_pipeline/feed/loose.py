"""A feed whose tags do not match, read as far as it goes: feedparser's loose parser, with lxml's for `podcast:`.

Belongs here: what the two make of broken XML, put together. Does not: well-formed feeds, which are read without either
(`well_formed.py`): feedparser keeps the last `podcast:transcript` and `podcast:person` of an item alone, takes forty
times as long, and holds the whole feed in memory. feedparser is imported when first needed: it takes 0.1 s.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any, TypeVar

from lxml import etree

from inkwell_pipeline.feed.elements import read_channel, read_item
from inkwell_pipeline.feed.items import RawChannel, RawEnclosure, RawItem
from inkwell_pipeline.feed.names import local_name, usual_name

__all__ = ["Loose", "NoFeed"]

T = TypeVar("T")


class NoFeed(Exception):
    """feedparser finds neither a feed's root nor an item. Never leaves the room."""


class Loose:
    """A feed that is not well-formed. Raises: NoFeed."""

    is_broken = True

    def __init__(self, document: bytes) -> None:
        self.sketches, self.channel = _recovered(document)
        try:
            parsed = _parsed(document)
        except NoFeed:
            if not self.sketches:
                raise
            return  # lxml's items are all that there is
        if not self.channel.title:
            self.channel = replace(self.channel, title=parsed.feed.get("title") or "")
        self.sketches = [_together(entry, item) for entry, item in _paired(parsed.entries, self.sketches)]

    def whole(self, places: Collection[int]) -> Iterator[tuple[int, RawItem]]:
        """The items at these places, in the order of the document."""
        yield from ((place, item) for place, item in enumerate(self.sketches) if place in places)


def _parsed(document: bytes) -> Any:
    import feedparser

    try:
        # a stream: of bytes feedparser first asks whether they are the name of a file
        # the blank, so that it looks for no declaration: its way takes the third power of a line's length
        parsed = feedparser.parse(BytesIO(b"\n" + document), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # on broken bytes it raises whatever its loose parser stumbles over
        raise NoFeed(type(error).__name__) from error
    if not parsed.get("version") and not parsed.entries:
        raise NoFeed
    return parsed


def _recovered(document: bytes) -> tuple[list[RawItem], RawChannel]:
    """What lxml makes of the document when told to go on after each error."""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        return [], RawChannel()
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    items = [_said(read_item, element) for element in elements if usual_name(str(element.tag)) in ("item", "entry")]
    channel = next((element for element in elements if local_name(element) == "channel"), root)
    return [item or RawItem() for item in items], _said(read_channel, channel) or RawChannel()


def _said(read: Callable[[etree._Element], T], element: etree._Element) -> T | None:
    """What the element says; None where lxml recovered from a byte or a reference of which it can make no text."""
    try:
        return read(element)
    except UnicodeDecodeError:
        return None


def _paired(entries: Sequence[Any], items: Sequence[RawItem]) -> Iterator[tuple[Any, RawItem]]:
    """Each entry of feedparser with lxml's item: by place, or by guid and title where the two disagree on number."""
    if len(entries) == len(items):
        yield from zip(entries, items, strict=True)
        return
    by_name: dict[str, RawItem] = {}
    for item in reversed(items):
        by_name.update({name: item for name in (item.title, item.guid) if name})
    for entry in entries:
        guid, title = (" ".join((entry.get(name) or "").split()) for name in ("id", "title"))
        yield entry, by_name.get(guid) or by_name.get(title) or RawItem()


def _together(entry: Any, item: RawItem) -> RawItem:
    """lxml's words where it has any, for it keeps several of a kind; else feedparser's, which survive an open tag.

    Of the long texts the longer one: it is the one that was not cut at such a tag.
    """

    def words(name: str) -> str:
        # dict's own get: feedparser's takes the date published for a missing `updated`, with a DeprecationWarning
        return str(dict.get(entry, name) or "").strip()

    # feedparser takes iTunes' summary for the content where a description stands before it
    contents = (str(part.get("value") or "").strip() for part in entry.get("content", []))
    content = next((text for text in contents if text not in (item.itunes_summary, item.subtitle)), "")
    enclosures = [
        RawEnclosure(
            (link.get("href") or "").strip(), (link.get("type") or "").strip().lower(), link.get("length") or ""
        )
        for link in entry.get("enclosures", [])
    ]
    guid = item.guid or words("id")
    link = words("link")
    return RawItem(
        guid=guid,
        title=item.title or words("title"),
        itunes_title=item.itunes_title or words("itunes_title"),
        published=item.published or words("published"),
        updated=item.updated or words("updated"),
        link=item.link or ("" if link == guid and not guid.startswith(("http://", "https://")) else link),
        enclosures=tuple(one for one in enclosures if one.url) or item.enclosures,
        offers=item.offers,
        episode=item.episode or words("itunes_episode"),
        season=item.season or words("itunes_season"),
        duration=item.duration or words("itunes_duration"),
        summary=max(item.summary, words("summary"), key=len),
        itunes_summary=item.itunes_summary,
        subtitle=item.subtitle or words("subtitle"),
        content=max(item.content, content, key=len),
        authors=item.authors,
        persons=item.persons,
        chapters_url=item.chapters_url,
        chapters=item.chapters,
    )
