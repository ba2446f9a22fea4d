"""From a feed's address to the feed: one request, or one file.

Belongs here: where the bytes come from. Does not: what they mean (`parse.py`), which episodes count (`choose.py`).
"""

from collections.abc import Sequence
from pathlib import Path

from inkwell_pipeline.episodes import Identity
from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.document import MAX_FEED_BYTES
from inkwell_pipeline.feed.parse import Outline, outline_feed, parse_feed
from inkwell_pipeline.files import read_bytes
from inkwell_pipeline.http import Http, auth_header
from inkwell_pipeline.models import Feed
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed

__all__ = ["read_feed", "read_outline"]


async def read_feed(settings: FeedSettings, *, http: Http, known: Sequence[Identity] = ()) -> Feed:
    """The feed as it is now, all of its episodes complete, and nothing else done: no file of chapters is fetched.

    `known` is what `EpisodeShelf.known` gives: with it the keys are those that a run would use.
    Raises: TransientError, PermanentError (not to be had, or no feed), with the feed's name and its address.
    """
    body, base_url = await _fetched(settings, http=http)
    return await computed(parse_feed, body, name=settings.name, base_url=base_url, known=known)


async def read_outline(settings: FeedSettings, *, http: Http, known: Sequence[Identity] = ()) -> Outline:
    """The same, read as far as choosing needs."""
    body, base_url = await _fetched(settings, http=http)
    return await computed(outline_feed, body, name=settings.name, base_url=base_url, known=known)


async def _fetched(settings: FeedSettings, *, http: Http) -> tuple[bytes, str]:
    """The feed's bytes, and the address that gave them."""
    if isinstance(settings.source, Path):
        body = await read_bytes(settings.source)
        if body is None:
            says = f"there is no file {settings.source}; an address on the web begins with https://"
            raise PermanentError(says, feed=settings.name)
        return body, settings.source.as_uri()
    answer = await http.get(
        settings.source,
        max_bytes=MAX_FEED_BYTES,
        headers=auth_header(settings.auth, feed=settings.name),
        feed=settings.name,
    )
    return answer.body, answer.url
