"""An `item`, an `entry` or a `channel` as an lxml element becomes raw words: the names and namespaces of feeds.

Belongs here: which element of which namespace says what. Does not: getting at elements (`well_formed.py`, `loose.py`).
Sources: RSS 2.0 and 0.9x, RSS 1.0 (RDF), Atom 1.0 (RFC 4287) and 0.3, the podcast namespace at both of its addresses
and under any prefix, iTunes, Media RSS, Podlove Simple Chapters, Dublin Core, content and enclosure modules.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import etree

from inkwell_pipeline.feed.items import RawChannel, RawChapter, RawEnclosure, RawItem
from inkwell_pipeline.feed.names import RDF, local_name, usual_name
from inkwell_pipeline.models import Offer, Person

__all__ = ["is_item", "read_channel", "read_item", "text_of"]

TEXTS = {  # the words of the first such element that has any
    "guid": "guid",
    "id": "guid",
    "title": "title",
    "itunes:title": "itunes_title",
    "pubdate": "published",
    "published": "published",
    "issued": "published",
    "dcterms:issued": "published",
    "updated": "updated",
    "modified": "updated",
    "dc:date": "updated",
    "dcterms:modified": "updated",
    "itunes:episode": "episode",
    "itunes:season": "season",
    "itunes:duration": "duration",
}
MARKUP = {  # the same, as HTML; for a whole item only
    "description": "summary",
    "summary": "summary",
    "itunes:summary": "itunes_summary",
    "itunes:subtitle": "subtitle",
    "content:encoded": "content",
}

CHANNEL_TEXTS = {"title": "title", "itunes:new-feed-url": "new_feed_url", "ttl": "ttl"}


@dataclass(slots=True)
class _Draft:
    """What was found so far."""

    words: dict[str, str] = field(default_factory=dict)
    enclosures: list[RawEnclosure] = field(default_factory=list)
    media: list[RawEnclosure] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    persons: list[Person] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    chapters: list[RawChapter] = field(default_factory=list)

    def say(self, name: str, text: str) -> None:
        if text and name not in self.words:
            self.words[name] = text


def is_item(element: etree._Element) -> bool:
    """Whether it stands where a feed's items stand: in the channel, or beside it; not in a `podcast:liveItem`."""
    parent = element.getparent()
    return (
        usual_name(str(element.tag)) in ("item", "entry")
        and parent is not None
        and local_name(parent) in ("channel", "rdf", "rss", "feed", "items")
    )


def read_item(element: etree._Element, *, whole: bool = True) -> RawItem:
    """What the item says; without `whole` its sketch: what telling apart and choosing need."""
    draft = _Draft()
    for child in element:
        if not isinstance(child.tag, str):
            continue  # a comment, a processing instruction, an entity
        name = usual_name(child.tag)
        if (words := TEXTS.get(name)) is not None:
            draft.say(words, text_of(child))
        elif whole and (markup := MARKUP.get(name)) is not None:
            draft.say(markup, _markup_of(child))
        elif (read := (WHOLE.get(name) if whole else None) or SKETCHED.get(name)) is not None:
            read(child, draft)
    draft.say("guid", element.get(f"{{{RDF}}}about", ""))
    _take_guid_for_link(element, draft)
    return RawItem(
        **draft.words,
        enclosures=(*draft.enclosures, *draft.media),
        offers=tuple(draft.offers),
        persons=tuple(draft.persons),
        authors=tuple(draft.authors),
        chapters=tuple(draft.chapters),
    )


def read_channel(element: etree._Element) -> RawChannel:
    """What the feed says of itself: `element` is the channel, or Atom's `feed`."""
    draft = _Draft()
    guid = None
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = usual_name(child.tag)
        if name in CHANNEL_TEXTS:
            draft.say(CHANNEL_TEXTS[name], text_of(child))
        elif name == "podcast:guid":
            guid = guid or text_of(child) or None
        elif name in ("podcast:person", "author"):
            WHOLE[name](child, draft)
    return RawChannel(**draft.words, guid=guid, persons=tuple(draft.persons), authors=tuple(draft.authors))


def text_of(element: etree._Element) -> str:
    """Its words, without the tags between them, white space folded."""
    text = "".join(map(str, element.itertext())) if len(element) else element.text or ""
    return " ".join(text.split())


def _markup_of(element: etree._Element) -> str:
    """What stands in it as HTML: escaped, as a CDATA section, or, in Atom's `xhtml`, as elements."""
    if not any(isinstance(child.tag, str) for child in element):
        return "".join(map(str, element.itertext())).strip()
    parts = [element.text or ""]
    parts += [etree.tostring(child, encoding="unicode") for child in element]
    return "".join(parts).strip()


def _address(element: etree._Element, name: str) -> str:
    """An attribute that is an address, resolved against `xml:base` where one is near."""
    text = (element.get(name) or "").strip()
    base = element.base
    try:
        return urljoin(base, text) if base and text else text
    except ValueError:
        return text


def _link(element: etree._Element, draft: _Draft) -> None:
    """RSS has its address as text, Atom in `href`; a `rel` of `enclosure` is the audio."""
    href = _address(element, "href")
    rel = element.get("rel", "alternate").strip().lower()
    if rel == "enclosure" and href:
        draft.enclosures.append(RawEnclosure(href, _media_type(element), element.get("length", "")))
    elif rel == "alternate":
        draft.say("link", href or text_of(element))


def _take_guid_for_link(element: etree._Element, draft: _Draft) -> None:
    """A guid is the item's address unless `isPermaLink` says that it is none; only whole addresses are believed."""
    guid = draft.words.get("guid", "")
    if guid.startswith(("http://", "https://")) and "link" not in draft.words:
        tag = next((child for child in element if isinstance(child.tag, str) and usual_name(child.tag) == "guid"), None)
        if tag is None or tag.get("isPermaLink", "true").strip().lower() == "true":
            draft.say("link", guid)


def _enclosure(element: etree._Element, draft: _Draft) -> None:
    if url := _address(element, "url") or _address(element, f"{{{RDF}}}resource"):
        draft.enclosures.append(RawEnclosure(url, _media_type(element), element.get("length", "")))


def _media(element: etree._Element, draft: _Draft) -> None:
    """Media RSS: audio or video, perhaps in a group; pictures are not meant."""
    if usual_name(str(element.tag)) == "media:group":
        for child in element:
            if isinstance(child.tag, str) and usual_name(child.tag) == "media:content":
                _media(child, draft)
        return
    kind = _media_type(element)
    heard = kind.startswith(("audio/", "video/")) or element.get("medium", "").strip().lower() in ("audio", "video")
    if heard and (url := _address(element, "url")):
        draft.media.append(RawEnclosure(url, kind, element.get("fileSize", "")))


def _offer(element: etree._Element, draft: _Draft) -> None:
    if url := _address(element, "url"):
        draft.offers.append(Offer(url=url, media_type=_media_type(element), language=element.get("language") or None))


def _person(element: etree._Element, draft: _Draft) -> None:
    if name := text_of(element):
        draft.persons.append(Person(name=name, role=(element.get("role") or "host").strip().lower()))


def _author(element: etree._Element, draft: _Draft) -> None:
    """Atom's author has a name in an element; the text of an RSS author is an e-mail address."""
    for child in element:
        if isinstance(child.tag, str) and usual_name(child.tag) == "name" and (name := text_of(child)):
            draft.authors.append(name)


def _chapters_address(element: etree._Element, draft: _Draft) -> None:
    draft.say("chapters_url", _address(element, "url"))


def _simple_chapters(element: etree._Element, draft: _Draft) -> None:
    for child in element:
        if isinstance(child.tag, str) and usual_name(child.tag) == "psc:chapter":
            title = " ".join(child.get("title", "").split())
            draft.chapters.append(RawChapter(child.get("start", ""), title, _address(child, "href") or None))


def _content(element: etree._Element, draft: _Draft) -> None:
    """Atom's content: words, or audio that lies elsewhere."""
    if not (src := _address(element, "src")):
        draft.say("content", _markup_of(element))
    elif _media_type(element).startswith(("audio/", "video/")):
        draft.media.append(RawEnclosure(src, _media_type(element), element.get("length", "")))


def _content_elsewhere(element: etree._Element, draft: _Draft) -> None:
    if element.get("src"):
        _content(element, draft)


def _media_type(element: etree._Element) -> str:
    return element.get("type", "").partition(";")[0].strip().lower()


Reader = Callable[[etree._Element, _Draft], None]
SKETCHED: dict[str, Reader] = {
    "link": _link,
    "enclosure": _enclosure,
    "enc:enclosure": _enclosure,
    "media:content": _media,
    "media:group": _media,
    "podcast:transcript": _offer,
    "content": _content_elsewhere,
}
WHOLE: dict[str, Reader] = {
    "podcast:person": _person,
    "podcast:chapters": _chapters_address,
    "psc:chapters": _simple_chapters,
    "author": _author,
    "content": _content,
}
