"""From a feed's address to the feed: one request, or one file.

Belongs here: where the bytes come from. Does not: what they mean (`parse.py`), which episodes count (`choose.py`).
"""

from pathlib import Path

from inkwell_pipeline.errors import PermanentError
from inkwell_pipeline.feed.parse import parse_feed
from inkwell_pipeline.files import read_bytes
from inkwell_pipeline.http import Http, auth_header
from inkwell_pipeline.models import Feed
from inkwell_pipeline.settings import FeedSettings
from inkwell_pipeline.threads import computed

__all__ = ["read_feed"]

MAX_FEED_BYTES = 50_000_000  # the largest feeds known have some 20 MB


async def read_feed(settings: FeedSettings, *, http: Http) -> Feed:
    """The feed as it is now.

    Raises: TransientError, PermanentError (not to be had, or no feed), with the feed's name and its address.
    """
    if isinstance(settings.source, Path):
        body = await read_bytes(settings.source)
        if body is None:
            says = f"there is no file {settings.source}; an address on the web begins with https://"
            raise PermanentError(says, feed=settings.name)
        base_url = settings.source.as_uri()
    else:
        answer = await http.get(
            settings.source,
            max_bytes=MAX_FEED_BYTES,
            headers=auth_header(settings.auth, feed=settings.name),
            feed=settings.name,
        )
        body, base_url = answer.body, answer.url
    return await computed(parse_feed, body, name=settings.name, base_url=base_url)
