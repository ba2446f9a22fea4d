"""Bytes of a feed become a `Feed`: RSS and Atom by feedparser, `podcast:` elements by `podcast_tags.py`.

Belongs here: what makes an item an episode, and what makes two of them different. Does not: fetching (`fetch.py`),
choosing (`choose.py`). Pure: the same bytes give the same feed. feedparser is imported when first needed, in the
caller's thread: it takes 0.1 s.
"""

import calendar
import html
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.podcast_tags import ItemTags, PodcastTags, read_podcast_tags
from inkwell_pipeline.http import without_secrets
from inkwell_pipeline.models import Episode, Feed, Offer, episode_key

__all__ = ["parse_duration_s", "parse_feed"]

REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,20})|([0-9]{1,20}));")
NO_TAGS = ItemTags(guid=None, title=None, offers=(), persons=(), chapters_url=None)


def parse_feed(document: bytes, *, name: str, base_url: str) -> Feed:
    """The feed in `document`, which came from `base_url` (relative addresses are resolved against it).

    `name` is the feed's in the config. Raises: PermanentError, where the document is no feed.
    """
    document = REFERENCE.sub(_legal, document)
    parsed = _parsed(document, name=name, base_url=base_url)
    if not parsed.get("version") and not parsed.entries:
        raise PermanentError(
            "is no feed: neither RSS nor Atom was found in it", feed=name, url=without_secrets(base_url)
        )
    tags = read_podcast_tags(document, encoding=parsed.get("encoding"))
    show = _plain(tags.title) or _plain(parsed.feed.get("title")) or name
    base = _Base(base_url)
    drafts = [
        _episode(entry, item, tags, feed=name, show=show, base=base)
        for entry, item in _paired(parsed.entries, tags.items)
    ]
    episodes = [draft for draft in drafts if draft is not None]
    return Feed(
        name=name,
        title=show,
        podcast_guid=tags.guid,
        episodes=tuple(_with_keys(episodes)),
        not_episodes=len(drafts) - len(episodes),
    )


def _parsed(document: bytes, *, name: str, base_url: str) -> Any:
    import feedparser

    try:
        return feedparser.parse(document, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # on broken bytes it raises whatever its loose parser stumbles over
        says = f"is no feed that can be read ({type(error).__name__})"
        raise PermanentError(says, feed=name, url=without_secrets(base_url)) from error


def _legal(reference: re.Match[bytes]) -> bytes:
    """The reference, or U+FFFD for a number that is no character: feedparser gives up the whole feed for one."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    is_character = number in (9, 10, 13) or 32 <= number <= 0xD7FF or 0xE000 <= number <= 0x10FFFF
    return reference[0] if is_character else b"&#65533;"


class _Base:
    """Resolves a feed's addresses. A feed from the network never gets to name a file; a file's feed may."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._folder = Path(url2pathname(urlsplit(url).path)).parent if url.startswith("file:") else None

    def resolve(self, address: str | None) -> str | None:
        """An absolute address that may be used, or None."""
        text = (address or "").strip()
        if not text:
            return None
        try:
            url = urljoin(self._url, text)
            parts = urlsplit(url)
            _ = parts.port  # raises for one that is no number
        except ValueError:
            return None
        if parts.scheme in ("http", "https") and parts.netloc:
            return url
        return url if parts.scheme == "file" and self._is_beside(parts.path) else None

    def _is_beside(self, path: str) -> bool:
        return self._folder is not None and Path(url2pathname(path)).resolve().is_relative_to(self._folder.resolve())


def _paired(entries: Sequence[Any], items: Sequence[ItemTags]) -> Iterator[tuple[Any, ItemTags]]:
    """Each entry of feedparser with lxml's item: by place, or by guid and title where the two disagree on number."""
    if len(entries) == len(items):
        yield from zip(entries, items, strict=True)
        return
    by_name: dict[str, ItemTags] = {}
    for item in reversed(items):
        by_name.update({name: item for name in (item.title, item.guid) if name})
    for entry in entries:
        guid, title = (" ".join((entry.get(name) or "").split()) for name in ("id", "title"))
        yield entry, by_name.get(guid) or by_name.get(title) or NO_TAGS


def _episode(entry: Any, item: ItemTags, tags: PodcastTags, *, feed: str, show: str, base: _Base) -> Episode | None:
    """The episode, its key still empty; None for an item with neither audio nor transcript."""
    enclosures = (link for link in entry.get("enclosures", []) if not _is_picture(link))
    audio_url = next((url for link in enclosures if (url := base.resolve(link.get("href")))), None)
    offers = tuple(
        Offer(url=url, media_type=offer.media_type, language=offer.language)
        for offer in item.offers
        if (url := base.resolve(offer.url))
    )
    if audio_url is None and not offers:
        return None
    content = next((part.get("value") or "" for part in entry.get("content", [])), "")
    summary = entry.get("summary") or ""
    return Episode(
        key="",
        feed=feed,
        show=show,
        title=_plain(entry.get("title")) or _plain(entry.get("itunes_title")) or "Untitled episode",
        guid=(entry.get("id") or "").strip() or None,
        published=_date(entry),
        link=base.resolve(entry.get("link")),
        audio_url=audio_url,
        duration_s=parse_duration_s(entry.get("itunes_duration") or ""),
        summary=_plain(re.sub(r"<[^>]{0,500}>", " ", summary)),
        show_notes=content or summary,
        persons=item.persons or tags.persons,
        offers=offers,
        chapters_url=base.resolve(item.chapters_url),
    )


def _is_picture(enclosure: Any) -> bool:
    """Blogging software puts the cover in an enclosure, too."""
    return (enclosure.get("type") or "").strip().lower().startswith("image/")


def _plain(text: str | None) -> str:
    """A title as text: HTML's entities decoded once more where the publisher escaped twice, white space folded."""
    return " ".join(html.unescape(text or "").split())


def _date(entry: Any) -> datetime | None:
    # dict's own get: feedparser's takes the date published for a missing `updated`, with a DeprecationWarning
    moment = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    try:
        if moment is not None:
            return datetime.fromtimestamp(calendar.timegm(moment), UTC)
        # feedparser reads no date without a zone; RFC 5322 has `-0000` for that, which is UTC
        plain = parsedate_tz(dict.get(entry, "published") or "")
        return None if plain is None else datetime.fromtimestamp(mktime_tz(plain), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def parse_duration_s(text: str) -> int | None:
    """Seconds, for `itunes:duration`: seconds alone, `mm:ss` or `hh:mm:ss`; None for anything else."""
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(re.fullmatch(r"\d{1,6}(\.\d+)?", part) for part in parts):
        return None
    return int(sum(float(part) * 60**place for place, part in enumerate(reversed(parts)))) or None


def _with_keys(episodes: Sequence[Episode]) -> list[Episode]:
    """The episodes with keys, oldest first served: a newcomer that repeats a guid must not take over its key."""
    oldest_first = sorted(range(len(episodes)), key=lambda index: (_age(episodes[index]), -index))
    taken: set[str] = set()
    keys: dict[int, str] = {}
    for index in oldest_first:
        identity = next(name for name in _identities(episodes[index]) if name not in taken)
        taken.add(identity)
        keys[index] = episode_key(episodes[index].feed, identity)
    return [episode.model_copy(update={"key": keys[index]}) for index, episode in enumerate(episodes)]


def _age(episode: Episode) -> float:
    return episode.published.timestamp() if episode.published else float("inf")


def _identities(episode: Episode) -> Iterator[str]:
    """What can tell an episode from others, best first; never ends."""
    if episode.guid:
        yield episode.guid
    if episode.audio_url:
        yield urlunsplit((*urlsplit(episode.audio_url)[:3], "", ""))
    if episode.link:
        yield episode.link
    day = episode.published.isoformat() if episode.published else ""
    number = 1
    while True:
        yield f"{episode.title}\n{day}" + (f"\n{number}" if number > 1 else "")
        number += 1
