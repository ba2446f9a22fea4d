"""What a feed's items say, in the publisher's words: the one shape that both readers of XML give.

Belongs here: `RawItem` and `RawChannel`, texts as they stand in the feed. Does not: reading XML (`well_formed.py`,
`loose.py`), and what is believed of the words: dates, addresses, keys (`parse.py`).
"""

from dataclasses import dataclass
from typing import NamedTuple

from inkwell_pipeline.models import Offer, Person

__all__ = ["RawChannel", "RawChapter", "RawEnclosure", "RawItem"]


@dataclass(frozen=True, slots=True)
class RawChapter:
    """A `psc:chapter`: its start as written, in Normal Play Time."""

    start: str
    title: str
    url: str | None


class RawEnclosure(NamedTuple):
    """A file that goes with an item. `size`: its bytes, as written; "" where they are not."""

    url: str
    media_type: str
    size: str = ""


@dataclass(frozen=True, slots=True)
class RawItem:
    """One `item` or `entry`. Empty where it says nothing; addresses may be relative.

    The second group is what choosing and telling apart need not know: empty, too, in a sketch.
    """

    guid: str = ""
    title: str = ""
    itunes_title: str = ""
    published: str = ""
    updated: str = ""
    link: str = ""
    enclosures: tuple[RawEnclosure, ...] = ()  # those of Media RSS last
    offers: tuple[Offer, ...] = ()
    episode: str = ""
    season: str = ""

    duration: str = ""
    summary: str = ""  # `description`, or Atom's `summary`
    itunes_summary: str = ""
    subtitle: str = ""
    content: str = ""  # `content:encoded`, or Atom's `content`
    authors: tuple[str, ...] = ()  # Atom's; RSS has networks and addresses there
    persons: tuple[Person, ...] = ()
    chapters_url: str = ""
    chapters: tuple[RawChapter, ...] = ()


@dataclass(frozen=True, slots=True)
class RawChannel:
    """What a feed says of itself."""

    title: str = ""
    guid: str | None = None  # podcast:guid
    persons: tuple[Person, ...] = ()
    authors: tuple[str, ...] = ()
    new_feed_url: str = ""  # itunes:new-feed-url: where the feed has moved to
    ttl: str = ""  # minutes for which it may be kept, in RSS 2.0
