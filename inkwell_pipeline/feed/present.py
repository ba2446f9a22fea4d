"""What a feed holds, as far as it must be known to say what is due: kept with the body, so that the same body is not
read twice.

Belongs here: the shape, and making it of an `Outline`. Does not: what is due (`due.py`), files (`memory.py`).
"""

import re
from datetime import datetime
from typing import Literal

from inkwell_pipeline.feed.parse import Outline
from inkwell_pipeline.models import Frozen

__all__ = ["READER", "Present", "Sketch", "present_of"]

# Part of what a kept reading is known by: another number, and every feed is read anew. Raise it with any change to what
# the readers take for an episode, its date or its offers.
READER = 1


class Sketch(Frozen):
    """An episode that the feed has now. `offers` are the addresses of its transcripts."""

    key: str
    title: str
    published: datetime | None = None
    audio_url: str | None = None
    offers: tuple[str, ...] = ()


class Present(Frozen):
    """What the body with this SHA-256 holds, read by this reader; the episodes in the order of the feed."""

    version: Literal[1] = 1
    body: str
    reader: int
    title: str
    ttl_minutes: int | None = None
    new_feed_url: str | None = None
    episodes: tuple[Sketch, ...] = ()


def present_of(outline: Outline, *, body: str) -> Present:
    """What `outline` says, of the body with this SHA-256."""
    channel = outline.document.channel
    return Present(
        body=body,
        reader=READER,
        title=outline.feed.title,
        ttl_minutes=int(channel.ttl) if re.fullmatch(r"[0-9]{1,6}", channel.ttl, re.ASCII) else None,
        new_feed_url=_address(channel.new_feed_url),
        episodes=tuple(
            Sketch(
                key=episode.key,
                title=episode.title,
                published=episode.published,
                audio_url=episode.audio_url,
                offers=tuple(offer.url for offer in episode.offers),
            )
            for episode in outline.feed.episodes
        ),
    )


def _address(text: str) -> str | None:
    return text if re.match(r"https?://[^\s/]", text, re.IGNORECASE) else None
