"""From a feed's address to the feed, and nothing remembered: for those who look before a run.

Belongs here: one request without conditions, or one file. Does not: asking on behalf of runs and sensors (`poll.py`),
what the bytes mean (`parse.py`).
"""

from collections.abc import Sequence
from pathlib import Path

from inkwell_pipeline.credentials import own_header
from inkwell_pipeline.episodes import Identity
from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.document import MAX_FEED_BYTES
from inkwell_pipeline.feed.parse import parse_feed
from inkwell_pipeline.files import read_bytes
from inkwell_pipeline.http import Http
from inkwell_pipeline.models import Feed
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed

__all__ = ["read_feed", "read_feed_file"]


async def read_feed(
    settings: FeedSettings, *, http: Http, known: Sequence[Identity] = (), moved_to: str | None = None
) -> Feed:
    """The feed as it is now, all of its episodes complete, and nothing else done: no file of chapters is fetched.

    `known` is what `EpisodeShelf.known` gives: with it the keys are those that a run would use. `moved_to` is where the
    feed is asked for, if not where the config says.
    Raises: TransientError, PermanentError (not to be had, or no feed), with the feed's name and its address.
    """
    body, base_url = await _fetched(settings, moved_to or str(settings.source), http=http)
    return await computed(parse_feed, body, name=settings.name, base_url=base_url, known=known)


async def read_feed_file(settings: FeedSettings, path: Path) -> bytes:
    """The bytes of a feed that is a file. Raises: PermanentError (there is none), TransientError, with the path."""
    if (body := await read_bytes(path)) is None:
        says = f"there is no file {path}; an address on the web begins with https://"
        raise PermanentError(says, feed=settings.name)
    return body


async def _fetched(settings: FeedSettings, url: str, *, http: Http) -> tuple[bytes, str]:
    """The feed's bytes, and the address that gave them."""
    if isinstance(settings.source, Path):
        return await read_feed_file(settings, settings.source), settings.source.as_uri()
    answer = await http.get(
        url,
        max_bytes=MAX_FEED_BYTES,
        headers=own_header(settings, url),
        feed=settings.name,
    )
    return answer.body, answer.url
