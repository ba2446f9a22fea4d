"""What a feed's items say becomes a `Feed`: which are episodes, and what is believed of their words. Pure.

Belongs here: titles, texts, addresses, dates of an episode, and which items are none. Does not: XML (`document.py` and
the readers behind it), keys (`identity.py`), fetching (`fetch.py`), choosing (`choose.py`).

Of a large feed a run wants a few episodes: `outline_feed` reads of all items what telling them apart and choosing need,
and `complete_episodes` the rest, of those that were chosen.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from inkwell_pipeline.addresses import Base
from inkwell_pipeline.episodes import Identity
from inkwell_pipeline.feed.chapters import chapters_in_feed
from inkwell_pipeline.feed.dates import parse_bytes, parse_date, parse_duration_s
from inkwell_pipeline.feed.document import Document, open_document
from inkwell_pipeline.feed.identity import identified, identity_of
from inkwell_pipeline.feed.items import RawItem
from inkwell_pipeline.feed.words import plain
from inkwell_pipeline.models import Episode, Feed, Offer, Person

__all__ = ["Outline", "complete_episodes", "outline_feed", "parse_feed"]

UNTITLED = "Untitled episode"
TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True)
class Outline:
    """A feed read as far as choosing needs: its episodes have key, title, guid, date, addresses and offers, no more.

    `is_broken`: the XML is not well-formed beyond what can be mended, or breaks off; it was read as far as it goes.
    """

    feed: Feed
    identities: tuple[Identity, ...]  # of the episodes, in their order
    is_broken: bool
    document: Document
    base_url: str
    places: tuple[int, ...]  # the episodes' places among the document's items


def parse_feed(body: bytes, *, name: str, base_url: str, known: Sequence[Identity] = ()) -> Feed:
    """The feed in `body`, all of its episodes complete; the rest is as in `outline_feed`."""
    outline = outline_feed(body, name=name, base_url=base_url, known=known)
    keys = [episode.key for episode in outline.feed.episodes]
    return outline.feed.model_copy(update={"episodes": tuple(complete_episodes(outline, keys))})


def outline_feed(body: bytes, *, name: str, base_url: str, known: Sequence[Identity] = ()) -> Outline:
    """The feed in `body`, which came from `base_url` (relative addresses are resolved against it).

    `name` is the feed's in the config, `known` what is known of its episodes from before.
    Raises: PermanentError, where the document is no feed.
    """
    document = open_document(body, name=name, base_url=base_url)
    show, base = plain(document.channel.title) or name, Base(base_url)
    sketches: list[Episode] = []
    places: list[int] = []
    for place, item in enumerate(document.sketches):
        if (sketch := _sketch(item, feed=name, show=show, base=base)) is not None:
            sketches.append(sketch)
            places.append(place)
    identities = identified(name, [identity_of(sketch) for sketch in sketches], known)
    feed = Feed(
        name=name,
        title=show,
        podcast_guid=document.channel.guid,
        episodes=tuple(
            sketch.model_copy(update={"key": identity.key})
            for sketch, identity in zip(sketches, identities, strict=True)
        ),
        not_episodes=len(document.sketches) - len(sketches),
    )
    return Outline(feed, tuple(identities), document.is_broken, document, base_url, tuple(places))


def complete_episodes(outline: Outline, keys: Collection[str]) -> list[Episode]:
    """The episodes with these keys, with all that the feed says of them, in the order of `keys`."""
    sketches = {
        place: sketch for place, sketch in zip(outline.places, outline.feed.episodes, strict=True) if sketch.key in keys
    }
    base, channel = Base(outline.base_url), outline.document.channel
    by_authors = tuple(Person(name=name, role="author") for name in channel.authors)
    found = {
        sketches[place].key: _completed(sketches[place], item, persons=channel.persons or by_authors, base=base)
        for place, item in outline.document.whole(sketches.keys())
    }
    return [found[key] for key in keys]


def _sketch(item: RawItem, *, feed: str, show: str, base: Base) -> Episode | None:
    """The episode without its key and all that choosing need not know; None where it has no audio and no transcript."""
    heard = (one for one in item.enclosures if not one.media_type.startswith("image/"))  # blogs put the cover in one
    audio = next(((url, one.size) for one in heard if (url := base.resolve(one.url))), None)
    audio_url, size = audio or (None, "")
    offers = tuple(
        Offer(url=url, media_type=offer.media_type, language=offer.language)
        for offer in item.offers
        if (url := base.resolve(offer.url))
    )
    if audio_url is None and not offers:
        return None
    return Episode(
        key="",
        feed=feed,
        show=show,
        title=_title(item),
        guid=item.guid or None,
        published=parse_date(item.published) or parse_date(item.updated),
        link=base.resolve(item.link),
        audio_url=audio_url,
        audio_bytes=parse_bytes(size),
        offers=offers,
    )


def _completed(sketch: Episode, item: RawItem, *, persons: tuple[Person, ...], base: Base) -> Episode:
    """The episode with all that its item says; `persons` are those of the channel, for an item that names none."""
    show_notes = item.content or item.summary or item.itunes_summary
    duration_s = parse_duration_s(item.duration)
    authors = tuple(Person(name=name, role="author") for name in item.authors)
    chapters, source = chapters_in_feed(item.chapters, show_notes, duration_s=duration_s, resolve=base.resolve)
    return sketch.model_copy(
        update={
            "duration_s": duration_s,
            "summary": plain(TAG.sub(" ", item.summary or item.itunes_summary or item.subtitle or item.content)),
            "show_notes": show_notes,
            "persons": item.persons or authors or persons,
            "chapters": chapters,
            "chapters_from": source,
            "chapters_url": base.resolve(item.chapters_url),
        }
    )


def _title(item: RawItem) -> str:
    if title := plain(item.title) or plain(item.itunes_title):
        return title
    season, episode = (text if re.fullmatch(r"[0-9]{1,6}", text) else "" for text in (item.season, item.episode))
    if not episode:
        return UNTITLED
    return f"Season {season}, episode {episode}" if season else f"Episode {episode}"
